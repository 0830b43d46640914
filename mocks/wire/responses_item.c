/* responses_item.c - owns the finding of the item that a piece of a stream belongs to, and the
 * comparison of what is told more than once: by its pieces, where it is done, at the end.
 *
 * An item goes by its id; where no item has that id, by its output_index; a piece that names
 * neither goes to the one item that it can mean. What is told whole must be what its pieces came
 * to; where there were none, it is taken from there. */
#include "responses.h"

#include <string.h>

#include "engine/base/json.h"

/* Flags of an item. */
enum { IN_PIECES = 1, DONE = 2, FINAL = 4 };

static struct rp_str kept(const struct rp_buf *b)
{
    return (struct rp_str){b->s ? b->s : "", b->n};
}

static int holds(const struct rp_buf *b, struct rp_str text)
{
    return rp_str_equal(kept(b), text);
}

/* ---- places ---- */

static int read_number(struct rp_wire_doc *doc, const struct rp_wire_at *event, const char *key,
                       int64_t *out)
{
    struct rp_wire_at at = rp_wire_key(event, key);
    int has;

    *out = -1;
    RP_TRY(rp_wire_int(doc, &at, out, &has));
    if (has && *out < 0)
        return rp_wire_refuse(doc, &at, "an index is at least 0");
    return RP_OK;
}

int rp_responses_place(struct rp_wire_doc *doc, const struct rp_wire_at *event,
                       struct rp_responses_place *out)
{
    struct rp_wire_at id = rp_wire_key(event, "item_id");

    RP_TRY(rp_wire_text(doc, &id, &out->id));
    if (!out->id.s)
        out->id = rp_str("");
    RP_TRY(read_number(doc, event, "output_index", &out->index));
    return read_number(doc, event, "content_index", &out->part);
}

/* May the item be the one of that kind and place, as far as its part goes? */
static int fits(const struct rp_wire_item *item, enum rp_wire_item_kind kind,
                const struct rp_responses_place *place)
{
    return item->kind == kind && (kind == RP_WIRE_ITEM_CALL || item->part == place->part);
}

static struct rp_wire_item *find_by_id(struct rp_wire_reader *r, enum rp_wire_item_kind kind,
                                       const struct rp_responses_place *place)
{
    for (size_t i = r->n_items; place->id.n > 0 && i-- > 0;)
        if (fits(r->items + i, kind, place) && holds(&r->items[i].other, place->id))
            return r->items + i;
    return NULL;
}

static struct rp_wire_item *find_by_index(struct rp_wire_reader *r, enum rp_wire_item_kind kind,
                                          const struct rp_responses_place *place)
{
    for (size_t i = r->n_items; place->index >= 0 && i-- > 0;)
        if (fits(r->items + i, kind, place) && r->items[i].key == place->index)
            return r->items + i;
    return NULL;
}

/* The only one that is not done (or, at the end, not accounted for); NULL: none, or several. */
static struct rp_wire_item *find_only(struct rp_wire_reader *r, enum rp_wire_item_kind kind,
                                      unsigned without)
{
    struct rp_wire_item *found = NULL;

    for (size_t i = 0; i < r->n_items; i++) {
        if (r->items[i].kind != kind || (r->items[i].flags & without))
            continue;
        if (found)
            return NULL;
        found = r->items + i;
    }
    return found;
}

/* The item at that place; NULL: there is none yet. */
static struct rp_wire_item *find(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                                 enum rp_wire_item_kind kind,
                                 const struct rp_responses_place *place)
{
    struct rp_wire_item *item = find_by_id(r, kind, place);

    if (item)
        return item;
    item = find_by_index(r, kind, place);
    if (item && item->other.n > 0 && place->id.n > 0)
        rp_wire_rule(doc, RP_RULE_ITEM_ID);
    if (item || place->index >= 0)
        return item;
    item = find_only(r, kind, DONE);
    if (item && (item->other.n == 0 || place->id.n == 0)) {
        rp_wire_rule(doc, RP_RULE_NO_INDEX);
        return item;
    }
    return NULL;
}

static int add(struct rp_wire_reader *r, enum rp_wire_item_kind kind,
               const struct rp_responses_place *place, struct rp_wire_item **out)
{
    RP_TRY(rp_wire_item_add(r, kind, out));
    (*out)->key = place->index;
    (*out)->part = place->part;
    return rp_buf_adds(&(*out)->other, place->id);
}

/* ---- texts ---- */

/* Parts without a content_index are the first. */
static struct rp_responses_place part_of(struct rp_wire_doc *doc,
                                         const struct rp_responses_place *place)
{
    struct rp_responses_place out = *place;

    if (out.part < 0) {
        out.part = 0;
        rp_wire_rule(doc, RP_RULE_NO_INDEX);
    }
    return out;
}

static int say(struct rp_wire_reader *r, struct rp_wire_item *item, struct rp_str text)
{
    RP_TRY(rp_buf_adds(&item->arguments, text));
    return rp_wire_say(r, text);
}

int rp_responses_text_piece(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_responses_place *place, const struct rp_wire_at *piece)
{
    struct rp_responses_place at = part_of(doc, place);
    struct rp_wire_item *item = find(r, doc, RP_WIRE_ITEM_TEXT, &at);
    struct rp_str text;

    RP_TRY(rp_wire_need_text(doc, piece, &text));
    if (!item) {
        rp_wire_rule(doc, RP_RULE_NO_LIFECYCLE);
        RP_TRY(add(r, RP_WIRE_ITEM_TEXT, &at, &item));
    }
    if (item->flags & DONE)
        return rp_wire_refuse(doc, piece, "a piece of a text that is done");
    item->flags |= IN_PIECES;
    RP_TRY(rp_buf_adds(&item->arguments, text));
    return rp_wire_say_marked(r, piece->up, text);
}

int rp_responses_text_whole(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_responses_place *place, const struct rp_wire_at *text,
                            enum rp_responses_when when)
{
    struct rp_responses_place at = part_of(doc, place);
    struct rp_wire_item *item = find(r, doc, RP_WIRE_ITEM_TEXT, &at);
    struct rp_str told;

    RP_TRY(rp_wire_need_text(doc, text, &told));
    if (!item && when == RP_RESPONSES_FINAL)
        item = find_only(r, RP_WIRE_ITEM_TEXT, FINAL);
    if (!item) {
        if (when == RP_RESPONSES_DONE)
            rp_wire_rule(doc, RP_RULE_NO_LIFECYCLE);
        RP_TRY(add(r, RP_WIRE_ITEM_TEXT, &at, &item));
    }
    if (when >= RP_RESPONSES_DONE)
        item->flags |= DONE;
    if (when == RP_RESPONSES_FINAL)
        item->flags |= FINAL;
    if (holds(&item->arguments, told) || (when == RP_RESPONSES_BEGINS && told.n == 0))
        return RP_OK;
    if (item->flags & IN_PIECES || item->arguments.n > 0)
        return rp_wire_refuse(doc, text, "this text is not what its pieces came to");
    rp_wire_rule(doc, RP_RULE_NO_DELTAS);
    return say(r, item, told);
}

/* ---- calls ---- */

int rp_responses_arguments_piece(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                                 const struct rp_responses_place *place,
                                 const struct rp_wire_at *piece)
{
    struct rp_wire_item *item = find(r, doc, RP_WIRE_ITEM_CALL, place);
    struct rp_str text;

    RP_TRY(rp_wire_need_text(doc, piece, &text));
    if (!item && place->index < 0 && place->id.n == 0)
        return rp_wire_refuse(doc, piece,
                              "arguments of which call? It names none, and there is "
                              "not just one that is open");
    if (!item) {
        rp_wire_rule(doc, RP_RULE_NO_LIFECYCLE);
        RP_TRY(add(r, RP_WIRE_ITEM_CALL, place, &item));
    }
    if (item->flags & DONE)
        return rp_wire_refuse(doc, piece, "a piece of arguments that are done");
    item->flags |= IN_PIECES;
    return rp_buf_adds(&item->arguments, text);
}

/* The call with that call_id, or else at that place. */
static struct rp_wire_item *find_call(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                                      const struct rp_responses_place *place, struct rp_str id,
                                      enum rp_responses_when when)
{
    struct rp_wire_item *item = NULL;

    if (when == RP_RESPONSES_BEGINS) /* only one that pieces made */
        item = find_by_id(r, RP_WIRE_ITEM_CALL, place);
    else
        item = find(r, doc, RP_WIRE_ITEM_CALL, place);
    if (item && (id.n == 0 || item->id.n == 0 || holds(&item->id, id)))
        return item;
    for (size_t i = 0; when != RP_RESPONSES_BEGINS && id.n > 0 && i < r->n_items; i++)
        if (r->items[i].kind == RP_WIRE_ITEM_CALL && holds(&r->items[i].id, id))
            return r->items + i;
    return when == RP_RESPONSES_FINAL && !item ? find_only(r, RP_WIRE_ITEM_CALL, FINAL) : item;
}

/* An id or a name: taken when there is none yet, else the same again. */
static int take_word(struct rp_wire_doc *doc, const struct rp_wire_at *call, const char *key,
                     struct rp_buf *has)
{
    struct rp_wire_at at = rp_wire_key(call, key);
    struct rp_str word;

    RP_TRY(rp_wire_text(doc, &at, &word));
    if (word.s && word.n == 0)
        rp_wire_rule(doc, RP_RULE_EMPTY_AS_NONE);
    if (word.n == 0 || holds(has, word))
        return RP_OK;
    if (has->n > 0)
        return rp_wire_refuse(doc, &at, "another %s than before", key);
    return rp_buf_adds(has, word);
}

static int compare_arguments(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                             const struct rp_wire_at *at, struct rp_wire_item *item,
                             struct rp_str told)
{
    if (holds(&item->arguments, told))
        return RP_OK;
    if (item->flags & IN_PIECES || item->arguments.n > 0)
        return rp_wire_refuse(doc, at, "these arguments are not what their pieces came to");
    if (r->stream)
        rp_wire_rule(doc, RP_RULE_NO_DELTAS);
    return rp_buf_adds(&item->arguments, told);
}

static int take_arguments(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                          const struct rp_wire_at *call, struct rp_wire_item *item, int begins)
{
    struct rp_wire_at at = rp_wire_key(call, "arguments");
    struct rp_buf text;
    int rc;

    rp_buf_init(&text, &r->alloc, RP_TEXT_MAX);
    rc = rp_wire_arguments(doc, &at, &text);
    if (rc == RP_OK && at.v.tag != RP_NIL && (!begins || text.n > 0))
        rc = compare_arguments(r, doc, &at, item, kept(&text));
    rp_buf_free(&text);
    return rc;
}

/* Is the place taken by a call with another id? Then this one is a new call all the same. */
static void note_shared(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                        const struct rp_responses_place *place)
{
    if (find_by_index(r, RP_WIRE_ITEM_CALL, place))
        rp_wire_rule(doc, RP_RULE_INDEX_SHARED);
}

int rp_responses_call_whole(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_responses_place *place, const struct rp_wire_at *call,
                            enum rp_responses_when when)
{
    struct rp_wire_at id = rp_wire_key(call, "call_id");
    struct rp_wire_item *item;
    struct rp_str call_id;

    RP_TRY(rp_wire_text(doc, &id, &call_id));
    item = find_call(r, doc, place, call_id, when);
    if (item && when == RP_RESPONSES_BEGINS && item->name.n > 0)
        return rp_wire_refuse(doc, call, "this call begins twice");
    if (!item) {
        note_shared(r, doc, place);
        if (when == RP_RESPONSES_DONE)
            rp_wire_rule(doc, RP_RULE_NO_LIFECYCLE);
        RP_TRY(add(r, RP_WIRE_ITEM_CALL, place, &item));
    }
    if (when >= RP_RESPONSES_DONE)
        item->flags |= DONE;
    if (when == RP_RESPONSES_FINAL)
        item->flags |= FINAL;
    RP_TRY(take_word(doc, call, "call_id", &item->id));
    RP_TRY(take_word(doc, call, "name", &item->name));
    if (!r->stream && item->name.n == 0)
        return rp_wire_refuse(doc, call, "a call without a name");
    return take_arguments(r, doc, call, item, when == RP_RESPONSES_BEGINS);
}
