/* cmd_checkpoints_keep.c - `reprise checkpoints verify` and `prune`: keeping a store in order. */
#include "cmd_checkpoints.h"

#include "checkpoint_prune.h"
#include "checkpoint_read.h"
#include "engine/os/reprise_os.h"

/* ---- verify ---------------------------------------------------------------------------------- */

static const struct rp_cli_command verify_command = {
    .name = "checkpoints verify",
    .help = "usage: reprise checkpoints verify STORE [ID...] [--workflow NAME]\n"
            "Reads the checkpoints, or all there are, with everything that they are made of: each\n"
            "part must be there, be what its name says, and have the right form.\n"
            "\n"
            "  --workflow NAME   all of that workflow\n"
            "\n"
            "Exit status: 0 all are whole; 1 something is damaged, its place is told; 2 the store\n"
            "cannot be read, or a checkpoint is not in it.\n",
    .files_min = 1,
    .options = rp_checkpoints_workflow_option,
    .n_options = 1,
    .missing = RP_NO_STORE,
};

static void say_damage(int64_t id, const struct rp_error *err)
{
    struct rp_alloc alloc;
    struct rp_words w;
    struct rp_buf out;
    struct rp_error none = {0};

    rp_checkpoints_begin(&out, &alloc);
    w = (struct rp_words){&out, 0};
    rp_words_z(&w, "checkpoint ");
    rp_words_int(&w, id);
    rp_words_z(&w, " is damaged: ");
    rp_words_name(&w, rp_str(err->where));
    rp_words_z(&w, err->where[0] ? ": " : "");
    rp_words_name(&w, rp_str(err->text));
    rp_words_z(&w, "\n");
    rp_checkpoints_print(&out, RP_OK, &none);
}

static int verify_one(const struct rp_store *store, int64_t id)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_checkpoint_info info;
    struct rp_error err = {0};
    int rc = store->ops->info(store->self, id, &info, &err);

    if (rc == RP_ENOTFOUND)
        return rp_checkpoints_fail(&err);
    if (rc == RP_OK)
        rc = rp_store_verify(store, &alloc, id, &err);
    if (rc == RP_OK)
        return RP_EXIT_OK;
    if (rc == RP_ENOMEM)
        return rp_checkpoints_fail(&err);
    say_damage(id, &err);
    return RP_EXIT_DIFFERS;
}

static void say_verified(size_t n, size_t damaged)
{
    struct rp_error none = {0};
    struct rp_alloc alloc;
    struct rp_words w;
    struct rp_buf out;

    rp_checkpoints_begin(&out, &alloc);
    w = (struct rp_words){&out, 0};
    rp_words_count(&w, (int64_t)n, "checkpoint");
    rp_words_z(&w, " verified, ");
    if (damaged > 0)
        rp_words_int(&w, (int64_t)damaged);
    rp_words_z(&w, damaged > 0 ? " damaged\n" : "all whole\n");
    rp_checkpoints_print(&out, RP_OK, &none);
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

static int say_finding(void *ctx, const struct rp_error *finding)
{
    ++*(size_t *)ctx;
    rp_cli_error(finding);
    return RP_OK;
}

/* What is wrong with the store itself: a folder tells all of it, another one the first thing that
 * its list met. */
static size_t check_store(const struct rp_store *store, const struct rp_error *damage)
{
    struct rp_error err = {0};
    size_t findings = 0;

    if (rp_store_file_check(store, say_finding, &findings, &err) == RP_OK)
        return findings;
    if (damage->status == RP_OK)
        return 0;
    rp_cli_error(damage);
    return 1;
}

static int verify_all(const struct rp_store *store)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};
    struct rp_looks all;
    size_t damaged = 0;
    int status = RP_EXIT_OK;

    if (rp_looks_open(store, &alloc, rp_checkpoints_workflow, &all, &err) != RP_OK)
        return rp_checkpoints_fail(&err);
    for (size_t i = 0; i < all.n; i++) {
        int one = verify_one(store, all.info[i].id);
        damaged += one != RP_EXIT_OK;
        status = worse(status, one);
    }
    say_verified(all.n, damaged);
    if (check_store(store, &all.damage) > 0)
        status = worse(status, RP_EXIT_DIFFERS);
    rp_looks_close(&all);
    return status;
}

static int verify(int n, char **words)
{
    struct rp_store store;
    size_t damaged = 0;
    int64_t id = 0;
    int one, status = rp_checkpoints_open(words[0], RP_STORE_LOOK, &store);

    if (status >= 0)
        return status;
    status = n == 1 ? verify_all(&store) : RP_EXIT_OK;
    for (int i = 1; i < n; i++) {
        one = rp_checkpoints_id(&verify_command, &store, words[i], &id);
        if (one < 0)
            one = verify_one(&store, id);
        damaged += one != RP_EXIT_OK;
        status = worse(status, one);
    }
    if (n > 1)
        say_verified((size_t)n - 1, damaged);
    rp_cli_close(&store);
    return status;
}

/* ---- prune ----------------------------------------------------------------------------------- */

static const char *keep, *before;
static int dry_run;
static const struct rp_cli_flag prune_flags[] = {{"--dry-run", &dry_run}};
static const struct rp_cli_option prune_options[] = {
    {"--workflow", &rp_checkpoints_workflow}, {"--keep", &keep}, {"--before-ms", &before}};

static const struct rp_cli_command prune_command = {
    .name = "checkpoints prune",
    .help = "usage: reprise checkpoints prune STORE [--keep N] [--before-ms T] [--workflow NAME]\n"
            "                                       [--dry-run]\n"
            "       reprise checkpoints prune STORE ID... [--dry-run]\n"
            "Removes checkpoints, and frees what nobody else refers to: old ones, or those named,\n"
            "be they damaged.\n"
            "\n"
            "  --keep N          the newest N stay\n"
            "  --before-ms T     of the others only those go that were made before virtual time T\n"
            "  --workflow NAME   only those of that workflow, and N are of it\n"
            "  --dry-run         says what would go, and removes nothing\n",
    .flags = prune_flags,
    .n_flags = 1,
    .options = prune_options,
    .n_options = 3,
    .files_min = 1,
    .missing = RP_NO_STORE,
};

enum { NAMED_MAX = 256 };

/* Which ones go: -1 to go on, else the exit status after bad usage was told. */
static int choose_named(int n, char **words, int64_t *ids, struct rp_prune *how)
{
    if (keep || before || rp_checkpoints_workflow)
        return rp_cli_bad_usage(&prune_command, "it is either numbers or the options", "");
    if (n > NAMED_MAX)
        return rp_cli_bad_usage(&prune_command, "too many numbers", "");
    for (int i = 0; i < n; i++) {
        int status =
            rp_cli_number(&prune_command, "not the number of a checkpoint: ", words[i], &ids[i]);
        if (status >= 0)
            return status;
    }
    how->ids = ids;
    how->n_ids = (size_t)n;
    return -1;
}

static int choose_old(struct rp_prune *how)
{
    int64_t time = 0;
    int status = -1;

    how->workflow = rp_checkpoints_workflow;
    how->before_ms = UINT64_MAX;
    if (!keep && !before)
        return rp_cli_bad_usage(&prune_command, "say what may go: --keep, --before-ms, numbers",
                                "");
    if (keep)
        status = rp_cli_number(&prune_command, "--keep takes a number, not ", keep, &how->keep);
    if (status < 0 && before) {
        status = rp_cli_number(&prune_command, "--before-ms takes a number, not ", before, &time);
        how->before_ms = (uint64_t)time;
    }
    return status;
}

static int prune(int n, char **words)
{
    struct rp_prune how = {.dry_run = dry_run};
    struct rp_error err = {0};
    int64_t ids[NAMED_MAX];
    struct rp_store store;
    struct rp_alloc alloc;
    struct rp_buf out;
    int status = n > 1 ? choose_named(n - 1, words + 1, ids, &how) : choose_old(&how);

    if (status < 0)
        status = rp_checkpoints_open(words[0], dry_run ? RP_STORE_LOOK : RP_STORE_CHANGE, &store);
    if (status >= 0)
        return status;
    rp_checkpoints_begin(&out, &alloc);
    status = rp_checkpoints_print(&out, rp_checkpoint_prune(&out, &store, &how, &err), &err);
    rp_cli_close(&store);
    return status;
}

const struct rp_checkpoints_command rp_checkpoints_verify = {&verify_command, verify};
const struct rp_checkpoints_command rp_checkpoints_prune = {&prune_command, prune};
