/* formats.h - recordings of other tools: read from their files into a cassette, and written out of
 * one. Reading gathers everything in memory and judges it; storing is one transaction, so an import
 * that fails leaves the cassette as it was. What a format cannot keep, what was left out and what
 * was changed is in the report, each once with a count: nothing is dropped in silence.
 *
 * vcr    VCR.py cassettes, version 1, as YAML or JSON (those of Ruby's VCR are read too). Bodies as
 *        text, !!binary or base64_string. YAML tags other than those of plain data are refused; an
 *        alias shares what its anchor holds, and the memory of an import has a ceiling.
 * har    HTTP Archive 1.2. Entries that are no model calls are left out.
 * jsonl  One JSON object a line. Ours are lossless: what is exported, imported and exported again
 *        is the same, byte for byte. Keys, in this order; those marked ? are left out when empty, 0
 *        or false:
 *          lane, order, attempt?, dialect?, model?, stream?, method, url,
 *          request_headers  [[name, value], ...]; what is no UTF-8: [name, base64, "base64"]
 *          request?         an object or an array: the body is its compact form; a text: the body
 *          request_base64?  in place of it, for a body that is not UTF-8
 *          status, headers, response? or response_base64?   likewise
 *          chunks           [[bytes, microseconds since the one before], ...]
 *          started_us, head_us, end_us   microseconds, as in cassette.h
 *          failure?         [name, text], when it broke off
 *          recorded_at?, source?       a date; one word
 *        Tool results are lines of their own: tool, lane, call_id, arguments, result (both JSON in
 *        a text), failed?, after? (the number of the exchange in this file, from 1).
 *        A line without "url" is a plain pair: request and response, of a dialect told by their
 *        shape; its lane is its "lane", its model, or "default".
 * otlp   OTLP/JSON traces, one object or one a line, with the attributes of the semantic
 *        conventions for generative AI, also as the older events of each message. Requests and
 *        whole replies are written anew in the chat dialect; execute_tool spans become tool
 *        results. Exported spans form one tree below a declared root; their ids come from digests.
 */
#ifndef RP_FORMATS_H
#define RP_FORMATS_H

#include "mocks/redact.h"

#ifndef RP_IMPORT_FILE_MAX
#define RP_IMPORT_FILE_MAX (512u << 20) /* bytes of one file */
#endif
#ifndef RP_IMPORT_MAX
#define RP_IMPORT_MAX ((size_t)1 << 30) /* bytes that one import may hold */
#endif
#ifndef RP_IMPORT_BODY_MAX
#define RP_IMPORT_BODY_MAX (128u << 20) /* bytes of a body, decompressed */
#endif

/* ---- what was done --------------------------------------------------------------------------- */

enum rp_note_kind {
    RP_NOTE_SKIPPED, /* left out */
    RP_NOTE_CHANGED, /* taken, but not as it stood there */
    RP_NOTE_LOST     /* what the format cannot keep */
};
struct rp_note {
    enum rp_note_kind kind;
    uint64_t n;
    const char *text; /* static */
    char first[120];  /* the place of the first one; "" when there is none to name */
};
enum { RP_NOTES_MAX = 64 };
struct rp_report {
    uint64_t exchanges, tools; /* taken */
    struct rp_note notes[RP_NOTES_MAX];
    size_t n;
};
const char *rp_note_kind_name(enum rp_note_kind kind); /* "skipped", "changed", "lost" */

/* ---- formats --------------------------------------------------------------------------------- */

struct rp_import;
struct rp_export;
struct rp_format {
    const char *name;  /* "vcr" */
    const char *title; /* "VCR cassette" */
    int (*read)(struct rp_import *im, const char *s, size_t n);
    int (*write)(struct rp_export *ex);
};
extern const struct rp_format rp_formats[];
extern const size_t rp_formats_n;
const struct rp_format *rp_format_of(const char *name); /* NULL: none */
/* What a file is, by its beginning and its name's ending. NULL: no telling. */
const struct rp_format *rp_format_guess(const struct rp_alloc *alloc, const char *path,
                                        const char *s, size_t n);

/* ---- import ---------------------------------------------------------------------------------- */

struct rp_import_opts {
    const char *lane_by;      /* "model", "key", "header:NAME"; NULL: what the file says, else
                                 "default". Keys are numbered, "key-1"; none is kept. */
    struct rp_redact *redact; /* borrowed; NULL: nothing is taken out */
};
/* Is that a way to tell lanes? */
int rp_lane_by_known(const char *lane_by);

/* RP_ENOMEM. opts is borrowed. */
int rp_import_new(const struct rp_alloc *alloc, const struct rp_import_opts *opts,
                  struct rp_import **out);
void rp_import_free(struct rp_import *im);
/* Reads one more file, all of it. path names it in messages and must outlive im; so must s. err:
 * file, then line and column or the path in its JSON; reason and remedy. RP_EPARSE; RP_ELIMIT;
 * RP_ENOMEM. After an error only free. */
int rp_import_read(struct rp_import *im, const struct rp_format *format, const char *path,
                   const char *s, size_t n, struct rp_error *err);
/* Adds all that was read to a cassette, or nothing: lanes that it has already are continued.
 * RP_EIO, RP_ENOMEM. */
int rp_import_store(struct rp_import *im, struct rp_cassette *to, struct rp_error *err);
const struct rp_report *rp_import_report(const struct rp_import *im);

/* ---- export ---------------------------------------------------------------------------------- */

/* Adds the whole cassette in that format to out: the same bytes for the same recordings. The text
 * of out is unchanged unless RP_OK. RP_EIO, RP_EPARSE (a damaged cassette), RP_ELIMIT, RP_ENOMEM.
 */
int rp_export(struct rp_cassette *from, const struct rp_format *format, struct rp_buf *out,
              struct rp_report *report, struct rp_error *err);
/* One exchange as a line of jsonl. RP_ENOMEM, RP_ELIMIT. */
int rp_jsonl_line(struct rp_buf *out, const struct rp_interaction *it);

#endif
