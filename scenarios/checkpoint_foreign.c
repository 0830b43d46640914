/* checkpoint_foreign.c - reads and finds checkpoint files of the framework that the orchestrations
 * come from; what is shown of them stands in checkpoint_foreign_show.c. */
#include "checkpoint_foreign.h"

#include "files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)256 << 20)

static const char suffix[] = ".json";

/* ---- one file -------------------------------------------------------------------------------- */

static const struct {
    const char *key;
    enum rp_tag tag;
    int or_nothing;
} keys[] = {
    {"workflow_name", RP_TEXT, 0},  {"graph_signature_hash", RP_TEXT, 0},
    {"checkpoint_id", RP_TEXT, 0},  {"previous_checkpoint_id", RP_TEXT, 1},
    {"timestamp", RP_TEXT, 0},      {"messages", RP_MAP, 0},
    {"state", RP_MAP, 0},           {"pending_request_info_events", RP_MAP, 0},
    {"iteration_count", RP_INT, 0}, {"metadata", RP_MAP, 1},
    {"version", RP_TEXT, 1},
};

static int check(const char *path, struct rp_value json, struct rp_error *err)
{
    if (json.tag != RP_MAP)
        return rp_fail_at(err, RP_EPARSE, path, "no checkpoint: its JSON is no object");
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        struct rp_value v = rp_map_get(json, keys[i].key);
        if (v.tag == RP_NIL && keys[i].or_nothing)
            continue;
        if (v.tag == RP_NIL)
            return rp_fail_at(err, RP_EPARSE, path, "no checkpoint: the key \"%s\" is missing",
                              keys[i].key);
        if (v.tag != keys[i].tag)
            return rp_fail_at(err, RP_EPARSE, path,
                              "no checkpoint: what stands under \"%s\" is of another type",
                              keys[i].key);
    }
    return RP_OK;
}

static int read_one(struct rp_heap *h, const char *path, struct rp_value *out, struct rp_error *err)
{
    struct rp_error why = {0};
    struct rp_buf bytes;
    int rc;

    rp_buf_init(&bytes, &h->alloc, FILE_MAX);
    rc = rp_file_read(&bytes, path, err);
    if (rc == RP_OK) {
        rc = rp_json_read(h, bytes.s ? bytes.s : "", bytes.n, out, &why);
        if (rc != RP_OK)
            rp_fail_at(err, rc, path, "%s%s%s", why.where, why.where[0] ? ": " : "", why.text);
    }
    if (rc == RP_OK)
        rc = check(path, *out, err);
    rp_buf_free(&bytes);
    return rc;
}

/* ---- folders --------------------------------------------------------------------------------- */

static int is_named(const char *path)
{
    size_t n = strlen(path), m = sizeof(suffix) - 1;

    return n > m && strcmp(path + n - m, suffix) == 0;
}

/* Calls visit with each file of the folder that has the name of one. */
static int each_name(const struct rp_alloc *alloc, const char *path,
                     int (*visit)(void *ctx, const char *path), void *ctx)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    struct rp_buf full;
    int rc = RP_OK;

    if (!dir)
        return RP_EIO;
    rp_buf_init(&full, alloc, 1 << 16);
    while (rc == RP_OK && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || !is_named(entry->d_name))
            continue;
        rp_buf_clear(&full);
        rp_buf_addz(&full, path);
        rp_buf_addc(&full, '/');
        rp_buf_addz(&full, entry->d_name);
        rc = full.failed ? full.failed : visit(ctx, full.s);
    }
    rp_buf_free(&full);
    closedir(dir);
    return rc;
}

enum { FOUND = 1 };

static int try_one(void *ctx, const char *path)
{
    struct rp_heap h;
    struct rp_value json;
    int rc;

    rp_heap_init(&h, ctx, 0, 0);
    rc = read_one(&h, path, &json, NULL);
    rp_heap_free(&h);
    return rc == RP_OK ? FOUND : RP_OK;
}

int rp_foreign_is(const struct rp_alloc *alloc, const char *path)
{
    struct rp_alloc copy = *alloc;
    struct stat st;

    if (stat(path, &st) != 0)
        return 0;
    if (S_ISREG(st.st_mode))
        return is_named(path);
    return S_ISDIR(st.st_mode) && each_name(alloc, path, try_one, &copy) == FOUND;
}

/* ---- all ------------------------------------------------------------------------------------- */

struct reading {
    struct rp_foreigners *out;
    void (*complain)(const struct rp_error *why);
    int alone; /* one file, which must be a checkpoint */
    struct rp_error *err;
};

static int make_room(struct rp_foreigners *f)
{
    struct rp_alloc *alloc = &f->heap.alloc;
    size_t room = f->room ? 2 * f->room : 16;
    struct rp_foreign *more;

    if (f->n < f->room)
        return RP_OK;
    more = alloc->resize(alloc->ctx, f->file, f->room * sizeof(*more), room * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    f->file = more;
    f->room = room;
    return RP_OK;
}

static int add_file(void *ctx, const char *path)
{
    struct reading *r = ctx;
    struct rp_foreigners *f = r->out;
    struct rp_error why = {0};
    struct rp_value json, name;
    int rc = read_one(&f->heap, path, &json, &why);

    if (rc == RP_ENOMEM)
        return rc;
    if (rc != RP_OK && r->alone)
        *r->err = why;
    else if (rc != RP_OK && r->complain)
        r->complain(&why);
    if (rc != RP_OK)
        return r->alone ? rc : RP_OK;
    RP_TRY(make_room(f));
    name = rp_textz(&f->heap, path);
    if (name.tag == RP_BAD)
        return RP_ENOMEM;
    f->file[f->n++] = (struct rp_foreign){rp_str_of(name).s, json};
    return RP_OK;
}

static struct rp_str text_of(const struct rp_foreign *f, const char *key)
{
    return rp_str_of(rp_map_get(f->json, key));
}

static int by_time(const void *a, const void *b)
{
    const struct rp_foreign *x = a, *y = b;
    int order = rp_str_order(text_of(x, "timestamp"), text_of(y, "timestamp"));

    return order != 0 ? order
                      : rp_str_order(text_of(x, "checkpoint_id"), text_of(y, "checkpoint_id"));
}

int rp_foreign_open(const struct rp_alloc *alloc, const char *path,
                    void (*complain)(const struct rp_error *why), struct rp_foreigners *out,
                    struct rp_error *err)
{
    struct rp_error why = {0};
    struct reading r = {out, complain, 0, &why};
    struct stat st;
    int rc;

    *out = (struct rp_foreigners){0};
    rp_heap_init(&out->heap, alloc, 0, 0);
    r.alone = stat(path, &st) != 0 || !S_ISDIR(st.st_mode);
    rc = r.alone ? add_file(&r, path) : each_name(alloc, path, add_file, &r);
    if (rc != RP_OK) {
        rp_foreign_close(out);
        return rp_fail_at(err, rc, why.where[0] ? why.where : path, "%s",
                          why.text[0] ? why.text : rp_status_text(rc));
    }
    if (out->n > 1)
        qsort(out->file, out->n, sizeof(*out->file), by_time);
    return RP_OK;
}

void rp_foreign_close(struct rp_foreigners *f)
{
    struct rp_alloc alloc = f->heap.alloc;

    if (f->room > 0)
        alloc.resize(alloc.ctx, f->file, f->room * sizeof(*f->file), 0);
    rp_heap_free(&f->heap);
    f->file = NULL;
    f->n = f->room = 0;
}

int rp_foreign_find(const struct rp_foreigners *f, const char *id, const struct rp_foreign **out,
                    struct rp_error *err)
{
    size_t n = strlen(id), found = 0;

    if (f->n > 0 && strcmp(id, "latest") == 0) {
        *out = &f->file[f->n - 1];
        return RP_OK;
    }
    for (size_t i = 0; i < f->n; i++) {
        struct rp_str s = text_of(&f->file[i], "checkpoint_id");
        if (s.n < n || memcmp(s.s, id, n) != 0)
            continue;
        *out = &f->file[i];
        if (s.n == n)
            return RP_OK;
        found++;
    }
    if (found == 1)
        return RP_OK;
    if (found > 1)
        return rp_fail_at(err, RP_EARG, id, "several checkpoints have an id that begins so");
    return rp_fail_at(err, RP_ENOTFOUND, id,
                      "there is no checkpoint with this id; `reprise checkpoints list` shows "
                      "those that there are");
}
