/* store_scene.c - owns the store that tests talk with. */
#include "tests/support/store_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cm.h"

static char said[8000];

static const char *say(int rc, const struct rp_error *err)
{
    if (rc == RP_OK)
        return "";
    assert_int_equal(rc, err->status);
    snprintf(said, sizeof(said), "%s %s: %s", rp_status_name(rc), err->where, err->text);
    return said;
}

void scene_begin(struct scene *s)
{
    *s = (struct scene){.generation = 0};
    faulty_init(&s->memory, -1);
    ff_init(&s->disk);
    trees_init(&s->trees);
}

void scene_close(struct scene *s)
{
    if (s->is_open)
        s->store.ops->free(s->store.self);
    s->is_open = 0;
    s->generation = 0;
    assert_int_equal(s->memory.out, 0);
}

void scene_end(struct scene *s)
{
    scene_close(s);
    trees_free(&s->trees);
    ff_free(&s->disk);
}

static const char *open_again(struct scene *s, int read_only)
{
    struct rp_disk disk = ff_disk(&s->disk);
    struct rp_error err = {0};
    int rc;

    scene_close(s);
    trees_forget(&s->trees);
    rc = rp_store_file_on(&s->memory.alloc, &disk, "store", read_only, &s->store, &err);
    s->is_open = rc == RP_OK;
    return say(rc, &err);
}

const char *scene_open(struct scene *s)
{
    return open_again(s, 0);
}

const char *scene_open_to_read(struct scene *s)
{
    return open_again(s, 1);
}

const char *scene_save(struct scene *s, int64_t id, const char *workflow, int64_t on)
{
    struct rp_checkpoint_info info = {.id = 77,
                                      .previous = on,
                                      .workflow = workflow,
                                      .signature = "f00d",
                                      .iteration = id + 1,
                                      .pending = 2,
                                      .messages = 3,
                                      .time_ms = 1000 + (uint64_t)id};
    struct rp_error err = {0};
    size_t message, list = TREE_NONE;
    int64_t given = -5;
    char text[60];
    int rc = RP_ESTALE;

    snprintf(text, sizeof(text), "message %d", (int)id);
    message = trees_add(&s->trees, text, TREE_NONE, TREE_NONE);
    if (on >= 0)
        list = s->trees.item[s->root[on]].part[0];
    list = trees_add(&s->trees, "list", list, message);
    snprintf(text, sizeof(text), "state %d", (int)id);
    s->root[id] = trees_add(&s->trees, text, list, TREE_NONE);
    info.root = s->trees.item[s->root[id]].item.id;
    for (int i = 0; i < 2 && rc == RP_ESTALE; i++) {
        trees_gather(&s->trees, s->root[id]);
        rc = s->store.ops->save(s->store.self, &info, s->trees.sent, s->trees.n_sent,
                                &s->generation, &given, &err);
        if (rc == RP_ESTALE)
            trees_forget(&s->trees);
    }
    if (rc != RP_OK)
        return say(rc, &err);
    trees_keep(&s->trees);
    assert_int_equal(given, id);
    return "";
}

const char *scene_remove(struct scene *s, const int64_t *ids, size_t n)
{
    struct rp_error err = {0};

    return say(s->store.ops->remove(s->store.self, ids, n, &err), &err);
}

const char *scene_read(struct scene *s, int64_t id)
{
    struct rp_checkpoint_info info;
    struct rp_error err = {0};
    int rc = s->store.ops->info(s->store.self, id, &info, &err);

    if (rc != RP_OK)
        return say(rc, &err);
    assert_int_equal(info.id, id);
    assert_int_equal(info.iteration, id + 1);
    assert_memory_equal(&info.root, &s->trees.item[s->root[id]].item.id, sizeof(info.root));
    trees_begin(&s->trees);
    return say(trees_check(&s->trees, &s->store, s->root[id], &err), &err);
}

const char *scene_latest(struct scene *s, const char *workflow)
{
    struct rp_error err = {0};
    int64_t id = -5;
    int rc = s->store.ops->latest(s->store.self, workflow, &id, &err);

    if (rc != RP_OK)
        return say(rc, &err);
    snprintf(said, sizeof(said), "%d", (int)id);
    return said;
}

static int list_one(void *ctx, const struct rp_checkpoint_info *info)
{
    char *text = ctx;
    size_t n = strlen(text);

    snprintf(text + n, 1000 - n, "%s%d", n ? " " : "", (int)info->id);
    return RP_OK;
}

const char *scene_list(struct scene *s, const char *workflow)
{
    struct rp_error err = {0};
    char text[1000] = "";
    int rc = s->store.ops->list(s->store.self, workflow, list_one, text, &err);

    say(rc, &err);
    if (rc != RP_OK)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "; %.600s", said);
    memcpy(said, text, sizeof(text));
    return said;
}

static int check_one(void *ctx, const struct rp_error *finding)
{
    size_t *n = ctx;

    assert_int_equal(finding->status, RP_ESTORE);
    *n += (size_t)snprintf(said + *n, sizeof(said) - *n, "%s: %s\n", finding->where, finding->text);
    return RP_OK;
}

const char *scene_check(struct scene *s)
{
    struct rp_error err = {0};
    size_t n = 0;

    said[0] = '\0';
    assert_int_equal(rp_store_file_check(&s->store, check_one, &n, &err), RP_OK);
    return said;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct ff_entry *)a)->name, ((const struct ff_entry *)b)->name);
}

const char *scene_files(struct scene *s)
{
    struct ff_names *names = &s->disk.names;
    size_t n = 0;

    said[0] = '\0';
    if (names->n > 0)
        qsort(names->entry, names->n, sizeof(*names->entry), by_name);
    for (size_t i = 0; i < names->n; i++)
        n += (size_t)snprintf(said + n, sizeof(said) - n, "%s %d\n", names->entry[i].name,
                              (int)s->disk.file[names->entry[i].file].n);
    return said;
}

uint64_t scene_size(struct scene *s)
{
    uint64_t bytes = 0, files = 0;

    assert_int_equal(s->store.ops->size(s->store.self, &bytes, NULL), RP_OK);
    for (size_t i = 0; i < s->disk.names.n; i++)
        files += s->disk.file[s->disk.names.entry[i].file].n;
    assert_int_equal(bytes, files);
    return bytes;
}
