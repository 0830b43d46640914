/* props_restore.c - owns what is held of checkpoints: they hold what is under way, and a restore
 * goes on from there (I22); lineage (I26). */
#include "props_inside.h"

static int64_t number(struct rp_value data, const char *key)
{
    struct rp_value v = rp_map_get(data, key);

    return v.tag == RP_INT ? v.u.i : -1;
}

/* ---- saved ------------------------------------------------------------------------------------
 */

static int is_internal(const char *source)
{
    static const char mark[] = "internal:";
    size_t i = 0;

    while (mark[i] && source[i] == mark[i])
        i++;
    return !mark[i];
}

/* After a superstep: what each executor sent, no more and no less. */
static void check_messages(struct rp_props *p, struct rp_value messages)
{
    uint32_t found = 0, sent = 0;

    for (uint32_t i = 0; i < p->f.n_nodes; i++)
        sent += *RP_IN(&p->sent, uint32_t, i) > 0;
    for (uint32_t i = 0; i < rp_map_len(messages); i++) {
        const char *id = rp_str_of(rp_map_key(messages, i)).s;
        uint32_t node = is_internal(id) ? RP_NO_ONE : rp_props_node(p, id);
        int64_t n = rp_map_value(messages, i).u.i;
        if (node == RP_NO_ONE || n != *RP_IN(&p->sent, uint32_t, node))
            rp_broken(p, RP_P_22, id, "messages saved",
                      "the checkpoint holds %l messages of %s, and %l were sent", n, id,
                      node == RP_NO_ONE ? 0 : (int64_t)*RP_IN(&p->sent, uint32_t, node));
        found++;
    }
    if (found < sent)
        rp_broken(p, RP_P_22, NULL, "messages saved",
                  "the checkpoint holds messages of %u executors, and %u have sent some", found,
                  sent);
}

static void check_saved(struct rp_props *p, const struct rp_event *ev)
{
    int64_t id = number(ev->data, "number"), previous = number(ev->data, "previous");
    int64_t pending = number(ev->data, "pending_requests"), open = p->now.open.n;

    if (p->n_marks && id <= RP_IN(&p->marks, struct rp_mark, p->n_marks - 1)->id)
        rp_broken(p, RP_P_26, NULL, "number", "checkpoint %l is made after checkpoint %l", id,
                  RP_IN(&p->marks, struct rp_mark, p->n_marks - 1)->id);
    if (previous != p->now.previous)
        rp_broken(p, RP_P_26, NULL, "lineage",
                  "checkpoint %l says that it follows %l, and this history was at %l", id, previous,
                  p->now.previous);
    if (number(ev->data, "iteration") != p->now.iteration && p->now.sure)
        rp_broken(p, RP_P_22, NULL, "iteration", "checkpoint %l is of superstep %l, and made at %l",
                  id, number(ev->data, "iteration"), p->now.iteration);
    if (!p->now.open_sure)
        return;
    /* before the first superstep answers are on their way, and their requests not open any more */
    if (p->in_step ? pending != open : pending > open)
        rp_broken(p, RP_P_22, NULL, "requests saved",
                  "checkpoint %l holds %l open requests, and %l are open", id, pending, open);
    if (p->in_step)
        check_messages(p, rp_map_get(ev->data, "messages"));
}

static struct rp_mark *next_mark(struct rp_props *p)
{
    struct rp_mark *mark;

    if (p->n_marks < p->marks.n)
        return RP_IN(&p->marks, struct rp_mark, p->n_marks++);
    mark = rp_pile_add(&p->alloc, &p->marks);
    if (!mark)
        return NULL;
    rp_past_init(&mark->known);
    p->n_marks++;
    return mark;
}

int rp_restore_saved(struct rp_props *p, const struct rp_event *ev)
{
    struct rp_mark *mark;

    check_saved(p, ev);
    p->now.previous = number(ev->data, "number");
    mark = next_mark(p);
    if (!mark)
        return RP_ENOMEM;
    mark->id = p->now.previous;
    mark->before_work = !p->in_step;
    return rp_past_copy(&p->alloc, &mark->known, &p->now);
}

/* ---- restored ---------------------------------------------------------------------------------
 */

/* A scenario counts its checkpoints from 0; a store that had some before has numbers of its own. */
static const struct rp_mark *mark_of(const struct rp_props *p)
{
    if (p->checkpoint < 0)
        return p->n_marks ? RP_IN(&p->marks, struct rp_mark, p->n_marks - 1) : NULL;
    for (uint32_t i = 0; i < p->n_marks; i++)
        if (RP_IN(&p->marks, struct rp_mark, i)->id == p->checkpoint)
            return RP_IN(&p->marks, struct rp_mark, i);
    return NULL;
}

int rp_restore_begin(struct rp_props *p)
{
    const struct rp_mark *mark = mark_of(p);

    if (!mark) { /* made by another run: what it holds is not known */
        RP_TRY(rp_past_fresh(p));
        p->now.sure = p->now.open_sure = 0;
        p->now.previous = p->checkpoint;
        return RP_OK;
    }
    RP_TRY(rp_past_copy(&p->alloc, &p->now, &mark->known));
    p->now.previous = mark->id;
    p->before_work = mark->before_work;
    for (uint32_t i = 0; i < p->now.open.n; i++)
        RP_IN(&p->now.open, struct rp_asked_open, i)->told = RP_TOLD_NOT;
    return RP_OK;
}
