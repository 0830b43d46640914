/* responses_reply.c - owns whole replies of OpenAI Responses, and what the events of a stream have
 * in common with them.
 *
 * All texts of all messages are one text, as a stream's pieces come to one; calls follow it. A
 * refusal is read as text. Reasoning, and items of the service's own tools, are passed over by
 * rules. A response that failed, was cancelled or still runs is refused. */
#include "responses.h"

static struct rp_str kept(const struct rp_buf *b)
{
    return (struct rp_str){b->s ? b->s : "", b->n};
}

/* ---- how it ended ---- */

static int has_calls(const struct rp_wire_reader *r)
{
    for (size_t i = 0; i < r->n_items; i++)
        if (r->items[i].kind == RP_WIRE_ITEM_CALL)
            return 1;
    return 0;
}

static void finish_completed(struct rp_wire_reader *r)
{
    if (r->flags & RP_RESPONSES_REFUSED)
        rp_wire_set_finish(r, rp_str("refusal"));
    else
        rp_wire_set_finish(r, rp_str(has_calls(r) ? "tool_calls" : "stop"));
}

static int finish_incomplete(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                             const struct rp_wire_at *response)
{
    struct rp_wire_at details = rp_wire_key(response, "incomplete_details");
    struct rp_wire_at reason = rp_wire_key(&details, "reason");
    struct rp_str text;

    RP_TRY(rp_wire_map(doc, &details));
    RP_TRY(rp_wire_text(doc, &reason, &text));
    if (text.n == 0)
        text = rp_str("incomplete");
    if (rp_str_equal(text, rp_str("max_output_tokens")))
        text = rp_str("length");
    rp_wire_set_finish(r, text);
    return RP_OK;
}

int rp_responses_end(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                     const struct rp_wire_at *response, const char *status)
{
    struct rp_wire_at error = rp_wire_key(response, "error"), at = rp_wire_key(response, "status");
    struct rp_wire_at usage = rp_wire_key(response, "usage");
    struct rp_str told;

    if (error.v.tag != RP_NIL)
        return rp_wire_refuse_error(doc, &error);
    RP_TRY(rp_wire_text(doc, &at, &told));
    if (told.n == 0 && !status)
        rp_wire_rule(doc, RP_RULE_NO_FINISH);
    if (told.n == 0)
        told = rp_str(status ? status : "completed");
    RP_TRY(rp_wire_set_usage(r, doc, &usage, "input_tokens", "output_tokens", "total_tokens"));
    if (rp_str_equal(told, rp_str("incomplete")))
        return finish_incomplete(r, doc, response);
    if (rp_str_equal(told, rp_str("failed")))
        return rp_wire_refuse(doc, response, "the response failed without saying why");
    if (!rp_str_equal(told, rp_str("completed")))
        return rp_wire_refuse(doc, &at, "the response is not complete: its status is %s", told.s);
    finish_completed(r);
    return RP_OK;
}

/* ---- what it holds ---- */

int rp_responses_part(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *part, struct rp_wire_at *text, int *has)
{
    struct rp_wire_at type = rp_wire_key(part, "type");
    struct rp_str unused;

    RP_TRY(rp_wire_need_map(doc, part));
    RP_TRY(rp_wire_need_text(doc, &type, &unused));
    *has = 1;
    if (rp_is_text(type.v, "refusal")) {
        rp_wire_rule(doc, RP_RULE_REFUSAL);
        r->flags |= RP_RESPONSES_REFUSED;
        *text = rp_wire_key(part, "refusal");
    } else if (rp_is_text(type.v, "output_text")) {
        *text = rp_wire_key(part, "text");
    } else {
        rp_wire_rule(doc, rp_is_text(type.v, "reasoning_text") ? RP_RULE_REASONING
                                                               : RP_RULE_UNKNOWN_ITEM);
        *has = 0;
    }
    return RP_OK;
}

int rp_responses_other_item(struct rp_wire_doc *doc, const struct rp_wire_at *item)
{
    struct rp_wire_at type = rp_wire_key(item, "type");
    struct rp_str unused;

    RP_TRY(rp_wire_need_text(doc, &type, &unused));
    rp_wire_rule(doc, rp_is_text(type.v, "reasoning") ? RP_RULE_REASONING : RP_RULE_UNKNOWN_ITEM);
    return RP_OK;
}

static int read_message(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                        const struct rp_wire_at *item, int *has_text)
{
    struct rp_wire_at content = rp_wire_key(item, "content");

    RP_TRY(rp_wire_need_list(doc, &content));
    for (uint32_t i = 0; i < rp_len(content.v); i++) {
        struct rp_wire_at part = rp_wire_item(&content, i), at;
        struct rp_str text;
        int has;
        RP_TRY(rp_responses_part(r, doc, &part, &at, &has));
        if (!has)
            continue;
        RP_TRY(rp_wire_need_text(doc, &at, &text));
        RP_TRY(rp_buf_adds(&r->own, text));
        *has_text = 1;
    }
    return RP_OK;
}

static int read_item(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                     const struct rp_wire_at *item, int *has_text)
{
    static const struct rp_responses_place nowhere = {{"", 0}, -1, -1};
    struct rp_wire_at type = rp_wire_key(item, "type");

    RP_TRY(rp_wire_need_map(doc, item));
    if (rp_is_text(type.v, "message"))
        return read_message(r, doc, item, has_text);
    if (rp_is_text(type.v, "function_call"))
        return rp_responses_call_whole(r, doc, &nowhere, item, RP_RESPONSES_BEGINS);
    return rp_responses_other_item(doc, item);
}

int rp_responses_read_whole(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_wire_at *root, struct rp_heap *h,
                            struct rp_value *contents)
{
    struct rp_wire_at output = rp_wire_key(root, "output");
    int has_text = 0;

    rp_buf_clear(&r->own);
    r->flags = 0;
    if (output.v.tag == RP_NIL) /* then it is an error, or refused for its status */
        RP_TRY(rp_responses_end(r, doc, root, NULL));
    RP_TRY(rp_wire_need_list(doc, &output));
    for (uint32_t i = 0; i < rp_len(output.v); i++) {
        struct rp_wire_at item = rp_wire_item(&output, i);
        RP_TRY(read_item(r, doc, &item, &has_text));
    }
    RP_TRY(rp_responses_end(r, doc, root, NULL));
    if (has_text) {
        struct rp_str text = kept(&r->own);
        RP_TRY(rp_list_add(h, contents, rp_content_text(h, rp_text(h, text.s, text.n))));
    }
    return rp_wire_add_calls(r, doc, h, contents);
}
