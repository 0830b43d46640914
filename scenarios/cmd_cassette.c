/* cmd_cassette.c - `reprise cassette`: lists, shows, verifies, edits, merges, imports and exports
 * recordings. */
#include "cmd_cassette.h"

#include "cassette_list.h"
#include "cassette_show.h"
#include "cmd.h"
#include "engine/os/reprise_os.h"

#include <stdio.h>
#include <string.h>

enum { CHARACTERS_SHOWN = 400 };

static const char help[] =
    "usage: reprise cassette COMMAND CASSETTE ...\n"
    "Looks at recordings of model services, changes them, and trades them with other tools.\n"
    "\n"
    "  list C              a table of all exchanges\n"
    "  show C [ID]         what was asked and answered, times, headers\n"
    "  edit C ID           changes an exchange, or removes it\n"
    "  merge OUT C1 C2...  puts cassettes together\n"
    "  import C FILE...    takes recordings from VCR.py, HAR, JSONL or OTLP files\n"
    "  export C            writes all in one of these formats\n"
    "  verify C            reads all of it; exit status 1 where something is damaged\n"
    "\n"
    "A cassette is what `reprise record --cassette C` has made. An ID is the number in the table.\n"
    "reprise cassette COMMAND --help tells more of a command.\n"
    "Exit status: 0 done; 1 something is damaged; 2 bad usage, or it could not be done.\n";

int rp_cassette_cli_open(const char *path, enum rp_cassette_use use, struct rp_cassette **out)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};

    *out = NULL;
    if (rp_cassette_open(&alloc, path, use, out, &err) == RP_OK)
        return -1;
    return rp_checkpoints_fail(&err);
}

/* ---- list ------------------------------------------------------------------------------------ */

static const struct rp_cli_command list_command = {
    .name = "cassette list",
    .help =
        "usage: reprise cassette list CASSETTE\n"
        "A line for each exchange: its number, the lane (agent) that asked, which of its calls\n"
        "that was and which retry, dialect and model, the status or how it failed, whether the\n"
        "reply is a stream, its bytes and pieces, milliseconds in all, tokens in and out, date.\n",
    .files_min = 1,
    .files_max = 1,
    .missing = RP_NO_CASSETTE,
};

static int list(int n, char **words)
{
    struct rp_error err = {0};
    struct rp_cassette *c;
    struct rp_alloc alloc;
    struct rp_buf out;
    int status = rp_cassette_cli_open(words[0], RP_CASSETTE_READ, &c);

    (void)n;
    if (status >= 0)
        return status;
    rp_checkpoints_begin(&out, &alloc);
    status = rp_checkpoints_print(&out, rp_cassette_list(&out, c, &err), &err);
    rp_cassette_close(c);
    return status;
}

/* ---- show ------------------------------------------------------------------------------------ */

static int full, raw, json;
static const struct rp_cli_flag show_flags[] = {
    {"--full", &full}, {"--raw", &raw}, {"--json", &json}};

static const struct rp_cli_command show_command = {
    .name = "cassette show",
    .help = "usage: reprise cassette show CASSETTE [ID] [--full | --raw | --json]\n"
            "One exchange, or each: the conversation that was sent, the tools that were offered,\n"
            "the reply and its calls, times, failure, headers, and tools that ran then.\n"
            "\n"
            "  --full   texts as long as they are, and not their beginnings\n"
            "  --raw    heads and bodies as they were, byte for byte\n"
            "  --json   a line of JSON, as `export --format jsonl` writes it\n",
    .flags = show_flags,
    .n_flags = 3,
    .files_min = 1,
    .files_max = 2,
    .missing = RP_NO_CASSETTE,
    .too_many = "one exchange too many: ",
};

static int show_one(struct rp_buf *out, struct rp_cassette *c, int64_t id, struct rp_error *err)
{
    struct rp_words w = {out, full ? 0 : CHARACTERS_SHOWN};

    if (raw)
        return rp_cassette_raw(out, c, id, err);
    if (json)
        return rp_cassette_json(out, c, id, err);
    if (out->n > 0)
        rp_buf_addc(out, '\n');
    return rp_cassette_show(&w, c, id, err);
}

static int show_all(struct rp_buf *out, struct rp_cassette *c, struct rp_error *err)
{
    for (size_t i = 0; i < rp_cassette_count(c); i++)
        RP_TRY(show_one(out, c, rp_cassette_nth(c, i), err));
    return RP_OK;
}

static int show(int n, char **words)
{
    struct rp_error err = {0};
    struct rp_cassette *c;
    struct rp_alloc alloc;
    struct rp_buf out;
    int64_t id = 0;
    int rc, status = -1;

    if (full + raw + json > 1)
        return rp_cli_bad_usage(&show_command, "--full, --raw and --json exclude each other", "");
    if (n > 1)
        status = rp_cli_number(&show_command, "not the number of an exchange: ", words[1], &id);
    if (status < 0)
        status = rp_cassette_cli_open(words[0], RP_CASSETTE_READ, &c);
    if (status >= 0)
        return status;
    rp_checkpoints_begin(&out, &alloc);
    rc = n > 1 ? show_one(&out, c, id, &err) : show_all(&out, c, &err);
    status = rp_checkpoints_print(&out, rc, &err);
    rp_cassette_close(c);
    return status;
}

/* ---- verify ---------------------------------------------------------------------------------- */

static const struct rp_cli_command verify_command = {
    .name = "cassette verify",
    .help =
        "usage: reprise cassette verify CASSETTE\n"
        "Reads the whole cassette and checks every digest, length and reference; each fault is\n"
        "told. Exit status: 0 all whole; 1 something is damaged; 2 it cannot be read.\n",
    .files_min = 1,
    .files_max = 1,
    .missing = RP_NO_CASSETTE,
};

struct faults {
    const char *path;
    int64_t n;
};

static int tell_fault(void *ctx, const char *fault)
{
    struct faults *f = ctx;

    f->n++;
    fprintf(stderr, "reprise: %s: %s\n", f->path, fault);
    return RP_OK;
}

static int verify(int n, char **words)
{
    struct faults faults = {words[0], 0};
    struct rp_error err = {0};
    struct rp_cassette *c;
    struct rp_alloc alloc;
    struct rp_words w;
    struct rp_buf out;
    int rc, status = rp_cassette_cli_open(words[0], RP_CASSETTE_READ, &c);

    (void)n;
    if (status >= 0)
        return status;
    rc = rp_cassette_verify(c, tell_fault, &faults);
    if (rc != RP_OK && rc != RP_EPARSE) {
        rp_fail_at(&err, rc, words[0], "%s", rp_status_text(rc));
        rp_cassette_close(c);
        return rp_checkpoints_fail(&err);
    }
    rp_checkpoints_begin(&out, &alloc);
    w = (struct rp_words){&out, 0};
    rp_words_count(&w, (int64_t)rp_cassette_count(c), "exchange");
    rp_words_z(&w, " verified, ");
    if (rc == RP_OK)
        rp_words_z(&w, "all whole");
    else
        rp_words_count(&w, faults.n, "fault");
    rp_words_z(&w, "\n");
    status = rp_checkpoints_print(&out, RP_OK, &err);
    rp_cassette_close(c);
    return status == RP_EXIT_OK && rc != RP_OK ? RP_EXIT_DIFFERS : status;
}

/* ---- the command ----------------------------------------------------------------------------- */

static const struct rp_cassette_command commands_here[] = {
    {&list_command, list}, {&show_command, show}, {&verify_command, verify}};

static const struct rp_cassette_command *const commands[] = {
    &commands_here[0],          &commands_here[1],           &rp_cassette_edit_command,
    &rp_cassette_merge_command, &rp_cassette_import_command, &rp_cassette_export_command,
    &commands_here[2]};

static int run_command(const struct rp_cassette_command *command, int argc, char **argv)
{
    int n, status = rp_cli_args(command->command, argc, argv, &n);

    if (status >= 0)
        return status;
    return rp_cli_finish(command->run(n, argv));
}

int rp_cmd_cassette(int argc, char **argv)
{
    static const struct rp_cli_command own = {.name = "cassette"};

    if (argc < 1)
        return rp_cli_bad_usage(&own, "a command is missing", "");
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
        rp_cli_print(help);
        return rp_cli_finish(RP_EXIT_OK);
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        if (strcmp(argv[0], strrchr(commands[i]->command->name, ' ') + 1) == 0)
            return run_command(commands[i], argc - 1, argv + 1);
    return rp_cli_bad_usage(&own, "unknown command ", argv[0]);
}
