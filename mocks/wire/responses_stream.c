/* responses_stream.c - owns the events of a stream of OpenAI Responses: one small function each.
 *
 * A stream ends with response.completed, response.incomplete or response.failed; one that stops
 * before is broken, whatever it said. What an event names by id and index may be missing or wrong
 * (responses_item.c); events of an item's life may be missing; the last event may hold no output.
 * Each of these has its rule. */
#include "responses.h"
#include "typed.h"

#include <string.h>

typedef int read_fn(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                    const struct rp_wire_at *event);

/* ---- the response as such ---- */

static int on_begun(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                    const struct rp_wire_at *event)
{
    (void)doc;
    (void)event;
    r->flags |= RP_RESPONSES_BEGUN;
    return RP_OK;
}

static int whole_message(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                         const struct rp_responses_place *place, const struct rp_wire_at *item,
                         enum rp_responses_when when)
{
    struct rp_wire_at content = rp_wire_key(item, "content");
    struct rp_responses_place at = *place;

    RP_TRY(rp_wire_list(doc, &content));
    for (uint32_t i = 0; i < rp_len(content.v); i++) {
        struct rp_wire_at part = rp_wire_item(&content, i), text;
        int has;
        RP_TRY(rp_responses_part(r, doc, &part, &text, &has));
        at.part = i;
        if (has)
            RP_TRY(rp_responses_text_whole(r, doc, &at, &text, when));
    }
    return RP_OK;
}

/* place->id is that of the item itself where it has one. */
static int whole_item(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      struct rp_responses_place *place, const struct rp_wire_at *item,
                      enum rp_responses_when when)
{
    struct rp_wire_at id = rp_wire_key(item, "id"), type = rp_wire_key(item, "type");
    struct rp_str own;

    RP_TRY(rp_wire_need_map(doc, item));
    RP_TRY(rp_wire_text(doc, &id, &own));
    if (own.n > 0)
        place->id = own;
    if (rp_is_text(type.v, "message"))
        return whole_message(r, doc, place, item, when);
    if (rp_is_text(type.v, "function_call"))
        return rp_responses_call_whole(r, doc, place, item, when);
    return rp_responses_other_item(doc, item);
}

static int read_output(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                       const struct rp_wire_at *response)
{
    struct rp_wire_at output = rp_wire_key(response, "output");

    RP_TRY(rp_wire_list(doc, &output));
    if (rp_len(output.v) == 0 && r->n_items > 0)
        rp_wire_rule(doc, RP_RULE_EMPTY_OUTPUT);
    for (uint32_t i = 0; i < rp_len(output.v); i++) {
        struct rp_wire_at item = rp_wire_item(&output, i);
        struct rp_responses_place place = {rp_str(""), i, -1};
        RP_TRY(whole_item(r, doc, &place, &item, RP_RESPONSES_FINAL));
    }
    return RP_OK;
}

static int end_with(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                    const struct rp_wire_at *event, const char *status)
{
    struct rp_wire_at response = rp_wire_key(event, "response");

    RP_TRY(rp_wire_map(doc, &response));
    if (!(r->flags & RP_RESPONSES_BEGUN))
        rp_wire_rule(doc, RP_RULE_NO_LIFECYCLE);
    RP_TRY(read_output(r, doc, &response));
    RP_TRY(rp_responses_end(r, doc, &response, status));
    r->end_mark = 1;
    return RP_OK;
}

static int on_completed(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                        const struct rp_wire_at *event)
{
    return end_with(r, doc, event, "completed");
}

static int on_incomplete(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                         const struct rp_wire_at *event)
{
    return end_with(r, doc, event, "incomplete");
}

static int on_failed(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                     const struct rp_wire_at *event)
{
    struct rp_wire_at response = rp_wire_key(event, "response");

    RP_TRY(rp_wire_map(doc, &response));
    RP_TRY(rp_responses_end(r, doc, &response, "failed"));
    return rp_wire_refuse(doc, event, "the response failed without saying why");
}

static int on_error(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                    const struct rp_wire_at *event)
{
    struct rp_wire_at error = rp_wire_key(event, "error");

    (void)r;
    return rp_wire_refuse_error(doc, error.v.tag == RP_NIL ? event : &error);
}

/* ---- items ---- */

static int item_event(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *event, enum rp_responses_when when)
{
    struct rp_wire_at item = rp_wire_key(event, "item");
    struct rp_responses_place place;

    RP_TRY(rp_responses_place(doc, event, &place));
    return whole_item(r, doc, &place, &item, when);
}

static int on_item_added(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                         const struct rp_wire_at *event)
{
    return item_event(r, doc, event, RP_RESPONSES_BEGINS);
}

static int on_item_done(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                        const struct rp_wire_at *event)
{
    return item_event(r, doc, event, RP_RESPONSES_DONE);
}

static int part_event(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *event, enum rp_responses_when when)
{
    struct rp_wire_at part = rp_wire_key(event, "part"), text;
    struct rp_responses_place place;
    int has;

    RP_TRY(rp_responses_place(doc, event, &place));
    RP_TRY(rp_responses_part(r, doc, &part, &text, &has));
    return has ? rp_responses_text_whole(r, doc, &place, &text, when) : RP_OK;
}

static int on_part_added(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                         const struct rp_wire_at *event)
{
    return part_event(r, doc, event, RP_RESPONSES_BEGINS);
}

static int on_part_done(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                        const struct rp_wire_at *event)
{
    return part_event(r, doc, event, RP_RESPONSES_DONE);
}

/* ---- texts and arguments ---- */

static int text_delta(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *event)
{
    struct rp_wire_at delta = rp_wire_key(event, "delta");
    struct rp_responses_place place;

    RP_TRY(rp_responses_place(doc, event, &place));
    return rp_responses_text_piece(r, doc, &place, &delta);
}

static int text_done(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                     const struct rp_wire_at *event, const char *key)
{
    struct rp_wire_at text = rp_wire_key(event, key);
    struct rp_responses_place place;

    RP_TRY(rp_responses_place(doc, event, &place));
    return rp_responses_text_whole(r, doc, &place, &text, RP_RESPONSES_DONE);
}

static int on_text_done(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                        const struct rp_wire_at *event)
{
    return text_done(r, doc, event, "text");
}

static void note_refusal(struct rp_wire_reader *r, struct rp_wire_doc *doc)
{
    rp_wire_rule(doc, RP_RULE_REFUSAL);
    r->flags |= RP_RESPONSES_REFUSED;
}

static int on_refusal_delta(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_wire_at *event)
{
    note_refusal(r, doc);
    return text_delta(r, doc, event);
}

static int on_refusal_done(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                           const struct rp_wire_at *event)
{
    note_refusal(r, doc);
    return text_done(r, doc, event, "refusal");
}

static int on_arguments_delta(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                              const struct rp_wire_at *event)
{
    struct rp_wire_at delta = rp_wire_key(event, "delta");
    struct rp_responses_place place;

    RP_TRY(rp_responses_place(doc, event, &place));
    return rp_responses_arguments_piece(r, doc, &place, &delta);
}

static int on_arguments_done(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                             const struct rp_wire_at *event)
{
    struct rp_responses_place place;

    RP_TRY(rp_responses_place(doc, event, &place));
    return rp_responses_call_whole(r, doc, &place, event, RP_RESPONSES_DONE);
}

/* ---- which event it is ---- */

static const struct known {
    const char *type;
    read_fn *read;
    int ends; /* says nothing new after the end */
} known[] = {
    {"response.created", on_begun, 1},
    {"response.queued", on_begun, 1},
    {"response.in_progress", on_begun, 1},
    {"response.output_item.added", on_item_added, 0},
    {"response.output_item.done", on_item_done, 0},
    {"response.content_part.added", on_part_added, 0},
    {"response.content_part.done", on_part_done, 0},
    {"response.output_text.delta", text_delta, 0},
    {"response.output_text.done", on_text_done, 0},
    {"response.refusal.delta", on_refusal_delta, 0},
    {"response.refusal.done", on_refusal_done, 0},
    {"response.function_call_arguments.delta", on_arguments_delta, 0},
    {"response.function_call_arguments.done", on_arguments_done, 0},
    {"response.completed", on_completed, 1},
    {"response.incomplete", on_incomplete, 1},
    {"response.failed", on_failed, 0},
    {"error", on_error, 0},
};

static const struct known *find(struct rp_str type)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (rp_str_equal(type, rp_str(known[i].type)))
            return known + i;
    return NULL;
}

static void pass_over(struct rp_wire_doc *doc, struct rp_str type)
{
    static const char thought[] = "response.reasoning";
    size_t n = sizeof(thought) - 1;

    rp_wire_rule(doc, type.n >= n && memcmp(type.s, thought, n) == 0 ? RP_RULE_REASONING
                                                                     : RP_RULE_UNKNOWN_EVENT);
}

int rp_responses_read_event(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str name,
                            const struct rp_wire_at *root)
{
    struct rp_wire_at error = rp_wire_key(root, "error");
    const struct known *event;
    struct rp_str type;

    if (error.v.tag != RP_NIL)
        return on_error(r, doc, root);
    RP_TRY(rp_wire_typed_event(doc, root, name, &type));
    event = find(type);
    if (r->end_mark) {
        if (event && !event->ends && event->read != on_error)
            return rp_wire_refuse(doc, root, "an event after the end of the response");
        rp_wire_rule(doc, RP_RULE_AFTER_END);
        return event && !event->ends ? event->read(r, doc, root) : RP_OK;
    }
    if (event)
        return event->read(r, doc, root);
    pass_over(doc, type);
    return RP_OK;
}

int rp_responses_read_end(struct rp_wire_reader *r, struct rp_wire_doc *doc)
{
    if (!r->end_mark)
        return rp_wire_refuse(doc, NULL,
                              "the stream stops before response.completed, response.incomplete "
                              "or response.failed: the reply is cut off");
    for (size_t i = 0; i < r->n_items; i++)
        if (r->items[i].kind == RP_WIRE_ITEM_CALL && r->items[i].name.n == 0)
            return rp_wire_refuse(doc, NULL, "a call came without its name");
    return RP_OK;
}
