/* import.h - what the importers fill: exchanges and tool results in memory, with the report. */
#ifndef RP_FORMATS_IMPORT_H
#define RP_FORMATS_IMPORT_H

#include "report.h"

#include "engine/base/json.h"

/* Memory of one import: given back as a whole. */
struct rp_pool {
    struct rp_alloc alloc;
    struct rp_pool_block *last;
    size_t held, ceiling;
    int failed; /* RP_ENOMEM, RP_ELIMIT */
};
void rp_pool_init(struct rp_pool *p, const struct rp_alloc *alloc, size_t ceiling);
void rp_pool_free(struct rp_pool *p);
/* Zeroed, aligned for anything; NULL: failed says why. */
void *rp_pool_take(struct rp_pool *p, size_t n);
/* A copy with a NUL. */
char *rp_pool_text(struct rp_pool *p, const char *s, size_t n);

struct rp_import {
    struct rp_alloc alloc;
    const struct rp_import_opts *opts;
    struct rp_report report;
    struct rp_pool pool;          /* what the exchanges borrow */
    struct rp_heap heap;          /* of the file that is being read */
    struct rp_interaction *items; /* id: of their file, from 1; order 0: the next one of the lane */
    size_t n, room;
    struct rp_tool_record *tools; /* after: index in items, from 1; 0: none */
    size_t n_tools, tools_room;
    const char **keys; /* of lanes by key */
    size_t n_keys, keys_room;
    /* of the file that is being read */
    const struct rp_format *format;
    const char *path;
    size_t first;      /* its first item */
    int lane_is_model; /* where nothing else tells the lane of what is taken */
    struct rp_error *err;
};

/* Fails with err's where "FILE: PLACE"; place "": the file alone. */
int rp_import_fail(struct rp_import *im, int status, const char *place, const char *format, ...);
/* A note with the place "FILE: PLACE". */
void rp_import_note(struct rp_import *im, enum rp_note_kind kind, const char *text,
                    const char *place);

/* A header of the pool's. RP_EPARSE is the caller's to tell: a NUL in name or value. */
int rp_import_header(struct rp_import *im, struct rp_header *h, struct rp_str name,
                     struct rp_str value);

/* Takes one exchange. All of it is borrowed: from the pool, or static. What is missing is told by
 * the rest: dialect (left out when it is none: skipped, with a note), model, whether it streams,
 * lane, one chunk. Compressed bodies are decompressed, with a note. *taken, which may be NULL, says
 * whether it was taken. RP_ENOMEM, RP_ELIMIT. */
int rp_import_take(struct rp_import *im, struct rp_interaction *it, const char *place, int *taken);
/* The same of an exchange that lacks nothing: as it is, but for its lane where that was asked for.
 */
int rp_import_take_whole(struct rp_import *im, struct rp_interaction *it);
int rp_import_take_tool(struct rp_import *im, const struct rp_tool_record *t);

/* ---- told by a request (guess.c) ------------------------------------------------------------- */

/* The dialect of a call to that URL, whose body is json (nil: none); NULL: it is no model call. */
const char *rp_guess_by_url(const char *method, const char *url, struct rp_value json);
/* Of a bare pair, by its shape alone. reply: the text or the compact JSON; json: if it is some. */
const char *rp_guess_by_shape(struct rp_value request, struct rp_value json, struct rp_str reply);
/* Does it answer with server-sent events? */
int rp_guess_stream(const struct rp_interaction *it, struct rp_value json);

#endif
