/* anthropic_stream.c - owns the events of a stream of Anthropic Messages: one small function each.
 *
 * A stream ends with message_stop; one that stops before is broken, whatever it said. A piece
 * belongs to the block of its index, the newest one where several share it; one without an index
 * to the newest block that is open. Arguments come in pieces of a JSON text and are checked when
 * the message stops: none at all are {}, and what is no object is refused where its last piece
 * stood, because the service itself promises an object. */
#include "anthropic.h"
#include "typed.h"

#include "engine/base/json.h"

typedef int read_fn(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                    const struct rp_wire_at *event);

enum { BEGUN = 1 }; /* flags of the reader */
enum { STOPPED = 1, GIVEN = 2 /* arguments stood where the block began */ };

/* ---- the message as such ---- */

static int on_message_start(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_wire_at *event)
{
    struct rp_wire_at message = rp_wire_key(event, "message");
    struct rp_wire_at usage = rp_wire_key(&message, "usage");
    struct rp_wire_at content = rp_wire_key(&message, "content");

    if (r->flags & BEGUN)
        return rp_wire_refuse(doc, event, "a second message_start");
    r->flags |= BEGUN;
    RP_TRY(rp_wire_need_map(doc, &message));
    RP_TRY(rp_anthropic_role(doc, &message));
    RP_TRY(rp_wire_list(doc, &content));
    if (rp_len(content.v) > 0)
        return rp_wire_refuse(doc, &content, "a message that begins with contents");
    return rp_anthropic_usage(r, doc, &usage);
}

static int on_message_delta(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_wire_at *event)
{
    struct rp_wire_at delta = rp_wire_key(event, "delta"), usage = rp_wire_key(event, "usage");
    struct rp_wire_at stop_reason = rp_wire_key(&delta, "stop_reason");

    RP_TRY(rp_wire_map(doc, &delta));
    RP_TRY(rp_anthropic_read_finish(r, doc, &stop_reason));
    return rp_anthropic_usage(r, doc, &usage);
}

static int on_ping(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                   const struct rp_wire_at *event)
{
    (void)r;
    (void)doc;
    (void)event;
    return RP_OK;
}

static int on_error(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                    const struct rp_wire_at *event)
{
    struct rp_wire_at error = rp_wire_key(event, "error");

    (void)r;
    return rp_wire_refuse_error(doc, error.v.tag == RP_NIL ? event : &error);
}

/* ---- blocks ---- */

/* *index: -1 without one. */
static int read_index(struct rp_wire_doc *doc, const struct rp_wire_at *event, int64_t *index)
{
    struct rp_wire_at at = rp_wire_key(event, "index");
    int has;

    *index = -1;
    RP_TRY(rp_wire_int(doc, &at, index, &has));
    if (has && *index < 0)
        return rp_wire_refuse(doc, &at, "an index is at least 0");
    if (!has)
        rp_wire_rule(doc, RP_RULE_NO_INDEX);
    return RP_OK;
}

/* The newest block of that index, or the newest that is open; NULL: there is none. */
static struct rp_wire_item *find(struct rp_wire_reader *r, int64_t index)
{
    for (size_t i = r->n_items; i-- > 0;) {
        struct rp_wire_item *item = r->items + i;
        if (index >= 0 ? item->key == index : !(item->flags & STOPPED))
            return item;
    }
    return NULL;
}

static void note_unbegun(struct rp_wire_reader *r, struct rp_wire_doc *doc)
{
    if (!(r->flags & BEGUN))
        rp_wire_rule(doc, RP_RULE_NO_LIFECYCLE);
}

static int add_block(struct rp_wire_reader *r, struct rp_wire_doc *doc, enum rp_wire_item_kind kind,
                     int64_t index, struct rp_wire_item **item)
{
    note_unbegun(r, doc);
    if (index >= 0 && find(r, index))
        rp_wire_rule(doc, RP_RULE_INDEX_SHARED);
    RP_TRY(rp_wire_item_add(r, kind, item));
    (*item)->key = index;
    (*item)->touched = rp_wire_offset(doc, 0);
    return RP_OK;
}

/* Text that stands already where its block begins. */
static int begin_text(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *block)
{
    struct rp_wire_at at = rp_wire_key(block, "text");
    struct rp_str text;

    RP_TRY(rp_wire_text(doc, &at, &text));
    if (text.n == 0)
        return RP_OK;
    rp_wire_rule(doc, RP_RULE_NO_DELTAS);
    return rp_wire_say(r, text);
}

static int begin_call(struct rp_wire_doc *doc, const struct rp_wire_at *block,
                      struct rp_wire_item *item)
{
    struct rp_wire_at input = rp_wire_key(block, "input");

    RP_TRY(rp_anthropic_call_words(doc, block, item));
    RP_TRY(rp_wire_map(doc, &input));
    if (rp_map_len(input.v) == 0)
        return RP_OK;
    rp_wire_rule(doc, RP_RULE_NO_DELTAS);
    item->flags |= GIVEN;
    return rp_json_write(&item->arguments, input.v, 0);
}

static int on_block_start(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                          const struct rp_wire_at *event)
{
    struct rp_wire_at block = rp_wire_key(event, "content_block");
    enum rp_wire_item_kind kind = RP_WIRE_ITEM_OTHER;
    struct rp_wire_item *item;
    int64_t index;

    RP_TRY(read_index(doc, event, &index));
    RP_TRY(rp_anthropic_block_kind(doc, &block, &kind));
    RP_TRY(add_block(r, doc, kind, index, &item));
    if (kind == RP_WIRE_ITEM_TEXT)
        return begin_text(r, doc, &block);
    return kind == RP_WIRE_ITEM_CALL ? begin_call(doc, &block, item) : RP_OK;
}

static int on_block_stop(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                         const struct rp_wire_at *event)
{
    struct rp_wire_item *item;
    int64_t index;

    RP_TRY(read_index(doc, event, &index));
    item = find(r, index);
    if (!item || (item->flags & STOPPED))
        rp_wire_rule(doc, RP_RULE_NO_LIFECYCLE);
    else
        item->flags |= STOPPED;
    return RP_OK;
}

/* ---- pieces of blocks ---- */

static int text_piece(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *delta, struct rp_wire_item *item, int64_t index)
{
    struct rp_wire_at at = rp_wire_key(delta, "text");
    struct rp_str text;

    RP_TRY(rp_wire_need_text(doc, &at, &text));
    if (!item) {
        rp_wire_rule(doc, RP_RULE_NO_LIFECYCLE);
        RP_TRY(add_block(r, doc, RP_WIRE_ITEM_TEXT, index, &item));
    }
    if (item->kind == RP_WIRE_ITEM_CALL)
        return rp_wire_refuse(doc, delta, "a piece of text for a call");
    return item->kind == RP_WIRE_ITEM_TEXT ? rp_wire_say_marked(r, delta->up, text) : RP_OK;
}

static int arguments_piece(struct rp_wire_doc *doc, const struct rp_wire_at *delta,
                           struct rp_wire_item *item)
{
    struct rp_wire_at at = rp_wire_key(delta, "partial_json");
    struct rp_str text;

    if (!item)
        return rp_wire_refuse(doc, delta, "arguments of a call that has not begun");
    RP_TRY(rp_wire_need_text(doc, &at, &text));
    if (item->kind == RP_WIRE_ITEM_OTHER)
        return RP_OK;
    if (item->kind == RP_WIRE_ITEM_TEXT)
        return rp_wire_refuse(doc, delta, "a piece of arguments for a text");
    if (text.n > 0 && (item->flags & GIVEN))
        return rp_wire_refuse(doc, delta, "arguments that were given where the call began");
    item->touched = rp_wire_offset(doc, 0);
    return rp_buf_adds(&item->arguments, text);
}

static int other_piece(struct rp_wire_doc *doc, struct rp_value type)
{
    int thought = rp_is_text(type, "thinking_delta") || rp_is_text(type, "signature_delta");

    rp_wire_rule(doc, thought ? RP_RULE_REASONING : RP_RULE_UNKNOWN_ITEM);
    return RP_OK;
}

static int on_block_delta(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                          const struct rp_wire_at *event)
{
    struct rp_wire_at delta = rp_wire_key(event, "delta"), type = rp_wire_key(&delta, "type");
    struct rp_wire_item *item;
    struct rp_str unused;
    int64_t index;

    RP_TRY(read_index(doc, event, &index));
    RP_TRY(rp_wire_need_map(doc, &delta));
    RP_TRY(rp_wire_need_text(doc, &type, &unused));
    item = find(r, index);
    if (item && (item->flags & STOPPED))
        return rp_wire_refuse(doc, event, "a piece of a block that has stopped");
    if (rp_is_text(type.v, "text_delta"))
        return text_piece(r, doc, &delta, item, index);
    if (rp_is_text(type.v, "input_json_delta"))
        return arguments_piece(doc, &delta, item);
    return other_piece(doc, type.v);
}

/* ---- the end ---- */

static struct rp_str kept(const struct rp_buf *b)
{
    return (struct rp_str){b->s ? b->s : "", b->n};
}

/* Refuses where the last piece of the arguments stood. */
static int refuse_arguments(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_wire_item *item, const struct rp_error *why)
{
    struct rp_wire_doc there = {.s = "", .base = (size_t)item->touched, .err = doc->err};
    int cut = rp_same(r->finish, "length");

    return rp_wire_refuse(
        &there, NULL, "the arguments of call %s (%s) are no JSON object: %s%s%s%s",
        item->id.s ? item->id.s : "without id", item->name.s, why->text, why->where[0] ? ", " : "",
        why->where, cut ? "; the reply was cut at max_tokens, give it more" : "");
}

/* What a call's arguments come to when they are whole. */
static int close_call(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_wire_item *item)
{
    struct rp_value v = rp_nil();
    struct rp_error why = {0};
    struct rp_str invalid;
    int rc;

    if (rp_str_blank(kept(&item->arguments))) {
        rp_buf_clear(&item->arguments);
        return rp_buf_addz(&item->arguments, "{}");
    }
    rc = rp_json_read(&r->heap, item->arguments.s, item->arguments.n, &v, &why);
    if (rc == RP_ENOMEM)
        return rc;
    if (rc == RP_OK && v.tag != RP_MAP)
        rp_fail_at(&why, RP_EPARSE, NULL, "another value");
    if (rc != RP_OK || v.tag != RP_MAP)
        return refuse_arguments(r, doc, item, &why);
    invalid = rp_anthropic_invalid(v);
    if (!invalid.s)
        return RP_OK;
    rp_wire_rule(doc, RP_RULE_INVALID_JSON);
    rp_buf_clear(&item->arguments);
    return rp_buf_adds(&item->arguments, invalid);
}

static int on_message_stop(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                           const struct rp_wire_at *event)
{
    (void)event;
    note_unbegun(r, doc);
    if (r->finish[0] == '\0')
        rp_wire_rule(doc, RP_RULE_NO_FINISH);
    for (size_t i = 0; i < r->n_items; i++) {
        if (!(r->items[i].flags & STOPPED))
            rp_wire_rule(doc, RP_RULE_NO_LIFECYCLE);
        if (r->items[i].kind == RP_WIRE_ITEM_CALL)
            RP_TRY(close_call(r, doc, r->items + i));
    }
    r->end_mark = 1;
    return RP_OK;
}

/* ---- which event it is ---- */

static const struct known {
    const char *type;
    read_fn *read;
} known[] = {
    {"message_start", on_message_start},
    {"content_block_start", on_block_start},
    {"content_block_delta", on_block_delta},
    {"content_block_stop", on_block_stop},
    {"message_delta", on_message_delta},
    {"message_stop", on_message_stop},
    {"ping", on_ping},
    {"error", on_error},
};

static read_fn *find_reader(struct rp_str type)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (rp_str_equal(type, rp_str(known[i].type)))
            return known[i].read;
    return NULL;
}

int rp_anthropic_read_event(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str name,
                            const struct rp_wire_at *root)
{
    struct rp_wire_at error = rp_wire_key(root, "error");
    struct rp_str type;
    read_fn *read;

    if (error.v.tag != RP_NIL)
        return on_error(r, doc, root);
    RP_TRY(rp_wire_typed_event(doc, root, name, &type));
    read = find_reader(type);
    if (r->end_mark && read && read != on_ping && read != on_message_stop && read != on_error)
        return rp_wire_refuse(doc, root, "an event after message_stop");
    if (r->end_mark)
        rp_wire_rule(doc, RP_RULE_AFTER_END);
    if (!read && !r->end_mark)
        rp_wire_rule(doc, RP_RULE_UNKNOWN_EVENT);
    return read && !(r->end_mark && read == on_message_stop) ? read(r, doc, root) : RP_OK;
}

int rp_anthropic_read_end(struct rp_wire_reader *r, struct rp_wire_doc *doc)
{
    if (r->end_mark)
        return RP_OK;
    return rp_wire_refuse(doc, NULL, "the stream stops before message_stop: the reply is cut off");
}
