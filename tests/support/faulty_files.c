/* faulty_files.c - owns the disk in memory that fails as it is told. */
#include "tests/support/faulty_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HANDLES = sizeof(((struct ff *)0)->handle) / sizeof(struct ff_handle), PIECE = 64 };

uint64_t ff_draw(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ---- room ---- */

static void *more(void *array, size_t *room, size_t n, size_t size)
{
    if (n <= *room)
        return array;
    *room = 2 * n + 8;
    array = realloc(array, *room * size);
    if (!array)
        abort();
    return array;
}

static void file_write(struct ff_file *f, const char *s, size_t n)
{
    f->s = more(f->s, &f->room, f->n + n, 1);
    if (n > 0)
        memcpy(f->s + f->n, s, n);
    f->n += n;
}

static size_t file_new(struct ff *d)
{
    d->file = more(d->file, &d->files_room, d->n_files + 1, sizeof(*d->file));
    d->file[d->n_files] = (struct ff_file){0};
    return d->n_files++;
}

/* ---- names ---- */

static struct ff_entry *find(const struct ff_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->entry[i].name, name) == 0)
            return &names->entry[i];
    return NULL;
}

static void set(struct ff_names *names, const char *name, size_t file)
{
    struct ff_entry *e = find(names, name);

    if (!e) {
        names->entry = more(names->entry, &names->room, names->n + 1, sizeof(*names->entry));
        e = &names->entry[names->n++];
        memset(e->name, 0, sizeof(e->name));
        memcpy(e->name, name, strlen(name));
    }
    e->file = file;
}

static void unset(struct ff_names *names, const char *name)
{
    struct ff_entry *e = find(names, name);

    if (e)
        *e = names->entry[--names->n];
}

static void copy_names(struct ff_names *to, const struct ff_names *from)
{
    to->n = 0;
    for (size_t i = 0; i < from->n; i++)
        set(to, from->entry[i].name, from->entry[i].file);
}

/* Done at once in what is seen, and remembered as not durable yet. */
static void change(struct ff *d, const char *from, const char *to, size_t file)
{
    struct ff_change *c;

    d->change = more(d->change, &d->changes_room, d->n_changes + 1, sizeof(*d->change));
    c = &d->change[d->n_changes++];
    memset(c, 0, sizeof(*c));
    memcpy(c->from, from, strlen(from));
    memcpy(c->to, to, strlen(to));
    c->file = file;
    if (*from)
        unset(&d->names, from);
    if (*to)
        set(&d->names, to, file);
}

/* ---- faults ---- */

/* What happens to the operation that begins now. */
static enum ff_fault begin(struct ff *d, char kind)
{
    void (*hook)(void *ctx) = d->ops == d->hook_at ? d->hook : NULL;
    long op;

    if (hook) {
        d->hook = NULL;
        hook(d->hook_ctx);
    }
    if (d->stopped)
        return FF_STOP;
    if (d->quiet)
        return FF_NONE;
    d->kinds = more(d->kinds, &d->kinds_room, (size_t)d->ops + 1, 1);
    d->kinds[d->ops] = kind;
    op = d->ops++;
    if (d->fault == FF_NONE || op < d->at || op - d->at >= d->lasts)
        return FF_NONE;
    d->fired = d->fired || d->fault != FF_SHORT;
    d->stopped = d->fault == FF_STOP;
    return d->fault;
}

/* For an operation that can be done or not: does it fail before, and with what? */
static int begin_plain(struct ff *d, char kind, enum ff_fault *fault)
{
    *fault = begin(d, kind);
    if (*fault == FF_STOP)
        return EIO;
    if (d->removed)
        return ENOENT;
    if (d->read_only && strchr("NMU", kind))
        return EROFS;
    if (*fault == FF_SHORT)
        *fault = FF_NONE;
    if (*fault == FF_TEAR || *fault == FF_ERROR || *fault == FF_DROP)
        return d->e;
    return 0;
}

/* And when it is done: */
static int end(const struct ff *d, enum ff_fault fault)
{
    return fault == FF_LATE ? d->e : 0;
}

static int handle_new(struct ff *d, int is_folder, size_t file, int *handle)
{
    for (int i = 0; i < HANDLES; i++) {
        if (d->handle[i].is_open)
            continue;
        d->handle[i] = (struct ff_handle){1, is_folder, file};
        *handle = i;
        return 0;
    }
    return EMFILE;
}

/* ---- the operations ---- */

static int ff_enter(void *self, const char *path, int make, int *folder)
{
    struct ff *d = self;
    enum ff_fault fault;
    int e = begin_plain(d, 'E', &fault);

    (void)path;
    if (e != 0 || fault == FF_LATE)
        return e ? e : d->e;
    if (!d->exists && !make)
        return ENOENT;
    d->exists = 1;
    d->exists_durably = d->exists_durably || make;
    return handle_new(d, 1, 0, folder);
}

static int ff_leave(void *self, int folder)
{
    struct ff *d = self;

    d->handle[folder].is_open = 0;
    if (d->locked == folder + 1)
        d->locked = 0;
    return 0;
}

static int ff_lock(void *self, int folder)
{
    struct ff *d = self;
    enum ff_fault fault;
    int e = begin_plain(d, 'K', &fault);

    if (e != 0 || fault == FF_LATE)
        return e ? e : d->e;
    if (d->locked)
        return EWOULDBLOCK;
    d->locked = folder + 1;
    return 0;
}

static int ff_list(void *self, int folder, int (*visit)(void *ctx, const char *name), void *ctx)
{
    struct ff *d = self;
    enum ff_fault fault;
    int e = begin_plain(d, 'L', &fault);

    (void)folder;
    for (size_t i = 0; e == 0 && i < d->names.n; i++)
        e = visit(ctx, d->names.entry[i].name);
    return e != 0 ? e : end(d, fault);
}

static int ff_open(void *self, int folder, const char *name, enum rp_disk_mode mode, int *file)
{
    struct ff *d = self;
    enum ff_fault fault;
    int e = begin_plain(d, mode == RP_DISK_NEW ? 'N' : 'O', &fault);
    struct ff_entry *entry = find(&d->names, name);

    (void)folder;
    if (e != 0)
        return e;
    if (mode == RP_DISK_READ && !entry)
        return ENOENT;
    if (mode == RP_DISK_NEW && entry)
        return EEXIST;
    if (mode == RP_DISK_NEW)
        change(d, "", name, file_new(d));
    if (fault == FF_LATE)
        return d->e;
    return handle_new(d, 0, find(&d->names, name)->file, file);
}

static int ff_close(void *self, int file)
{
    struct ff *d = self;

    d->handle[file].is_open = 0;
    return 0;
}

static int ff_size(void *self, int file, uint64_t *n)
{
    struct ff *d = self;
    enum ff_fault fault;
    int e = begin_plain(d, 'Z', &fault);

    *n = d->file[d->handle[file].file].n;
    return e != 0 ? e : end(d, fault);
}

static int ff_read(void *self, int file, uint64_t at, char *to, size_t n, size_t *got)
{
    struct ff *d = self;
    const struct ff_file *f = &d->file[d->handle[file].file];
    enum ff_fault fault = begin(d, 'R');
    size_t there = at < f->n ? f->n - (size_t)at : 0;

    if (fault != FF_NONE && fault != FF_SHORT)
        return fault == FF_STOP ? EIO : d->e;
    *got = there < n ? there : n;
    if (fault == FF_SHORT && *got > 1)
        *got /= 2;
    if (*got > 0)
        memcpy(to, f->s + at, *got);
    return 0;
}

static int ff_write(void *self, int file, const char *s, size_t n, size_t *put)
{
    struct ff *d = self;
    int was_stopped = d->stopped;
    enum ff_fault fault = begin(d, 'W');

    *put = 0;
    if (was_stopped)
        return EIO;
    if (d->removed || d->read_only)
        return EIO;
    if (fault == FF_ERROR || fault == FF_DROP)
        return d->e;
    *put = fault == FF_NONE || fault == FF_LATE ? n : n > 1 ? n / 2 : n;
    file_write(&d->file[d->handle[file].file], s, *put);
    if (fault == FF_NONE || fault == FF_SHORT)
        return 0;
    *put = 0;
    return fault == FF_STOP ? EIO : d->e;
}

static void sync_folder(struct ff *d)
{
    copy_names(&d->durable, &d->names);
    d->n_changes = 0;
}

static int ff_sync(void *self, int file_or_folder)
{
    struct ff *d = self;
    struct ff_handle *h = &d->handle[file_or_folder];
    struct ff_file *f = h->is_folder ? NULL : &d->file[h->file];
    enum ff_fault fault;
    int e = begin_plain(d, 'S', &fault);

    if (f && fault == FF_DROP)
        f->dropped = 1;
    if (e != 0)
        return e;
    if (!f)
        sync_folder(d);
    else if (!f->dropped)
        f->durable = f->n;
    return end(d, fault);
}

static int ff_rename(void *self, int folder, const char *from, const char *to)
{
    struct ff *d = self;
    enum ff_fault fault;
    int e = begin_plain(d, 'M', &fault);
    struct ff_entry *entry = find(&d->names, from);

    (void)folder;
    if (e != 0)
        return e;
    if (!entry)
        return ENOENT;
    change(d, from, to, entry->file);
    return end(d, fault);
}

static int ff_unlink(void *self, int folder, const char *name)
{
    struct ff *d = self;
    enum ff_fault fault;
    int e = begin_plain(d, 'U', &fault);

    (void)folder;
    if (e != 0)
        return e;
    if (!find(&d->names, name))
        return ENOENT;
    change(d, name, "", 0);
    return end(d, fault);
}

static const struct rp_disk_ops ops = {.enter = ff_enter,
                                       .leave = ff_leave,
                                       .lock = ff_lock,
                                       .list = ff_list,
                                       .open = ff_open,
                                       .size = ff_size,
                                       .read = ff_read,
                                       .write = ff_write,
                                       .sync = ff_sync,
                                       .close = ff_close,
                                       .rename = ff_rename,
                                       .unlink = ff_unlink};

/* ---- the disk ---- */

void ff_init(struct ff *d)
{
    *d = (struct ff){.fault = FF_NONE, .at = -1};
}

void ff_free(struct ff *d)
{
    for (size_t i = 0; i < d->n_files; i++)
        free(d->file[i].s);
    free(d->file);
    free(d->names.entry);
    free(d->durable.entry);
    free(d->change);
    free(d->kinds);
    ff_init(d);
}

struct rp_disk ff_disk(struct ff *d)
{
    return (struct rp_disk){&ops, d};
}

void ff_plan(struct ff *d, long at, enum ff_fault fault, int e, long lasts)
{
    d->at = at;
    d->fault = fault;
    d->e = e;
    d->lasts = lasts;
    d->fired = 0;
}

struct ff_file *ff_find(struct ff *d, const char *name)
{
    struct ff_entry *entry = find(&d->names, name);

    return entry ? &d->file[entry->file] : NULL;
}

void ff_put(struct ff *d, const char *name, const char *s, size_t n)
{
    size_t file = file_new(d);

    file_write(&d->file[file], s, n);
    d->file[file].durable = n;
    set(&d->names, name, file);
    set(&d->durable, name, file);
}

void ff_remove(struct ff *d, const char *name)
{
    unset(&d->names, name);
    unset(&d->durable, name);
}

/* ---- crashes ---- */

/* What the changes that were not durable left, each for itself. */
static void draw_names(const struct ff *d, uint64_t *seed, struct ff_names *out)
{
    copy_names(out, &d->durable);
    for (size_t i = 0; i < d->n_changes; i++) {
        const struct ff_change *c = &d->change[i];
        const struct ff_entry *e = find(out, c->from);
        uint64_t luck = ff_draw(seed) % 5;
        if (luck < 2)
            continue; /* it never happened */
        if (*c->from && luck < 4 && e && (!*c->to || e->file == c->file))
            unset(out, c->from); /* else a rename leaves both names */
        if (*c->to)
            set(out, c->to, c->file);
    }
}

/* The bytes that were not durable: some pieces of them, zeros between, up to some length. */
static void draw_bytes(const struct ff_file *f, uint64_t *seed, struct ff_file *out)
{
    size_t end = f->durable + (size_t)(ff_draw(seed) % (f->n - f->durable + 1));
    char zeros[PIECE] = {0};

    if (ff_draw(seed) % 3 == 0)
        end = f->n;
    while (out->n < end) {
        size_t n = end - out->n < PIECE ? end - out->n : PIECE;
        file_write(out, ff_draw(seed) % 3 ? f->s + out->n : zeros, n);
    }
}

static void crash_file(const struct ff_file *f, int kind, uint64_t *seed, struct ff_file *out)
{
    file_write(out, f->s, kind == FF_ENDED ? f->n : f->durable);
    if (kind == FF_ZEROS)
        while (out->n < f->n)
            file_write(out, "", 1);
    if (kind >= FF_DRAWN)
        draw_bytes(f, seed, out);
    out->durable = out->n;
}

void ff_crash(const struct ff *d, int kind, uint64_t seed, struct ff *out)
{
    struct ff_names names = {0};

    ff_init(out);
    if (kind >= FF_DRAWN)
        draw_names(d, &seed, &names);
    else
        copy_names(&names, kind == FF_NOTHING ? &d->durable : &d->names);
    for (size_t i = 0; i < names.n; i++) {
        size_t file = file_new(out);
        crash_file(&d->file[names.entry[i].file], kind, &seed, &out->file[file]);
        set(&out->names, names.entry[i].name, file);
    }
    copy_names(&out->durable, &out->names);
    out->exists = out->exists_durably = kind == FF_NOTHING ? d->exists_durably : d->exists;
    free(names.entry);
}
