/* store_file_remove.c - owns the removal of checkpoints: what can go, what must stay and where to.
 *
 * References are counted, so that a removal costs what it frees and moves. All that a removal
 * changes before its remainder is durable can be taken back. */
#include "engine/os/store_file.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/reprise.h"

enum { FIRST_ROOM = 64 };

/* An item that the new remainder takes over. */
struct move {
    uint64_t at, n;
    uint32_t slot;
};

/* One removal. */
struct plan {
    struct sf_store *s;
    struct rp_error *err;
    uint32_t *less; /* whose count was lowered, in order */
    uint32_t *dead; /* who is without references, in order of becoming so */
    struct move *move;
    size_t n_less, less_room, n_dead, dead_room, n_move, move_room;
    struct sf_file *made; /* the new remainder */
    int keep_all;         /* something is damaged: nothing is freed that it may need */
};

/* Room for one more of n elements; array points at the array's pointer. */
static int grow(struct plan *p, void *array, size_t *room, size_t n, size_t size)
{
    size_t more = *room ? 2 * *room : FIRST_ROOM;
    void *old, *grown;

    RP_ASSERT(n <= *room);
    if (n < *room)
        return RP_OK;
    memcpy(&old, array, sizeof(old));
    grown = p->s->alloc.resize(p->s->alloc.ctx, old, *room * size, more * size);
    if (!grown)
        return rp_sf_no_memory(p->s, p->err);
    memcpy(array, &grown, sizeof(grown));
    *room = more;
    return RP_OK;
}

/* ---- what can go ---- */

struct sf_file *rp_sf_checkpoint(const struct sf_store *s, int64_t id)
{
    size_t first = 0, last = s->checkpoints.n;

    while (first < last) {
        size_t middle = first + (last - first) / 2;
        if (s->checkpoints.file[middle]->number < id)
            first = middle + 1;
        else
            last = middle;
    }
    if (first == s->checkpoints.n || s->checkpoints.file[first]->number != id)
        return NULL;
    return s->checkpoints.file[first];
}

static int is_damaged(const struct sf_file *f)
{
    return f->fault.e != 0 || f->fault.reason != NULL;
}

static int lower(void *ctx, const struct rp_item_id *id)
{
    struct plan *p = ctx;
    struct sf_index *x = &p->s->index;
    uint32_t slot = rp_sf_find(x, id);

    RP_ASSERT(slot != SF_NONE);
    RP_TRY(grow(p, &p->less, &p->less_room, p->n_less, sizeof(*p->less)));
    RP_TRY(grow(p, &p->dead, &p->dead_room, p->n_dead, sizeof(*p->dead)));
    rp_sf_less(x, slot);
    p->less[p->n_less++] = slot;
    if (x->entry[slot].count == 0)
        p->dead[p->n_dead++] = slot;
    return RP_OK;
}

/* Takes back all lowering but the first n. */
static void raise(struct plan *p, size_t n)
{
    while (p->n_less > n)
        rp_sf_more(&p->s->index, p->less[--p->n_less]);
}

/* Items that nobody referred to before. */
static int add_orphans(struct plan *p)
{
    struct sf_index *x = &p->s->index;

    if (x->orphans == 0)
        return RP_OK;
    for (size_t i = 0; i < x->size; i++) {
        const struct sf_entry *e = x->table[i] ? &x->entry[x->table[i] - 1] : NULL;
        if (!e || !e->file || e->count > 0)
            continue;
        RP_TRY(grow(p, &p->dead, &p->dead_room, p->n_dead, sizeof(*p->dead)));
        p->dead[p->n_dead++] = x->table[i] - 1;
    }
    return RP_OK;
}

/* What the dead refer to has a reference less, and may die with them. */
static int lower_parts(struct plan *p)
{
    struct sf_store *s = p->s;

    for (size_t i = 0; i < p->n_dead; i++) {
        const struct sf_entry *e = &s->index.entry[p->dead[i]];
        if (!e->file)
            continue;
        RP_TRY(rp_sf_fetch(s, e, p->err));
        e->file->gone += e->n + SF_ITEM;
        if (rp_snap_refs(s->bytes.n ? s->bytes.s : "", s->bytes.n, lower, p) == RP_ENOMEM)
            return RP_ENOMEM;
    }
    return RP_OK;
}

/* Items that are missed still when the dead are gone. */
static uint64_t missed(const struct plan *p)
{
    uint64_t n = p->s->index.missing;

    for (size_t i = 0; i < p->n_dead; i++)
        n -= p->s->index.entry[p->dead[i]].file == NULL;
    return n;
}

/* Does a checkpoint that cannot be read stay? */
static int damaged_stays(const struct sf_store *s)
{
    for (size_t i = 0; i < s->checkpoints.n; i++)
        if (is_damaged(s->checkpoints.file[i]) && !s->checkpoints.file[i]->going)
            return 1;
    return 0;
}

/* A file that cannot be read now may be put in order or back, as long as it is not removed. */
static int refuse_loss(const struct plan *p, uint64_t n_missed)
{
    const struct sf_store *s = p->s;
    char name[SF_NAME];

    if (n_missed == 0 && !damaged_stays(s))
        return RP_OK;
    for (size_t i = 0; i < s->checkpoints.n; i++) {
        const struct sf_file *f = s->checkpoints.file[i];
        if (!f->going || !is_damaged(f))
            continue;
        rp_sf_name(f->kind, f->number, name);
        return rp_sf_say(s, p->err, RP_ESTORE, name,
                         "it cannot be read, and other checkpoints may need items that are in it; "
                         "put it back from a copy, or remove all checkpoints at once that cannot "
                         "be restored: verify tells which");
    }
    return RP_OK;
}

/* Could a file that cannot be read, and stays, need the dead or be needed? */
static int damage_matters(const struct sf_store *s, uint64_t n_missed)
{
    for (size_t i = 0; i < s->rests.n; i++)
        if (is_damaged(s->rests.file[i]) && n_missed > 0)
            return 1;
    return damaged_stays(s);
}

static void keep_all(struct plan *p, size_t n_roots)
{
    size_t n = 0;

    raise(p, n_roots);
    for (size_t i = 0; i < p->n_dead; i++) {
        const struct sf_entry *e = &p->s->index.entry[p->dead[i]];
        if (e->file)
            e->file->gone = 0;
        else if (e->count == 0)
            p->dead[n++] = p->dead[i];
    }
    p->n_dead = n;
    p->keep_all = 1;
}

static int find_dead(struct plan *p)
{
    struct sf_store *s = p->s;
    uint64_t n_missed;
    size_t n_roots;

    RP_TRY(add_orphans(p));
    for (size_t i = 0; i < s->checkpoints.n; i++)
        if (s->checkpoints.file[i]->going && s->checkpoints.file[i]->known)
            RP_TRY(lower(p, &s->checkpoints.file[i]->info.root));
    n_roots = p->n_less;
    RP_TRY(lower_parts(p));
    n_missed = missed(p);
    RP_TRY(refuse_loss(p, n_missed));
    if (damage_matters(s, n_missed))
        keep_all(p, n_roots);
    return RP_OK;
}

/* ---- what must stay ---- */

static uint64_t left(const struct sf_file *f)
{
    return f->live - f->gone;
}

/* The remainder with the least left in it. */
static struct sf_file *smallest(const struct sf_store *s)
{
    struct sf_file *found = NULL;

    for (size_t i = 0; i < s->rests.n; i++) {
        struct sf_file *f = s->rests.file[i];
        if (!f->going && (!found || left(f) < left(found)))
            found = f;
    }
    return found;
}

/* Remainders go into the new one while they are no larger, and when most of them is hollow: so an
 * item moves into a file of twice the size, or less is moved than is freed. Damaged ones stay until
 * nobody needs them. */
static void choose_rests(struct plan *p)
{
    struct sf_store *s = p->s;
    uint64_t total = 0;
    struct sf_file *f;

    for (size_t i = 0; i < s->rests.n; i++)
        s->rests.file[i]->going = is_damaged(s->rests.file[i]) ? (p->keep_all ? -1 : 1) : 0;
    for (size_t i = 0; i < s->checkpoints.n; i++)
        if (s->checkpoints.file[i]->going)
            total += left(s->checkpoints.file[i]);
    while ((f = smallest(s)) != NULL && left(f) <= total) {
        f->going = 1;
        total += left(f);
    }
    for (size_t i = 0; i < s->rests.n; i++) {
        f = s->rests.file[i];
        if (!f->going && f->size / 2 > left(f) + SF_HEAD + SF_SUM)
            f->going = 1;
        f->going = f->going > 0;
    }
}

static uint32_t count_runs(const struct sf_store *s, struct rp_buf *out)
{
    const struct sf_list *l = &s->checkpoints;
    uint32_t n = 0;

    for (size_t i = 0; i < l->n; i++) {
        int64_t first = l->file[i]->number, last = first;
        if (l->file[i]->going)
            continue;
        while (i + 1 < l->n && !l->file[i + 1]->going && l->file[i + 1]->number == last + 1)
            last = l->file[++i]->number;
        n++;
        if (out) {
            rp_sf_add_word(out, (uint64_t)first, 8);
            rp_sf_add_word(out, (uint64_t)last, 8);
        }
    }
    return n;
}

static void begin_rest(struct plan *p)
{
    struct sf_store *s = p->s;
    uint32_t n_rests = 0;

    for (size_t i = 0; i < s->rests.n; i++)
        n_rests += !s->rests.file[i]->going;
    rp_sf_begin(&s->out, SF_REST, p->made->number);
    rp_sf_add_word(&s->out, (uint64_t)s->next, 8);
    rp_sf_add_word(&s->out, count_runs(s, NULL), 4);
    rp_sf_add_word(&s->out, n_rests, 4);
    count_runs(s, &s->out);
    for (size_t i = 0; i < s->rests.n; i++)
        if (!s->rests.file[i]->going)
            rp_sf_add_word(&s->out, (uint64_t)s->rests.file[i]->number, 8);
    rp_sf_end_head(&s->out);
}

/* Copies what stays of a file that goes. */
static int copy_items(struct plan *p, struct sf_file *f, const struct sf_form *form)
{
    struct sf_store *s = p->s;
    struct rp_item item;
    struct sf_walk w;
    uint64_t at;

    rp_sf_walk_init(&w, (struct rp_str){s->in.s, s->in.n}, form, is_damaged(f));
    while (rp_sf_walk(&w, &item)) {
        uint32_t slot = rp_sf_find(&s->index, &item.id);
        const struct sf_entry *e = slot == SF_NONE ? NULL : &s->index.entry[slot];
        if (!e || e->file != f || e->at != w.at - item.n || (e->count == 0 && !p->keep_all))
            continue;
        RP_TRY(grow(p, &p->move, &p->move_room, p->n_move, sizeof(*p->move)));
        if (rp_sf_add_item(&s->out, &item, &at) != RP_OK)
            return rp_sf_no_memory(s, p->err);
        p->move[p->n_move++] = (struct move){.slot = slot, .at = at, .n = item.n};
    }
    return RP_OK;
}

/* A file that was whole when the store was opened must be so still. */
static int copy_file(struct plan *p, struct sf_file *f)
{
    struct sf_store *s = p->s;
    struct sf_file now = {.kind = f->kind, .number = f->number};
    struct rp_str in;
    struct sf_form form;

    if (left(f) == 0)
        return RP_OK;
    now.fault.e = rp_sf_read(s, f);
    if (now.fault.e == RP_ENOMEM)
        return rp_sf_no_memory(s, p->err);
    in = (struct rp_str){s->in.s, s->in.n};
    if (now.fault.e != 0 || !rp_sf_read_head(in, f, &form, &now.fault) ||
        (!rp_sf_read_rest(in, &form, &now.fault) && !is_damaged(f)))
        return rp_sf_say_fault(s, p->err, &now);
    return copy_items(p, f, &form);
}

static int copy_list(struct plan *p, const struct sf_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->file[i]->going)
            RP_TRY(copy_file(p, list->file[i]));
    return RP_OK;
}

static int make_rest(struct plan *p)
{
    struct sf_store *s = p->s;

    if (s->next_rest > SF_NUMBER_MAX)
        return rp_sf_say(s, p->err, RP_ESTORE, NULL,
                         "all numbers of the store are used; begin another one");
    p->made = rp_sf_file_new(s, SF_REST, s->next_rest);
    if (!p->made || rp_sf_list_room(s, &s->rests) != RP_OK)
        return rp_sf_no_memory(s, p->err);
    choose_rests(p);
    begin_rest(p);
    RP_TRY(copy_list(p, &s->rests));
    RP_TRY(copy_list(p, &s->checkpoints));
    if (rp_sf_finish(&s->out, p->n_move) != RP_OK)
        return rp_sf_no_memory(s, p->err);
    p->made->size = s->out.n;
    return RP_OK;
}

/* ---- the change ---- */

static void unlink_list(struct sf_store *s, struct sf_list *list)
{
    char name[SF_NAME];
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++) {
        struct sf_file *f = list->file[i];
        if (!f->going) {
            list->file[n++] = f;
            continue;
        }
        rp_sf_name(f->kind, f->number, name);
        s->disk.ops->unlink(s->disk.self, s->folder, name);
        rp_sf_file_free(s, f);
    }
    list->n = n;
}

/* The removal has happened; what it replaced is cleared away, and by the next opening at last. */
static void carry_out(struct plan *p)
{
    struct sf_store *s = p->s;

    for (size_t i = 0; i < p->n_move; i++)
        rp_sf_place(&s->index, p->move[i].slot, p->made, p->move[i].at, p->move[i].n);
    for (size_t i = 0; i < p->n_dead; i++)
        rp_sf_drop(&s->index, p->dead[i]);
    s->generation += p->n_dead > 0;
    unlink_list(s, &s->checkpoints);
    unlink_list(s, &s->rests);
    s->disk.ops->sync(s->disk.self, s->folder);
    s->rests.file[s->rests.n++] = p->made;
    p->made = NULL;
    s->unsure = 0;
}

static void clear_marks(struct sf_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        list->file[i]->going = 0;
        list->file[i]->gone = 0;
    }
}

static void plan_free(struct plan *p)
{
    struct rp_alloc *a = &p->s->alloc;

    clear_marks(&p->s->checkpoints);
    clear_marks(&p->s->rests);
    rp_sf_file_free(p->s, p->made);
    rp_buf_free(&p->s->in);
    if (p->less)
        a->resize(a->ctx, p->less, p->less_room * sizeof(*p->less), 0);
    if (p->dead)
        a->resize(a->ctx, p->dead, p->dead_room * sizeof(*p->dead), 0);
    if (p->move)
        a->resize(a->ctx, p->move, p->move_room * sizeof(*p->move), 0);
}

/* The checkpoints to be removed are marked as going. */
static int carry_through(struct plan *p)
{
    struct sf_store *s = p->s;
    int doubt, rc = find_dead(p);

    if (rc == RP_OK)
        rc = make_rest(p);
    if (rc == RP_OK) {
        rc = rp_sf_write(s, SF_REST, p->made->number, &doubt, p->err);
        if (rc == RP_OK || doubt)
            s->next_rest++;
        s->unsure = s->unsure || (rc != RP_OK && doubt);
    }
    if (rc == RP_OK)
        carry_out(p);
    else
        raise(p, 0);
    plan_free(p);
    return rc;
}

int rp_sf_remove(struct sf_store *s, const int64_t *ids, size_t n, struct rp_error *err)
{
    struct plan p = {.s = s, .err = err};

    for (size_t i = 0; i < n; i++)
        RP_ASSERT(rp_sf_checkpoint(s, ids[i]));
    for (size_t i = 0; i < n; i++)
        rp_sf_checkpoint(s, ids[i])->going = 1;
    return carry_through(&p);
}

int rp_sf_drop_orphans(struct sf_store *s)
{
    struct plan p = {.s = s};
    int rc = add_orphans(&p);

    if (rc == RP_OK)
        rc = lower_parts(&p);
    if (rc == RP_OK && !damage_matters(s, missed(&p)))
        for (size_t i = 0; i < p.n_dead; i++)
            rp_sf_drop(&s->index, p.dead[i]);
    else
        raise(&p, 0);
    plan_free(&p);
    return rc;
}

int rp_sf_settle(struct sf_store *s, struct rp_error *err)
{
    struct plan p = {.s = s, .err = err};

    return s->unsure ? carry_through(&p) : RP_OK;
}
