/* store_kills.c - owns the killing of processes that write to a store of files on the real disk. */
#include "tests/support/store_crashes.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "tests/support/faulty_files.h"
#include "tests/support/store_trees.h"

enum { ROUND = 150, KEEP = 12, ROOM = 64, ACKS_MAX = 24, PAUSE_MAX = 3000000 };

/* What the child tells: 's' saved id as number, 'b' begins to remove all below id, 'r' removed
 * them, 'x' failed. */
struct told {
    int64_t id, number;
    char what;
    char text[500];
};

/* What the store must have. Numbers are iterations, counted over all children. */
struct killing {
    struct trees trees;
    size_t *root; /* by number */
    size_t n, room;
    int64_t id[ROOM], number[ROOM]; /* of checkpoints that were acknowledged, the oldest first */
    size_t n_kept;
    int64_t last_id, last_number;
    int64_t removing; /* below that id, not acknowledged; -1: none */
    uint64_t luck;
    long saved;
    const char *folder;
};

static char wrong[1000];

static const char *say(const char *format, ...)
{
    va_list given;

    va_start(given, format);
    vsnprintf(wrong, sizeof(wrong), format, given);
    va_end(given);
    return wrong;
}

/* The checkpoint with that number: a conversation that begins anew now and then, and a state. */
static size_t root_of(struct killing *k, int64_t number)
{
    char text[100];

    for (; k->n <= (size_t)number; k->n++) {
        size_t spine = TREE_NONE, message;
        if (k->n == k->room) {
            k->room = 2 * k->room + 64;
            k->root = realloc(k->root, k->room * sizeof(*k->root));
            if (!k->root)
                abort();
        }
        if (k->n % ROUND != 0)
            spine = k->trees.item[k->root[k->n - 1]].part[0];
        snprintf(text, sizeof(text), "message %ld, which is not the shortest of all messages",
                 (long)k->n);
        message = trees_add(&k->trees, text, TREE_NONE, TREE_NONE);
        spine = trees_add(&k->trees, "list", spine, message);
        snprintf(text, sizeof(text), "state %ld", (long)k->n);
        k->root[k->n] = trees_add(&k->trees, text, spine, TREE_NONE);
    }
    return k->root[number];
}

/* ---- the child ---- */

static void tell(int pipe, char what, int64_t id, int64_t number, const struct rp_error *err)
{
    struct told told = {.what = what, .id = id, .number = number};

    if (err)
        snprintf(told.text, sizeof(told.text), "%s: %s", err->where, err->text);
    if (write(pipe, &told, sizeof(told)) != (ssize_t)sizeof(told) || what == 'x')
        _exit(3);
}

static int64_t child_save(struct killing *k, const struct rp_store *store, int64_t number,
                          uint64_t *generation, int pipe)
{
    size_t root = root_of(k, number);
    struct rp_checkpoint_info info = {.previous = -1,
                                      .workflow = "w",
                                      .signature = "s",
                                      .iteration = number,
                                      .root = k->trees.item[root].item.id};
    struct rp_error err;
    int64_t id = -1;
    int rc = RP_ESTALE;

    for (int i = 0; i < 2 && rc == RP_ESTALE; i++) {
        trees_gather(&k->trees, root);
        rc = store->ops->save(store->self, &info, k->trees.sent, k->trees.n_sent, generation, &id,
                              &err);
        if (rc == RP_ESTALE)
            trees_forget(&k->trees);
    }
    if (rc != RP_OK)
        tell(pipe, 'x', id, number, &err);
    trees_keep(&k->trees);
    tell(pipe, 's', id, number, NULL);
    return id;
}

static void child_remove(struct killing *k, const struct rp_store *store, int pipe)
{
    size_t n = k->n_kept - KEEP;
    struct rp_error err;

    tell(pipe, 'b', k->id[n], 0, NULL);
    if (store->ops->remove(store->self, k->id, n, &err) != RP_OK)
        tell(pipe, 'x', 0, 0, &err);
    tell(pipe, 'r', k->id[n], 0, NULL);
    memmove(k->id, k->id + n, KEEP * sizeof(k->id[0]));
    k->n_kept = KEEP;
}

static void child(struct killing *k, int pipe)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_store store;
    struct rp_error err;
    uint64_t generation = 0;

    trees_forget(&k->trees);
    if (rp_store_file(&alloc, k->folder, &store, &err) != RP_OK)
        tell(pipe, 'x', 0, 0, &err);
    for (int64_t number = k->last_number + 1;; number++) {
        k->id[k->n_kept++] = child_save(k, &store, number, &generation, pipe);
        if (k->n_kept >= 2 * KEEP || (k->n_kept > KEEP && number % 5 == 0))
            child_remove(k, &store, pipe);
    }
}

/* ---- the parent ---- */

static const char *hear(struct killing *k, const struct told *told)
{
    size_t n = 0;

    if (told->what == 'x')
        return say("the process failed: %s", told->text);
    if (told->what == 's') {
        if (told->id <= k->last_id)
            return say("the number %ld is used again", (long)told->id);
        k->id[k->n_kept] = k->last_id = told->id;
        k->number[k->n_kept++] = k->last_number = told->number;
        k->saved++;
    }
    k->removing = told->what == 'b' ? told->id : -1;
    if (told->what != 'r')
        return "";
    while (n < k->n_kept && k->id[n] < told->id)
        n++;
    k->n_kept -= n;
    memmove(k->id, k->id + n, k->n_kept * sizeof(k->id[0]));
    memmove(k->number, k->number + n, k->n_kept * sizeof(k->number[0]));
    return "";
}

/* Hears so many acknowledgements, waits a moment, kills, and hears the rest. */
static const char *run_and_kill(struct killing *k)
{
    uint64_t acks = ff_draw(&k->luck) % ACKS_MAX;
    struct timespec pause = {.tv_nsec = (long)(ff_draw(&k->luck) % PAUSE_MAX)};
    const char *said = "";
    struct told told;
    int ends[2];
    pid_t pid;

    if (pipe(ends) != 0 || (pid = fork()) < 0)
        return say("no process: %s", strerror(errno));
    if (pid == 0) {
        close(ends[0]);
        child(k, ends[1]);
    }
    close(ends[1]);
    for (; acks > 0 && !*said && read(ends[0], &told, sizeof(told)) == (ssize_t)sizeof(told);
         acks--)
        said = hear(k, &told);
    nanosleep(&pause, NULL);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    while (!*said && read(ends[0], &told, sizeof(told)) == (ssize_t)sizeof(told))
        said = hear(k, &told);
    close(ends[0]);
    return said;
}

struct seen {
    struct killing *k;
    int64_t id[ROOM], number[ROOM];
    size_t n;
};

static int see(void *ctx, const struct rp_checkpoint_info *info)
{
    struct seen *seen = ctx;

    if (seen->n == ROOM)
        return RP_ELIMIT;
    seen->id[seen->n] = info->id;
    seen->number[seen->n++] = info->iteration;
    return RP_OK;
}

/* What was acknowledged, without those that a removal was at, and one more that was being saved. */
static const char *compare(struct killing *k, struct seen *seen)
{
    size_t skipped = 0;

    if (k->removing >= 0 && (seen->n == 0 || seen->id[0] >= k->removing))
        while (skipped < k->n_kept && k->id[skipped] < k->removing)
            skipped++;
    if (seen->n == k->n_kept - skipped + 1) {
        if (seen->id[seen->n - 1] <= k->last_id || seen->number[seen->n - 1] != k->last_number + 1)
            return say("checkpoint %ld must not be there", (long)seen->id[seen->n - 1]);
        k->last_id = k->id[k->n_kept] = seen->id[seen->n - 1];
        k->last_number = k->number[k->n_kept++] = seen->number[seen->n - 1];
    }
    if (seen->n != k->n_kept - skipped)
        return say("%d checkpoints are there, not %d", (int)seen->n, (int)(k->n_kept - skipped));
    k->n_kept = seen->n;
    k->removing = -1;
    memmove(k->id, k->id + skipped, seen->n * sizeof(k->id[0]));
    memmove(k->number, k->number + skipped, seen->n * sizeof(k->number[0]));
    if (memcmp(k->id, seen->id, seen->n * sizeof(k->id[0])) != 0 ||
        memcmp(k->number, seen->number, seen->n * sizeof(k->number[0])) != 0)
        return say("other checkpoints are there than were saved");
    return "";
}

static int find_one(void *ctx, const struct rp_error *finding)
{
    (void)ctx;
    say("found: %s: %s", finding->where, finding->text);
    return RP_EIO;
}

static const char *check_store(struct killing *k, const struct rp_store *store)
{
    struct seen seen = {.k = k};
    struct rp_error err;
    const char *said;

    if (rp_store_file_check(store, find_one, NULL, &err) != RP_OK)
        return wrong;
    if (store->ops->list(store->self, NULL, see, &seen, &err) != RP_OK)
        return say("listing: %s: %s", err.where, err.text);
    said = compare(k, &seen);
    trees_begin(&k->trees);
    for (size_t i = 0; !*said && i < seen.n; i++)
        if (trees_check(&k->trees, store, root_of(k, seen.number[i]), &err) != RP_OK)
            said = say("checkpoint %ld: %s: %s", (long)seen.id[i], err.where, err.text);
    return said;
}

static const char *check(struct killing *k)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_store store;
    struct rp_error err;
    const char *said;

    if (rp_store_file(&alloc, k->folder, &store, &err) != RP_OK)
        return say("cannot be opened: %s: %s", err.where, err.text);
    said = check_store(k, &store);
    store.ops->free(store.self);
    return said;
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    char path[1000];
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    if (dir)
        closedir(dir);
    rmdir(folder);
}

const char *store_kills(const char *folder, unsigned kills, uint64_t seed, long *saved)
{
    struct killing k = {
        .folder = folder, .luck = seed, .last_id = -1, .last_number = -1, .removing = -1};
    const char *said = "";

    trees_init(&k.trees);
    for (unsigned i = 0; i < kills && !*said; i++) {
        said = run_and_kill(&k);
        if (!*said)
            said = check(&k);
    }
    *saved = k.saved;
    trees_free(&k.trees);
    free(k.root);
    if (!*said)
        remove_folder(folder);
    return said;
}
