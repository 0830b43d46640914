/* store_file_open.c - owns the reading of a store's folder: which files count, what is in them, and
 * what is wrong with them. */
#include "engine/os/store_file.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "engine/reprise.h"

enum { READER_TRIES = 100 };

/* ---- the entries of the folder ---- */

struct seen {
    struct sf_store *s;
    struct sf_list temps;
};

static int see(void *ctx, const char *name)
{
    struct seen *seen = ctx;
    struct sf_list *list;
    enum sf_kind kind;
    int64_t number;

    if (!rp_sf_is_name(name, &kind, &number))
        return 0;
    list = kind == SF_CHECKPOINT ? &seen->s->checkpoints
           : kind == SF_REST     ? &seen->s->rests
                                 : &seen->temps;
    RP_TRY(rp_sf_list_room(seen->s, list));
    list->file[list->n] = rp_sf_file_new(seen->s, kind, number);
    if (!list->file[list->n])
        return RP_ENOMEM;
    list->n++;
    return 0;
}

static int by_number(const void *a, const void *b)
{
    const struct sf_file *x = *(struct sf_file *const *)a, *y = *(struct sf_file *const *)b;

    return x->number < y->number ? -1 : x->number > y->number;
}

static void free_list(struct sf_store *s, struct sf_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        rp_sf_file_free(s, list->file[i]);
    if (list->file)
        s->alloc.resize(s->alloc.ctx, list->file, list->room * sizeof(*list->file), 0);
    *list = (struct sf_list){0};
}

void rp_sf_unload(struct sf_store *s)
{
    rp_sf_stop_reading(s);
    free_list(s, &s->checkpoints);
    free_list(s, &s->rests);
    rp_sf_index_free(&s->index);
}

static int64_t behind(const struct sf_list *list)
{
    return list->n > 0 ? list->file[list->n - 1]->number + 1 : 0;
}

static int look_around(struct seen *seen, struct rp_error *err)
{
    struct sf_store *s = seen->s;
    int e = s->disk.ops->list(s->disk.self, s->folder, see, seen);

    if (e == RP_ENOMEM)
        return rp_sf_no_memory(s, err);
    if (e == 0 && !s->read_only) /* what is seen now is there after a crash, too */
        e = s->disk.ops->sync(s->disk.self, s->folder);
    if (e != 0)
        return rp_sf_fail(s, err, NULL, "the folder of the store cannot be read", e);
    if (s->checkpoints.n > 0)
        qsort(s->checkpoints.file, s->checkpoints.n, sizeof(*s->checkpoints.file), by_number);
    if (s->rests.n > 0)
        qsort(s->rests.file, s->rests.n, sizeof(*s->rests.file), by_number);
    s->next = behind(&s->checkpoints);
    s->next_rest = behind(&s->rests);
    return RP_OK;
}

/* ---- which of them count ---- */

/* What the ruling remainder lists, gone through in ascending order. */
struct ruled {
    struct sf_store *s;
    struct sf_list stay, go;
    size_t at; /* in the list that is gone through */
    int lost;  /* a listed file is missing */
};

static int move_to(struct sf_store *s, struct sf_list *list, struct sf_file *f)
{
    RP_TRY(rp_sf_list_room(s, list));
    list->file[list->n++] = f;
    return RP_OK;
}

/* Files of from with smaller numbers than first are no part of the store; those from first to last
 * are, and the missing ones of them, too. */
static int rule(struct ruled *r, struct sf_list *from, enum sf_kind kind, int64_t first,
                int64_t last)
{
    for (; r->at < from->n && from->file[r->at]->number < first; r->at++) {
        RP_TRY(move_to(r->s, &r->go, from->file[r->at]));
        from->file[r->at] = NULL;
    }
    for (int64_t number = first; number <= last; number++) {
        struct sf_file *f = r->at < from->n ? from->file[r->at] : NULL;
        RP_TRY(rp_sf_list_room(r->s, &r->stay));
        if (f && f->number == number) {
            from->file[r->at++] = NULL;
        } else {
            f = rp_sf_file_new(r->s, kind, number);
            if (!f)
                return RP_ENOMEM;
            f->fault.e = ENOENT;
            r->lost = 1;
        }
        RP_TRY(move_to(r->s, &r->stay, f));
    }
    return RP_OK;
}

/* The rest of from is younger than the ruling remainder. */
static int rule_the_rest(struct ruled *r, struct sf_list *from, int64_t next)
{
    struct sf_list emptied;

    RP_TRY(rule(r, from, SF_TEMP, next, next - 1));
    for (; r->at < from->n; r->at++) {
        RP_TRY(move_to(r->s, &r->stay, from->file[r->at]));
        from->file[r->at] = NULL;
    }
    emptied = *from;
    *from = r->stay;
    r->stay = emptied;
    free_list(r->s, &r->stay);
    r->at = 0;
    return RP_OK;
}

static int rule_all(struct ruled *r, const struct sf_form *form, int64_t ruler)
{
    struct sf_store *s = r->s;

    for (uint32_t i = 0; i < form->n_runs; i++)
        RP_TRY(rule(r, &s->checkpoints, SF_CHECKPOINT,
                    (int64_t)rp_sf_word(form->runs + 16 * (size_t)i),
                    (int64_t)rp_sf_word(form->runs + 16 * (size_t)i + 8)));
    RP_TRY(rule_the_rest(r, &s->checkpoints, form->next));
    for (uint32_t i = 0; i < form->n_rests; i++) {
        int64_t number = (int64_t)rp_sf_word(form->rests + 8 * (size_t)i);
        RP_TRY(rule(r, &s->rests, SF_REST, number, number));
    }
    RP_TRY(rule_the_rest(r, &s->rests, ruler));
    s->next = s->next > form->next ? s->next : form->next;
    return RP_OK;
}

/* A system without means is no fault of the file: opening fails then. */
static int lacks_means(int e)
{
    return e == ENOMEM || e == EMFILE || e == ENFILE;
}

/* Reads a file and its head. What is wrong with it stands in its fault. RP_ENOMEM, RP_ESTORE. */
static int read_file(struct sf_store *s, struct sf_file *f, struct sf_form *form,
                     struct rp_error *err)
{
    char name[SF_NAME];
    int e = rp_sf_read(s, f);

    if (e == RP_ENOMEM)
        return rp_sf_no_memory(s, err);
    if (lacks_means(e)) {
        rp_sf_name(f->kind, f->number, name);
        return rp_sf_fail(s, err, name, "this file of the store cannot be read", e);
    }
    f->size = s->in.n;
    if (e != 0)
        f->fault.e = e;
    else
        rp_sf_read_head((struct rp_str){s->in.s, s->in.n}, f, form, &f->fault);
    return RP_OK;
}

static int is_faulty(const struct sf_file *f)
{
    return f->fault.e != 0 || f->fault.reason != NULL;
}

/* Files that are no part of the store any more end in r->go. */
static int find_ruler(struct ruled *r, struct rp_error *err)
{
    struct sf_store *s = r->s;
    struct sf_form form;
    struct sf_file *ruler;
    int64_t number;

    if (s->rests.n == 0)
        return RP_OK;
    ruler = s->rests.file[s->rests.n - 1];
    number = ruler->number;
    RP_TRY(read_file(s, ruler, &form, err));
    s->sealed = is_faulty(ruler);
    if (!s->sealed && rule_all(r, &form, number) != RP_OK)
        return rp_sf_no_memory(s, err);
    return RP_OK;
}

/* ---- what is in them ---- */

static int count_one(void *ctx, const struct rp_item_id *id)
{
    struct sf_index *x = ctx;
    uint32_t slot;

    RP_TRY(rp_sf_add(x, id, &slot));
    rp_sf_more(x, slot);
    return RP_OK;
}

/* An item whose form is wrong refers to what can be read of it; who reads it is told. */
static int count_references(struct sf_index *x, const struct rp_item *item)
{
    return rp_snap_refs(item->bytes, item->n, count_one, x) == RP_ENOMEM ? RP_ENOMEM : RP_OK;
}

static int index_items(struct sf_store *s, struct sf_file *f, const struct sf_form *form)
{
    struct rp_item item;
    struct sf_walk w;
    uint32_t slot;

    rp_sf_walk_init(&w, (struct rp_str){s->in.s, s->in.n}, form, is_faulty(f));
    while (rp_sf_walk(&w, &item)) {
        RP_TRY(rp_sf_add(&s->index, &item.id, &slot));
        if (s->index.entry[slot].file)
            continue;
        rp_sf_place(&s->index, slot, f, w.at - item.n, item.n);
        RP_TRY(count_references(&s->index, &item));
    }
    return RP_OK;
}

static int load_file(struct sf_store *s, struct sf_file *f, struct rp_error *err)
{
    struct sf_form form;
    int rc = RP_OK;

    if (f->fault.e == 0)
        RP_TRY(read_file(s, f, &form, err));
    if (is_faulty(f))
        return RP_OK;
    rp_sf_read_rest((struct rp_str){s->in.s, s->in.n}, &form, &f->fault);
    if (f->kind == SF_CHECKPOINT) {
        rc = rp_sf_file_info(s, f, &form.info, form.workflow, form.signature);
        if (rc == RP_OK)
            rc = count_one(&s->index, &f->info.root);
    }
    if (rc == RP_OK)
        rc = index_items(s, f, &form);
    return rc == RP_OK ? RP_OK : rp_sf_no_memory(s, err);
}

static int load_files(struct sf_store *s, struct rp_error *err)
{
    for (size_t i = 0; i < s->rests.n; i++)
        RP_TRY(load_file(s, s->rests.file[i], err));
    for (size_t i = 0; i < s->checkpoints.n; i++)
        RP_TRY(load_file(s, s->checkpoints.file[i], err));
    return RP_OK;
}

/* ---- the whole ---- */

/* What is left of crashes; what cannot be unlinked stays, and is left again the next time. */
static void sweep(struct sf_store *s, const struct sf_list *list)
{
    char name[SF_NAME];

    for (size_t i = 0; i < list->n; i++) {
        rp_sf_name(list->file[i]->kind, list->file[i]->number, name);
        s->disk.ops->unlink(s->disk.self, s->folder, name);
    }
}

static int load_once(struct sf_store *s, int *lost, struct rp_error *err)
{
    struct seen seen = {.s = s};
    struct ruled ruled = {.s = s};
    int rc;

    s->sealed = 0;
    rc = look_around(&seen, err);
    if (rc == RP_OK)
        rc = find_ruler(&ruled, err);
    if (rc == RP_OK)
        rc = load_files(s, err);
    if (rc == RP_OK && rp_sf_drop_orphans(s) == RP_ENOMEM)
        rc = rp_sf_no_memory(s, err);
    if (rc == RP_OK && !s->read_only) {
        sweep(s, &seen.temps);
        sweep(s, &ruled.go);
    }
    *lost = ruled.lost || s->index.missing > 0 || s->sealed;
    free_list(s, &seen.temps);
    free_list(s, &ruled.go);
    free_list(s, &ruled.stay);
    return rc;
}

/* Does a file that was listed miss now? */
static int has_missing_file(const struct sf_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->file[i]->fault.e == ENOENT)
            return 1;
    return 0;
}

/* A reader may look while a writer removes, and see files go under its eyes: it looks again then,
 * until no removal came between two looks. */
int rp_sf_load(struct sf_store *s, struct rp_error *err)
{
    int64_t before = -1;
    int lost;

    for (int i = 1;; i++) {
        RP_TRY(load_once(s, &lost, err));
        lost = lost || has_missing_file(&s->checkpoints) || has_missing_file(&s->rests);
        if (!s->read_only || !lost || before == s->next_rest || i == READER_TRIES) {
            rp_buf_free(&s->in);
            return RP_OK;
        }
        before = s->next_rest;
        rp_sf_unload(s);
    }
}
