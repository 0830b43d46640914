/* chat_call.c - owns which call a piece of a stream belongs to. Index, id and name may each be
 * missing, shared or wrong; what is in doubt is refused, so that two calls never become one and no
 * piece of arguments is lost. */
#include "chat.h"

struct piece {
    const struct rp_wire_at *at;
    int64_t index;
    int has_index;
    struct rp_str id, name; /* s NULL: not told */
    struct rp_wire_at arguments;
};

static struct rp_str str_of(const struct rp_buf *b)
{
    return (struct rp_str){b->s ? b->s : "", b->n};
}

/* ---- which there are ------------------------------------------------------------------------ */

static struct rp_wire_item *by_id(struct rp_wire_reader *r, struct rp_str id)
{
    for (size_t i = 0; i < r->n_items; i++)
        if (r->items[i].id.n > 0 && rp_str_equal(str_of(&r->items[i].id), id))
            return r->items + i;
    return NULL;
}

/* The one that the last piece went to, of those with this index; of all when it is -1. */
static struct rp_wire_item *latest(struct rp_wire_reader *r, int64_t index)
{
    struct rp_wire_item *found = NULL;

    for (size_t i = 0; i < r->n_items; i++) {
        struct rp_wire_item *item = r->items + i;
        if (index != -1 && item->key != index && item->part != index)
            continue;
        if (!found || item->touched > found->touched)
            found = item;
    }
    return found;
}

/* The only one that still waits for its arguments; *n: how many do. */
static struct rp_wire_item *waiting(struct rp_wire_reader *r, size_t *n)
{
    struct rp_wire_item *found = NULL;

    *n = 0;
    for (size_t i = 0; i < r->n_items; i++) {
        if (r->items[i].arguments.n > 0)
            continue;
        found = r->items + i;
        ++*n;
    }
    return found;
}

/* ---- which it is ---------------------------------------------------------------------------- */

static int begin(struct rp_wire_reader *r, struct rp_wire_doc *doc, const struct piece *p,
                 struct rp_wire_item **out)
{
    if (p->has_index && r->n_items == 0 && p->index != 0)
        rp_wire_rule(doc, RP_RULE_FIRST_INDEX);
    RP_TRY(rp_wire_item_add(r, RP_WIRE_ITEM_CALL, out));
    (*out)->key = p->has_index ? p->index : -1;
    return RP_OK;
}

/* Another call under the index of one that there is. */
static int begin_beside(struct rp_wire_reader *r, struct rp_wire_doc *doc, const struct piece *p,
                        struct rp_wire_item **out)
{
    if (p->has_index)
        rp_wire_rule(doc, RP_RULE_INDEX_SHARED);
    return begin(r, doc, p, out);
}

static void take_index(struct rp_wire_doc *doc, const struct piece *p, struct rp_wire_item *item)
{
    if (!p->has_index || item->key == p->index || item->part == p->index)
        return;
    rp_wire_rule(doc, RP_RULE_INDEX_MOVED);
    item->part = p->index;
}

static int has_arguments(const struct piece *p)
{
    return p->arguments.v.tag != RP_NIL &&
           !(p->arguments.v.tag == RP_TEXT && rp_str_of(p->arguments.v).n == 0);
}

/* The id is that of a call that there is. */
static int choose_known(struct rp_wire_reader *r, struct rp_wire_doc *doc, const struct piece *p,
                        struct rp_wire_item *item)
{
    int whole = 0;

    if (p->name.s && has_arguments(p))
        RP_TRY(rp_wire_is_object(r, &item->arguments, &whole));
    if (whole)
        return rp_wire_refuse(doc, p->at, "two calls have the same id");
    take_index(doc, p, item);
    return RP_OK;
}

/* Neither id nor name, under an index that no call has: arguments that were numbered otherwise. */
static int choose_moved(struct rp_wire_reader *r, struct rp_wire_doc *doc, const struct piece *p,
                        struct rp_wire_item **out)
{
    size_t n;
    struct rp_wire_item *item = waiting(r, &n);

    if (!has_arguments(p) && p->has_index)
        return begin(r, doc, p, out);
    if (n != 1)
        return rp_wire_refuse(doc, p->at,
                              n == 0 ? "arguments of a call that did not begin"
                                     : "arguments of one of several calls, it is not clear which");
    take_index(doc, p, item);
    *out = item;
    return RP_OK;
}

/* A new id, and a call that has none or another one. */
static int choose_by_new_id(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct piece *p, struct rp_wire_item **item)
{
    int whole = 0;

    if ((*item)->id.n > 0)
        return begin_beside(r, doc, p, item);
    if (p->name.s && (*item)->name.n > 0) {
        RP_TRY(rp_wire_is_object(r, &(*item)->arguments, &whole));
        if (whole || !rp_str_equal(p->name, str_of(&(*item)->name)))
            return begin_beside(r, doc, p, item);
    }
    rp_wire_rule(doc, RP_RULE_LATE_ID);
    return RP_OK;
}

/* A name without id, and a call that may have one already. from: the first piece of its list. */
static int choose_by_name(struct rp_wire_reader *r, struct rp_wire_doc *doc, const struct piece *p,
                          uint64_t from, struct rp_wire_item **item)
{
    int same = rp_str_equal(p->name, str_of(&(*item)->name)), whole = 0;

    if ((*item)->name.n == 0) {
        rp_wire_rule(doc, RP_RULE_LATE_ID);
        return RP_OK;
    }
    if (!p->has_index && (*item)->touched >= from)
        return begin(r, doc, p, item);
    RP_TRY(rp_wire_is_object(r, &(*item)->arguments, &whole));
    if (whole && (!same || has_arguments(p)))
        return begin_beside(r, doc, p, item);
    if (!same)
        return rp_wire_refuse(
            doc, p->at,
            "another name before the arguments of \"%s\" are whole, and no id: it "
            "is not clear which call it belongs to",
            (*item)->name.s);
    rp_wire_rule(doc, RP_RULE_NAME_REPEATED);
    return RP_OK;
}

static int choose(struct rp_wire_reader *r, struct rp_wire_doc *doc, const struct piece *p,
                  uint64_t from, struct rp_wire_item **item)
{
    if (!p->has_index)
        rp_wire_rule(doc, RP_RULE_NO_INDEX);
    *item = p->id.s ? by_id(r, p->id) : NULL;
    if (*item)
        return choose_known(r, doc, p, *item);
    *item = latest(r, p->has_index ? p->index : -1);
    if (!*item && !p->id.s && !p->name.s)
        return choose_moved(r, doc, p, item);
    if (!*item)
        return begin(r, doc, p, item);
    if (p->id.s)
        return choose_by_new_id(r, doc, p, item);
    return p->name.s ? choose_by_name(r, doc, p, from, item) : RP_OK;
}

/* ---- what it adds --------------------------------------------------------------------------- */

static int add(struct rp_wire_reader *r, struct rp_wire_doc *doc, const struct piece *p,
               uint64_t from)
{
    struct rp_wire_item *item;

    RP_TRY(choose(r, doc, p, from, &item));
    item->touched = (uint64_t)++r->number;
    if (p->id.s && item->id.n == 0)
        RP_TRY(rp_buf_adds(&item->id, p->id));
    if (p->name.s && item->name.n == 0)
        RP_TRY(rp_buf_adds(&item->name, p->name));
    else if (p->name.s && !rp_str_equal(p->name, str_of(&item->name)))
        return rp_wire_refuse(doc, p->at, "the call \"%s\" gets another name", item->name.s);
    if (item->arguments.n > 0 && p->arguments.v.tag != RP_NIL && p->arguments.v.tag != RP_TEXT)
        return rp_wire_refuse(doc, &p->arguments, "an object after pieces of text");
    return rp_wire_arguments(doc, &p->arguments, &item->arguments);
}

static int read_function(struct rp_wire_doc *doc, const struct rp_wire_at *function,
                         struct piece *p)
{
    struct rp_wire_at name = rp_wire_key(function, "name");

    RP_TRY(rp_wire_map(doc, function));
    p->arguments = rp_wire_key(function, "arguments");
    return rp_chat_word(doc, &name, &p->name);
}

static int read_piece(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *at, uint64_t from)
{
    struct piece p = {.at = at};
    struct rp_wire_at index, id, function;

    RP_TRY(rp_wire_need_map(doc, at));
    RP_TRY(rp_chat_call_type(doc, at));
    index = rp_wire_key(at, "index");
    id = rp_wire_key(at, "id");
    function = rp_wire_key(at, "function");
    RP_TRY(rp_wire_int(doc, &index, &p.index, &p.has_index));
    if (p.index < 0)
        return rp_wire_refuse(doc, &index, "an index is at least 0");
    RP_TRY(rp_chat_word(doc, &id, &p.id));
    RP_TRY(read_function(doc, &function, &p));
    return add(r, doc, &p, from);
}

int rp_chat_call_pieces(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                        const struct rp_wire_at *list)
{
    uint64_t from = (uint64_t)r->number + 1;

    for (uint32_t i = 0; i < rp_len(list->v); i++) {
        struct rp_wire_at at = rp_wire_item(list, i);
        RP_TRY(read_piece(r, doc, &at, from));
    }
    return RP_OK;
}

int rp_chat_function_piece(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                           const struct rp_wire_at *function)
{
    struct piece p = {.at = function, .has_index = 1};

    rp_wire_rule(doc, RP_RULE_FUNCTION_CALL);
    RP_TRY(read_function(doc, function, &p));
    return add(r, doc, &p, (uint64_t)r->number + 1);
}
