/* cmd_checkpoints.c - `reprise checkpoints`: lists, shows, verifies, compares, prunes and exports
 * the checkpoints of a store. */
#include "cmd_checkpoints.h"
#include "cmd.h"
#include "files.h"

#include "checkpoint_diff.h"
#include "checkpoint_foreign.h"
#include "checkpoint_json.h"
#include "checkpoint_list.h"
#include "checkpoint_show.h"
#include "engine/os/reprise_os.h"

#include <string.h>

enum { CHARACTERS_SHOWN = 100 };

static const char help[] =
    "usage: reprise checkpoints COMMAND STORE ...\n"
    "Looks at the checkpoints that `reprise run --store STORE` left in a store.\n"
    "\n"
    "  list STORE              a table of all checkpoints, with their branches\n"
    "  show STORE [ID]         what is under way, who waits for whom, what is asked and was said\n"
    "  verify STORE [ID...]    reads checkpoints down to the last byte; exit status 1 and the\n"
    "                          place where something is damaged\n"
    "  diff STORE [A] B        what changed from one checkpoint to another\n"
    "  prune STORE             removes checkpoints, and what only they needed\n"
    "  export STORE [ID]       one checkpoint as plain JSON\n"
    "\n"
    "STORE is a folder, or an SQLite database: a file that is one, or a name ending in .db or\n"
    ".sqlite; file:PATH and sqlite:PATH say which it is. An ID is the number in the table, or\n"
    "\"latest\", which is meant where none is given. A folder of another framework's checkpoint\n"
    "files (ID.json), or one such file, can be listed and shown too; what is opaque in them is\n"
    "counted and left alone.\n"
    "reprise checkpoints COMMAND --help tells more of a command.\n"
    "Exit status: 0 done; 1 something is damaged; 2 bad usage, or it could not be done.\n";

/* ---- what the commands share ----------------------------------------------------------------- */

const char *rp_checkpoints_workflow;

const struct rp_cli_option rp_checkpoints_workflow_option[1] = {
    {"--workflow", &rp_checkpoints_workflow}};

int rp_checkpoints_fail(const struct rp_error *err)
{
    rp_cli_error(err);
    return RP_EXIT_BAD;
}

int rp_checkpoints_print(struct rp_buf *buf, int rc, const struct rp_error *err)
{
    struct rp_sink out = rp_cli_stdout();
    struct rp_error why = *err;

    if (rc == RP_OK)
        rc = buf->failed;
    if (rc == RP_OK && buf->n > 0)
        out.put(out.ctx, buf->s, buf->n);
    rp_buf_free(buf);
    if (rc == RP_OK)
        return RP_EXIT_OK;
    why.status = rc;
    return rp_checkpoints_fail(&why);
}

int rp_checkpoints_open(const char *name, enum rp_store_use use, struct rp_store *out)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};

    if (!rp_foreign_is(&alloc, name))
        return rp_cli_store(name, use, out);
    rp_fail_at(&err, RP_ESTORE, name,
               "these are another framework's checkpoint files; they can be listed and shown, and "
               "no more");
    return rp_checkpoints_fail(&err);
}

int rp_checkpoints_id(const struct rp_cli_command *command, const struct rp_store *store,
                      const char *word, int64_t *id)
{
    struct rp_error err = {0};

    if (word && strcmp(word, "latest") != 0)
        return rp_cli_number(command, "not the number of a checkpoint: ", word, id);
    if (store->ops->latest(store->self, rp_checkpoints_workflow, id, &err) == RP_OK)
        return -1;
    return rp_checkpoints_fail(&err);
}

static int open_look(const struct rp_cli_command *command, const struct rp_store *store,
                     const char *word, struct rp_look *look)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};
    int64_t id = 0;
    int status = rp_checkpoints_id(command, store, word, &id);

    if (status >= 0)
        return status;
    if (rp_look_open(store, &alloc, id, look, &err) == RP_OK)
        return -1;
    rp_cli_error(&err);
    return err.status == RP_ECHECKPOINT ? RP_EXIT_DIFFERS : RP_EXIT_BAD;
}

void rp_checkpoints_begin(struct rp_buf *out, struct rp_alloc *alloc)
{
    *alloc = rp_alloc_libc();
    rp_buf_init(out, alloc, SIZE_MAX / 2);
}

/* ---- list ------------------------------------------------------------------------------------ */

static const struct rp_cli_command list_command = {
    .name = "checkpoints list",
    .help = "usage: reprise checkpoints list STORE [--workflow NAME]\n"
            "A line for each checkpoint: its number, its place among the branches, the checkpoint\n"
            "that it continues, its workflow, supersteps done, messages under way, open requests,\n"
            "virtual time, and the bytes that it adds to those before it.\n"
            "\n"
            "  --workflow NAME   only those of that workflow\n"
            "\n"
            "Exit status: 0; 1 when some are damaged; 2 when the store cannot be read.\n",
    .files_min = 1,
    .files_max = 1,
    .options = rp_checkpoints_workflow_option,
    .n_options = 1,
    .missing = RP_NO_STORE,
};

static int list_foreign(const char *path)
{
    struct rp_foreigners all;
    struct rp_error err = {0};
    struct rp_alloc alloc;
    struct rp_buf out;
    int status;

    rp_checkpoints_begin(&out, &alloc);
    if (rp_foreign_open(&alloc, path, rp_cli_error, &all, &err) != RP_OK)
        return rp_checkpoints_fail(&err);
    status = rp_checkpoints_print(&out, rp_foreign_list(&out, &all, rp_checkpoints_workflow), &err);
    rp_foreign_close(&all);
    return status;
}

static int list(int n, char **words)
{
    struct rp_error err = {0}, damage = {0};
    struct rp_store store;
    struct rp_alloc alloc;
    struct rp_buf out;
    int status;

    (void)n;
    rp_checkpoints_begin(&out, &alloc);
    if (rp_foreign_is(&alloc, words[0]))
        return list_foreign(words[0]);
    status = rp_cli_store(words[0], RP_STORE_LOOK, &store);
    if (status >= 0)
        return status;
    status = rp_checkpoints_print(
        &out, rp_checkpoint_list(&out, &store, rp_checkpoints_workflow, &damage, &err), &err);
    rp_cli_close(&store);
    if (status != RP_EXIT_OK || damage.status == RP_OK)
        return status;
    rp_cli_error(&damage);
    return RP_EXIT_DIFFERS;
}

/* ---- show ------------------------------------------------------------------------------------ */

static int full;
static const struct rp_cli_flag show_flags[] = {{"--full", &full}};

static const struct rp_cli_command show_command = {
    .name = "checkpoints show",
    .help = "usage: reprise checkpoints show STORE [ID] [--full]\n"
            "One checkpoint: messages under way by source, who waits for whom, the open requests\n"
            "and how to answer them, what each executor remembers, shared state, how far the\n"
            "scripts have come.\n"
            "\n"
            "  --full   texts as long as they are, and not their beginnings\n",
    .flags = show_flags,
    .n_flags = 1,
    .files_min = 1,
    .files_max = 2,
    .missing = RP_NO_STORE,
    .too_many = "one checkpoint too many: ",
};

static int show_foreign(const char *path, const char *id)
{
    const struct rp_foreign *one;
    struct rp_foreigners all;
    struct rp_error err = {0};
    struct rp_alloc alloc;
    struct rp_buf out;
    int rc, status;

    rp_checkpoints_begin(&out, &alloc);
    if (rp_foreign_open(&alloc, path, NULL, &all, &err) != RP_OK)
        return rp_checkpoints_fail(&err);
    rc = rp_foreign_find(&all, id ? id : "latest", &one, &err);
    if (rc == RP_OK)
        rc = rp_foreign_show(&out, one, full ? 0 : CHARACTERS_SHOWN);
    status = rp_checkpoints_print(&out, rc, &err);
    rp_foreign_close(&all);
    return status;
}

static int show_one(const struct rp_store *store, const char *word)
{
    struct rp_error err = {0};
    struct rp_alloc alloc;
    struct rp_look look;
    struct rp_words w;
    struct rp_buf out;
    int status;

    rp_checkpoints_begin(&out, &alloc);
    status = open_look(&show_command, store, word, &look);
    if (status >= 0)
        return status;
    w = (struct rp_words){&out, full ? 0 : CHARACTERS_SHOWN};
    status = rp_checkpoints_print(&out, rp_checkpoint_show(&w, store, &look, &err), &err);
    rp_look_close(&look);
    return status;
}

static int show(int n, char **words)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_store store;
    int status;

    if (rp_foreign_is(&alloc, words[0]))
        return show_foreign(words[0], n > 1 ? words[1] : NULL);
    status = rp_cli_store(words[0], RP_STORE_LOOK, &store);
    if (status < 0)
        status = show_one(&store, n > 1 ? words[1] : NULL);
    rp_cli_close(&store);
    return status;
}

/* ---- diff ------------------------------------------------------------------------------------ */

static const struct rp_cli_command diff_command = {
    .name = "checkpoints diff",
    .help = "usage: reprise checkpoints diff STORE [A] B [--full]\n"
            "What changed from checkpoint A to checkpoint B, in words: messages under way,\n"
            "requests, every executor field by field, shared state, scripts. Without A: from the\n"
            "one that B continues.\n"
            "\n"
            "  --full   texts as long as they are, and not their beginnings\n",
    .flags = show_flags,
    .n_flags = 1,
    .files_min = 2,
    .files_max = 3,
    .missing = "a store and a checkpoint are needed",
    .too_many = "one checkpoint too many: ",
};

static int diff_two(const struct rp_store *store, const char *from, const struct rp_look *b)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};
    struct rp_look a;
    struct rp_words w;
    struct rp_buf out;
    int status = -1;

    if (from)
        status = open_look(&diff_command, store, from, &a);
    else if (b->info.previous < 0)
        return rp_cli_bad_usage(&diff_command, "it continues none; name the other one too", "");
    else if (rp_look_open(store, &alloc, b->info.previous, &a, &err) != RP_OK)
        return rp_checkpoints_fail(&err);
    if (status >= 0)
        return status;
    rp_checkpoints_begin(&out, &alloc);
    w = (struct rp_words){&out, full ? 0 : CHARACTERS_SHOWN};
    status = rp_checkpoints_print(&out, rp_checkpoint_diff(&w, &a, b), &err);
    rp_look_close(&a);
    return status;
}

static int diff(int n, char **words)
{
    struct rp_store store;
    struct rp_look b;
    int status = rp_checkpoints_open(words[0], RP_STORE_LOOK, &store);

    if (status >= 0)
        return status;
    status = open_look(&diff_command, &store, words[n - 1], &b);
    if (status < 0) {
        status = diff_two(&store, n > 2 ? words[1] : NULL, &b);
        rp_look_close(&b);
    }
    rp_cli_close(&store);
    return status;
}

/* ---- export ---------------------------------------------------------------------------------- */

static const char *output;
static const struct rp_cli_option export_options[] = {{"-o", &output}};

static const struct rp_cli_command export_command = {
    .name = "checkpoints export",
    .help =
        "usage: reprise checkpoints export STORE [ID] [-o FILE]\n"
        "One checkpoint as plain JSON, in UTF-8, the same bytes for the same checkpoint:\n"
        "  \"run\" holds \"queue\" (messages under way: source, target or null for all edges,\n"
        "  data), \"executors\" (their states by id), \"joins\", \"pending\" (open requests),\n"
        "  \"shared\" and the run's counters; \"world\" the clock and how far scripts have\n"
        "  come. A record is an object whose first key is \"record\", with its name; a map of\n"
        "  the user's that has this key itself is {\"record\":\"map\",\"entries\":[[k,v],...]}.\n"
        "\n"
        "  -o FILE   into a file, as a whole or not at all, and not to standard output\n",
    .files_min = 1,
    .files_max = 2,
    .options = export_options,
    .n_options = 1,
    .missing = RP_NO_STORE,
    .too_many = "one checkpoint too many: ",
};

static int write_export(struct rp_buf *out, const struct rp_look *look)
{
    struct rp_error err = {0};
    int rc = rp_checkpoint_json(out, look);

    if (rc == RP_OK && output)
        rc = rp_file_write(&out->alloc, output, (struct rp_str){out->s, out->n}, &err);
    if (output && rc == RP_OK)
        rp_buf_clear(out);
    return rp_checkpoints_print(out, rc, &err);
}

static int export(int n, char **words)
{
    struct rp_store store;
    struct rp_alloc alloc;
    struct rp_look look;
    struct rp_buf out;
    int status = rp_checkpoints_open(words[0], RP_STORE_LOOK, &store);

    if (status >= 0)
        return status;
    rp_checkpoints_begin(&out, &alloc);
    status = open_look(&export_command, &store, n > 1 ? words[1] : NULL, &look);
    if (status < 0) {
        status = write_export(&out, &look);
        rp_look_close(&look);
    }
    rp_cli_close(&store);
    return status;
}

/* ---- the command ----------------------------------------------------------------------------- */

static const struct rp_checkpoints_command commands_here[] = {
    {&list_command, list}, {&show_command, show}, {&diff_command, diff}, {&export_command, export}};

static const struct rp_checkpoints_command *const commands[] = {
    &commands_here[0], &commands_here[1],     &rp_checkpoints_verify,
    &commands_here[2], &rp_checkpoints_prune, &commands_here[3]};

static int run_command(const struct rp_checkpoints_command *command, int argc, char **argv)
{
    int n, status = rp_cli_args(command->command, argc, argv, &n);

    if (status >= 0)
        return status;
    return rp_cli_finish(command->run(n, argv));
}

int rp_cmd_checkpoints(int argc, char **argv)
{
    static const struct rp_cli_command own = {.name = "checkpoints"};

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
