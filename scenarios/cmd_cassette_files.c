/* cmd_cassette_files.c - `reprise cassette merge`, `import` and `export`. */
#include "cmd_cassette.h"

#include "cassette_merge.h"
#include "engine/os/reprise_os.h"
#include "files.h"

#include <stdio.h>
#include <string.h>

enum { FILES_MAX = 256 };

/* ---- merge ----------------------------------------------------------------------------------- */

static const struct rp_cli_command merge_command = {
    .name = "cassette merge",
    .help =
        "usage: reprise cassette merge OUT CASSETTE...\n"
        "Adds the exchanges of cassettes to OUT, which is made when there is none. The calls of\n"
        "each lane are numbered on; an exchange that is there already is left out and told.\n"
        "All is added or nothing.\n",
    .files_min = 2,
    .missing = "the cassette to add to and those to be added are needed",
};

static void close_all(struct rp_cassette **all, size_t n)
{
    while (n > 0)
        rp_cassette_close(all[--n]);
}

static int merge_into(const char *path, struct rp_cassette **from, size_t n)
{
    struct rp_error err = {0};
    struct rp_cassette *to;
    struct rp_alloc alloc;
    struct rp_buf out;
    int status = rp_cassette_cli_open(path, RP_CASSETTE_KEEP, &to);

    if (status >= 0)
        return status;
    rp_checkpoints_begin(&out, &alloc);
    status = rp_checkpoints_print(&out, rp_cassette_merge(&out, to, from, n, &err), &err);
    rp_cassette_close(to);
    return status;
}

static int merge(int n, char **words)
{
    struct rp_cassette *from[FILES_MAX];
    int status = -1, opened = 0;

    if (n - 1 > FILES_MAX)
        return rp_cli_bad_usage(&merge_command, "too many cassettes", "");
    while (status < 0 && opened < n - 1) {
        if (strcmp(words[opened + 1], words[0]) == 0)
            status = rp_cli_bad_usage(&merge_command,
                                      "a cassette cannot be added to itself: ", words[0]);
        else
            status = rp_cassette_cli_open(words[opened + 1], RP_CASSETTE_READ, &from[opened]);
        opened += status < 0;
    }
    if (status < 0)
        status = merge_into(words[0], from, (size_t)opened);
    close_all(from, (size_t)opened);
    return status;
}

/* ---- reports --------------------------------------------------------------------------------- */

static void add_note(const struct rp_words *w, const struct rp_note *note)
{
    rp_words_z(w, "  ");
    rp_words_z(w, rp_note_kind_name(note->kind));
    rp_words_z(w, " ");
    rp_words_int(w, (int64_t)note->n);
    rp_words_z(w, ": ");
    rp_words_z(w, note->text);
    if (note->first[0]) {
        rp_words_z(w, note->n > 1 ? " (the first: " : " (");
        rp_words_name(w, rp_str(note->first));
        rp_words_z(w, ")");
    }
    rp_words_z(w, "\n");
}

static void add_report(const struct rp_words *w, const struct rp_report *report)
{
    static const enum rp_note_kind kinds[] = {RP_NOTE_SKIPPED, RP_NOTE_CHANGED, RP_NOTE_LOST};

    for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
        for (size_t i = 0; i < report->n; i++)
            if (report->notes[i].kind == kinds[k])
                add_note(w, &report->notes[i]);
}

static void add_counts(const struct rp_words *w, const struct rp_report *report)
{
    rp_words_count(w, (int64_t)report->exchanges, "exchange");
    rp_words_z(w, " and ");
    rp_words_count(w, (int64_t)report->tools, "tool result");
}

static int unknown_format(const struct rp_cli_command *command, const char *name)
{
    return rp_cli_bad_usage(command, "the formats are vcr, har, jsonl and otlp, not ", name);
}

/* ---- import ---------------------------------------------------------------------------------- */

static const char *format_name, *lane_by;
static struct rp_cli_values rules;
static const struct rp_cli_option import_options[] = {{"--format", &format_name},
                                                      {"--lane-by", &lane_by}};
static const struct rp_cli_list import_lists[] = {{"--redact", &rules}};

static const struct rp_cli_command import_command = {
    .name = "cassette import",
    .help =
        "usage: reprise cassette import CASSETTE FILE... [--format F] [--lane-by W]\n"
        "                                                [--redact RULE]...\n"
        "Adds the model calls that files of other tools hold to a cassette, which is made when\n"
        "there is none; all of them, or none when a file is wrong. Secrets are taken out. What "
        "was\n"
        "left out, what was changed and what the format cannot keep is told, each with a count.\n"
        "\n"
        "  --format F      vcr (VCR.py, YAML or JSON), har (HTTP Archive 1.2), jsonl (a request\n"
        "                  and a response a line), otlp (traces with GenAI attributes, as JSON);\n"
        "                  without it the file says\n"
        "  --lane-by W     whose call it was: model, key (of the API, numbered) or header:NAME;\n"
        "                  without it what the file says, or \"default\"\n"
        "  --redact RULE   also takes out what that rule finds: header:NAME, query:NAME, "
        "key:NAME,\n"
        "                  json:/POINTER, pattern:REGEX or text:SECRET\n",
    .options = import_options,
    .n_options = 2,
    .lists = import_lists,
    .n_lists = 1,
    .files_min = 2,
    .missing = "the cassette and a file are needed",
};

struct importing {
    struct rp_import *im;
    struct rp_alloc alloc;
    struct rp_buf files[FILES_MAX];
    size_t n;
};

static int read_file(struct importing *in, const char *path, struct rp_error *err)
{
    const struct rp_format *format = format_name ? rp_format_of(format_name) : NULL;
    struct rp_buf *file = &in->files[in->n++];

    rp_buf_init(file, &in->alloc, RP_IMPORT_FILE_MAX);
    RP_TRY(rp_file_read(file, path, err));
    if (!format)
        format = rp_format_guess(&in->alloc, path, file->s ? file->s : "", file->n);
    if (!format)
        return rp_fail_at(err, RP_EPARSE, path,
                          "it does not say which format it has; say so with --format");
    return rp_import_read(in->im, format, path, file->s ? file->s : "", file->n, err);
}

static int store_all(struct importing *in, const char *path, struct rp_buf *out,
                     struct rp_error *err)
{
    struct rp_words w = {out, 0};
    struct rp_cassette *c = NULL;
    int rc = rp_cassette_open(&in->alloc, path, RP_CASSETTE_KEEP, &c, err);

    if (rc == RP_OK)
        rc = rp_import_store(in->im, c, err);
    rp_cassette_close(c);
    RP_TRY(rc);
    add_counts(&w, rp_import_report(in->im));
    rp_words_z(&w, " added to ");
    rp_words_name(&w, rp_str(path));
    rp_words_z(&w, "\n");
    add_report(&w, rp_import_report(in->im));
    return RP_OK;
}

static int import_all(struct importing *in, int n, char **words, struct rp_buf *out,
                      struct rp_error *err)
{
    struct rp_import_opts opts = {.lane_by = lane_by};
    int rc = rp_redact_new(&in->alloc, rules.at, rules.n, &opts.redact, err);

    if (rc == RP_OK)
        rc = rp_import_new(&in->alloc, &opts, &in->im);
    for (int i = 1; i < n && rc == RP_OK; i++)
        rc = read_file(in, words[i], err);
    if (rc == RP_OK)
        rc = store_all(in, words[0], out, err);
    rp_import_free(in->im);
    rp_redact_free(opts.redact);
    while (in->n > 0)
        rp_buf_free(&in->files[--in->n]);
    return rc;
}

static int import(int n, char **words)
{
    static struct importing in;
    struct rp_error err = {0};
    struct rp_buf out;

    if (format_name && !rp_format_of(format_name))
        return unknown_format(&import_command, format_name);
    if (lane_by && !rp_lane_by_known(lane_by))
        return rp_cli_bad_usage(&import_command, "--lane-by takes model, key or header:NAME, not ",
                                lane_by);
    if (n - 1 > FILES_MAX)
        return rp_cli_bad_usage(&import_command, "too many files", "");
    rp_checkpoints_begin(&out, &in.alloc);
    return rp_checkpoints_print(&out, import_all(&in, n, words, &out, &err), &err);
}

/* ---- export ---------------------------------------------------------------------------------- */

static const char *output;
static const struct rp_cli_option export_options[] = {{"--format", &format_name}, {"-o", &output}};

static const struct rp_cli_command export_command = {
    .name = "cassette export",
    .help = "usage: reprise cassette export CASSETTE --format F [-o FILE]\n"
            "Writes the whole cassette in the format of another tool, the same bytes for the same\n"
            "recordings. What the format cannot keep is told on standard error.\n"
            "\n"
            "  --format F   jsonl (loses nothing: `import` makes the same cassette of it), vcr\n"
            "               (VCR.py, YAML), har (HTTP Archive 1.2) or otlp (traces, as JSON)\n"
            "  -o FILE      into a file, as a whole or not at all, and not to standard output\n",
    .options = export_options,
    .n_options = 2,
    .files_min = 1,
    .files_max = 1,
    .missing = RP_NO_CASSETTE,
};

static void tell_export(const struct rp_report *report)
{
    struct rp_alloc alloc;
    struct rp_words w;
    struct rp_buf text;

    rp_checkpoints_begin(&text, &alloc);
    w = (struct rp_words){&text, 0};
    add_counts(&w, report);
    rp_words_z(&w, " exported\n");
    add_report(&w, report);
    if (text.failed == RP_OK)
        fputs(text.s, stderr);
    rp_buf_free(&text);
}

static int export_all(struct rp_buf *out, struct rp_cassette *c, const struct rp_format *format,
                      struct rp_error *err)
{
    struct rp_report report;

    RP_TRY(rp_export(c, format, out, &report, err));
    if (output)
        RP_TRY(
            rp_file_write(&out->alloc, output, (struct rp_str){out->s ? out->s : "", out->n}, err));
    if (output)
        rp_buf_clear(out);
    tell_export(&report);
    return RP_OK;
}

static int export(int n, char **words)
{
    const struct rp_format *format;
    struct rp_error err = {0};
    struct rp_cassette *c;
    struct rp_alloc alloc;
    struct rp_buf out;
    int status;

    (void)n;
    if (!format_name)
        return rp_cli_bad_usage(&export_command, "say which format with --format", "");
    format = rp_format_of(format_name);
    if (!format)
        return unknown_format(&export_command, format_name);
    status = rp_cassette_cli_open(words[0], RP_CASSETTE_READ, &c);
    if (status >= 0)
        return status;
    rp_checkpoints_begin(&out, &alloc);
    status = rp_checkpoints_print(&out, export_all(&out, c, format, &err), &err);
    rp_cassette_close(c);
    return status;
}

const struct rp_cassette_command rp_cassette_merge_command = {&merge_command, merge};
const struct rp_cassette_command rp_cassette_import_command = {&import_command, import};
const struct rp_cassette_command rp_cassette_export_command = {&export_command, export};
