/* store_file_disk.c - owns the single files of a store: reading, writing whole, and what is said
 * when it fails. */
#include "engine/os/store_file.h"

#include <errno.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/reprise.h"

enum { FIRST_ROOM = 16, PLACE = sizeof(((struct rp_error *)0)->where) };

/* ---- saying what is wrong ---- */

/* Folder and name; of a long folder the end, for the name must be seen. */
static void place_of(const struct sf_store *s, const char *name, char place[PLACE])
{
    size_t tail = name ? strlen(name) + 1 : 0, n = strlen(s->path), room = PLACE - 1 - tail;
    const char *from = s->path;

    RP_ASSERT(tail < PLACE / 2);
    if (n > room) {
        from += n - (room - 3);
        while (((unsigned char)*from & 0xc0) == 0x80)
            from++;
        memcpy(place, "...", 3);
    }
    n = strlen(from);
    memcpy(place + (from == s->path ? 0 : 3), from, n);
    n += from == s->path ? 0 : 3;
    if (name) {
        place[n] = '/';
        memcpy(place + n + 1, name, tail - 1);
    }
    place[n + tail] = '\0';
}

int rp_sf_say(const struct sf_store *s, struct rp_error *err, int status, const char *name,
              const char *text)
{
    char place[PLACE];

    place_of(s, name, place);
    return rp_fail_at(err, status, place, "%s", text);
}

int rp_sf_fail(const struct sf_store *s, struct rp_error *err, const char *name, const char *what,
               int e)
{
    char place[PLACE];

    place_of(s, name, place);
    return rp_fail_at(err, RP_ESTORE, place, "%s: %s; %s", what, rp_errno_text(e),
                      rp_errno_remedy(e));
}

int rp_sf_no_memory(const struct sf_store *s, struct rp_error *err)
{
    return rp_sf_say(s, err, RP_ENOMEM, NULL, rp_status_text(RP_ENOMEM));
}

int rp_sf_say_fault(const struct sf_store *s, struct rp_error *err, const struct sf_file *f)
{
    char place[PLACE], name[SF_NAME];

    rp_sf_name(f->kind, f->number, name);
    place_of(s, name, place);
    if (f->fault.e && f->kind == SF_CHECKPOINT)
        return rp_fail_at(err, RP_ESTORE, place,
                          "this file of the store cannot be read: %s; put it back from a copy, or "
                          "remove checkpoint %l",
                          rp_errno_text(f->fault.e), f->number);
    if (f->fault.e)
        return rp_fail_at(err, RP_ESTORE, place,
                          "this file of the store cannot be read: %s; put it back from a copy: "
                          "checkpoints need what is in it",
                          rp_errno_text(f->fault.e));
    if (f->kind == SF_CHECKPOINT)
        return rp_fail_at(err, RP_ESTORE, place,
                          "damaged at byte %l: %s; put the file back from a copy, or remove "
                          "checkpoint %l",
                          (int64_t)f->fault.byte, f->fault.reason, f->number);
    return rp_fail_at(err, RP_ESTORE, place,
                      "damaged at byte %l: %s; put the file back from a copy: checkpoints need "
                      "what is in it",
                      (int64_t)f->fault.byte, f->fault.reason);
}

/* ---- reading ---- */

static int read_on(struct sf_store *s, int fd, uint64_t at, size_t n, struct rp_buf *to)
{
    while (n > 0) {
        char *room = rp_buf_room(to, n);
        size_t got = 0;
        int e = room ? s->disk.ops->read(s->disk.self, fd, at, room, n, &got) : RP_ENOMEM;
        if (e != 0)
            return e;
        if (got == 0)
            break;
        RP_ASSERT(got <= n);
        to->n += got;
        to->s[to->n] = '\0';
        at += got;
        n -= got;
    }
    return 0;
}

int rp_sf_read(struct sf_store *s, const struct sf_file *f)
{
    char name[SF_NAME];
    uint64_t n = 0;
    int fd, e;

    rp_sf_name(f->kind, f->number, name);
    rp_buf_clear(&s->in);
    e = s->disk.ops->open(s->disk.self, s->folder, name, RP_DISK_READ, &fd);
    if (e != 0)
        return e;
    e = s->disk.ops->size(s->disk.self, fd, &n);
    if (e == 0)
        e = n > SIZE_MAX / 2 ? EFBIG : read_on(s, fd, 0, (size_t)n, &s->in);
    s->disk.ops->close(s->disk.self, fd);
    return e;
}

void rp_sf_stop_reading(struct sf_store *s)
{
    if (s->reading)
        s->disk.ops->close(s->disk.self, s->fd);
    s->reading = NULL;
}

static int start_reading(struct sf_store *s, struct sf_file *f)
{
    char name[SF_NAME];
    int e;

    if (s->reading == f)
        return 0;
    rp_sf_stop_reading(s);
    rp_sf_name(f->kind, f->number, name);
    e = s->disk.ops->open(s->disk.self, s->folder, name, RP_DISK_READ, &s->fd);
    if (e == 0)
        s->reading = f;
    return e;
}

/* The file is not any more what it was when the store was opened. */
static int say_changed(const struct sf_store *s, struct rp_error *err, const struct sf_entry *e,
                       int system)
{
    char place[PLACE], name[SF_NAME];

    rp_sf_name(e->file->kind, e->file->number, name);
    place_of(s, name, place);
    if (system == ENOENT && s->read_only)
        return rp_fail_at(err, RP_ESTORE, place,
                          "the file was removed since the store was opened to be read; open it "
                          "again");
    if (system)
        return rp_sf_fail(s, err, name, "this file of the store cannot be read", system);
    return rp_fail_at(
        err, RP_ESTORE, place,
        "damaged at byte %l since the store was opened: the item there is not what its "
        "name says; put the file back from a copy, or open the store again to work "
        "with what is left",
        (int64_t)e->at - SF_ITEM);
}

int rp_sf_fetch(struct sf_store *s, const struct sf_entry *e, struct rp_error *err)
{
    struct rp_item_id id;
    int system;

    RP_ASSERT(e->file);
    rp_buf_clear(&s->bytes);
    system = start_reading(s, e->file);
    if (system == 0)
        system = read_on(s, s->fd, e->at, (size_t)e->n, &s->bytes);
    if (system == RP_ENOMEM)
        return rp_sf_no_memory(s, err);
    if (system != 0) {
        rp_sf_stop_reading(s);
        return say_changed(s, err, e, system);
    }
    rp_item_name(s->bytes.n ? s->bytes.s : "", s->bytes.n, &id);
    if (s->bytes.n != e->n || memcmp(&id, &e->id, sizeof(id)) != 0)
        return say_changed(s, err, e, 0);
    return RP_OK;
}

/* ---- writing ---- */

/* A leftover that could not be unlinked gives way to a new file. */
static int open_new(struct sf_store *s, const char *name, int *fd)
{
    int e = s->disk.ops->open(s->disk.self, s->folder, name, RP_DISK_NEW, fd);

    if (e != EEXIST)
        return e;
    e = s->disk.ops->unlink(s->disk.self, s->folder, name);
    return e != 0 ? e : s->disk.ops->open(s->disk.self, s->folder, name, RP_DISK_NEW, fd);
}

static int write_on(struct sf_store *s, int fd)
{
    size_t at = 0;

    while (at < s->out.n) {
        size_t put = 0;
        int e = s->disk.ops->write(s->disk.self, fd, s->out.s + at, s->out.n - at, &put);
        if (e != 0 || put == 0)
            return e != 0 ? e : EIO;
        RP_ASSERT(put <= s->out.n - at);
        at += put;
    }
    return s->disk.ops->sync(s->disk.self, fd);
}

static int write_new(struct sf_store *s, const char *name)
{
    int fd, e = open_new(s, name, &fd), closed;

    if (e != 0)
        return e;
    e = write_on(s, fd);
    closed = s->disk.ops->close(s->disk.self, fd);
    e = e != 0 ? e : closed;
    if (e != 0)
        s->disk.ops->unlink(s->disk.self, s->folder, name);
    return e;
}

int rp_sf_write(struct sf_store *s, enum sf_kind kind, int64_t number, int *doubt,
                struct rp_error *err)
{
    char temp[SF_NAME], name[SF_NAME];
    int e;

    *doubt = 0;
    rp_sf_name(SF_TEMP, number, temp);
    rp_sf_name(kind, number, name);
    e = write_new(s, temp);
    if (e == ENOENT)
        return rp_sf_say(s, err, RP_ESTORE, NULL,
                         "the folder was removed; put it back and open the store again");
    if (e != 0)
        return rp_sf_fail(s, err, name, "the file could not be written", e);
    e = s->disk.ops->rename(s->disk.self, s->folder, temp, name);
    if (e != 0) {
        s->disk.ops->unlink(s->disk.self, s->folder, temp);
        *doubt = s->disk.ops->unlink(s->disk.self, s->folder, name) != ENOENT;
        return rp_sf_fail(s, err, name, "the file could not be given its name", e);
    }
    e = s->disk.ops->sync(s->disk.self, s->folder);
    if (e != 0) {
        s->disk.ops->unlink(s->disk.self, s->folder, name);
        *doubt = 1;
        return rp_sf_fail(s, err, name, "the folder could not be made durable", e);
    }
    return RP_OK;
}

/* ---- what is known of a file ---- */

int rp_sf_list_room(struct sf_store *s, struct sf_list *list)
{
    size_t room = list->room ? 2 * list->room : FIRST_ROOM;
    struct sf_file **more;

    if (list->n < list->room)
        return RP_OK;
    more =
        s->alloc.resize(s->alloc.ctx, list->file, list->room * sizeof(*more), room * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    list->file = more;
    list->room = room;
    return RP_OK;
}

struct sf_file *rp_sf_file_new(struct sf_store *s, enum sf_kind kind, int64_t number)
{
    struct sf_file *f = s->alloc.resize(s->alloc.ctx, NULL, 0, sizeof(*f));

    if (f)
        *f = (struct sf_file){.kind = kind, .number = number};
    return f;
}

void rp_sf_file_free(struct sf_store *s, struct sf_file *f)
{
    if (!f)
        return;
    if (s->reading == f)
        rp_sf_stop_reading(s);
    if (f->text)
        s->alloc.resize(s->alloc.ctx, f->text, f->text_size, 0);
    s->alloc.resize(s->alloc.ctx, f, sizeof(*f), 0);
}

int rp_sf_file_info(struct sf_store *s, struct sf_file *f, const struct rp_checkpoint_info *info,
                    struct rp_str workflow, struct rp_str signature)
{
    RP_ASSERT(!f->text);
    f->text_size = workflow.n + signature.n + 2;
    f->text = s->alloc.resize(s->alloc.ctx, NULL, 0, f->text_size);
    if (!f->text)
        return RP_ENOMEM;
    memset(f->text, 0, f->text_size);
    if (workflow.n > 0)
        memcpy(f->text, workflow.s, workflow.n);
    if (signature.n > 0)
        memcpy(f->text + workflow.n + 1, signature.s, signature.n);
    f->info = *info;
    f->info.id = f->number;
    f->info.workflow = f->text;
    f->info.signature = f->text + workflow.n + 1;
    f->known = 1;
    return RP_OK;
}
