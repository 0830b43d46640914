/* anthropic_reply.c - owns whole replies of Anthropic Messages, and what the events of a stream
 * have in common with them.
 *
 * All texts are one text, as a stream's pieces come to one; calls follow it. What a model thought,
 * and blocks of the service's own tools, are passed over by rules. Input tokens are all that were
 * read: those from a cache, and those written to one, are counted by the service beside them. */
#include "anthropic.h"

#define TOKENS_MAX (INT64_MAX / 4) /* so that a sum of them is none too large */

static int take_cached(struct rp_wire_doc *doc, const struct rp_wire_at *usage, const char *key,
                       int64_t *tokens)
{
    struct rp_wire_at at = rp_wire_key(usage, key);
    int64_t n = 0;
    int has;

    RP_TRY(rp_wire_int(doc, &at, &n, &has));
    if (n < 0 || n > TOKENS_MAX)
        return rp_wire_refuse(doc, &at, "no number of tokens");
    if (has)
        *tokens = n;
    return RP_OK;
}

/* r->input is the sum of all three between two calls. */
int rp_anthropic_usage(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                       const struct rp_wire_at *usage)
{
    struct rp_wire_at input = rp_wire_key(usage, "input_tokens");

    if (r->input >= 0)
        r->input -= r->cached[0] + r->cached[1];
    RP_TRY(rp_wire_set_usage(r, doc, usage, "input_tokens", "output_tokens", NULL));
    RP_TRY(take_cached(doc, usage, "cache_creation_input_tokens", r->cached));
    RP_TRY(take_cached(doc, usage, "cache_read_input_tokens", r->cached + 1));
    if (r->input > TOKENS_MAX)
        return rp_wire_refuse(doc, &input, "no number of tokens");
    if (r->input < 0 && r->cached[0] + r->cached[1] > 0)
        r->input = 0;
    if (r->input >= 0)
        r->input += r->cached[0] + r->cached[1];
    return RP_OK;
}

int rp_anthropic_read_finish(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                             const struct rp_wire_at *stop_reason)
{
    struct rp_str reason;
    const char *finish;

    RP_TRY(rp_wire_text(doc, stop_reason, &reason));
    if (reason.s && reason.n == 0)
        rp_wire_rule(doc, RP_RULE_EMPTY_AS_NONE);
    if (reason.n == 0)
        return RP_OK;
    finish = rp_anthropic_finish(reason);
    rp_wire_set_finish(r, finish ? rp_str(finish) : reason);
    return RP_OK;
}

int rp_anthropic_role(struct rp_wire_doc *doc, const struct rp_wire_at *message)
{
    struct rp_wire_at role = rp_wire_key(message, "role");
    struct rp_str unused;

    RP_TRY(rp_wire_text(doc, &role, &unused));
    if (role.v.tag == RP_NIL)
        rp_wire_rule(doc, RP_RULE_NO_ROLE);
    else if (!rp_is_text(role.v, "assistant"))
        return rp_wire_refuse(doc, &role, "a reply is the assistant's");
    return RP_OK;
}

int rp_anthropic_block_kind(struct rp_wire_doc *doc, const struct rp_wire_at *block,
                            enum rp_wire_item_kind *kind)
{
    struct rp_wire_at type = rp_wire_key(block, "type");
    struct rp_str unused;

    RP_TRY(rp_wire_need_map(doc, block));
    RP_TRY(rp_wire_need_text(doc, &type, &unused));
    *kind = RP_WIRE_ITEM_OTHER;
    if (rp_is_text(type.v, "text"))
        *kind = RP_WIRE_ITEM_TEXT;
    else if (rp_is_text(type.v, "tool_use"))
        *kind = RP_WIRE_ITEM_CALL;
    else if (rp_is_text(type.v, "thinking") || rp_is_text(type.v, "redacted_thinking"))
        rp_wire_rule(doc, RP_RULE_REASONING);
    else
        rp_wire_rule(doc, RP_RULE_UNKNOWN_ITEM);
    return RP_OK;
}

int rp_anthropic_call_words(struct rp_wire_doc *doc, const struct rp_wire_at *block,
                            struct rp_wire_item *item)
{
    struct rp_wire_at id = rp_wire_key(block, "id"), name = rp_wire_key(block, "name");
    struct rp_str text;

    RP_TRY(rp_wire_text(doc, &id, &text));
    if (text.s && text.n == 0)
        rp_wire_rule(doc, RP_RULE_EMPTY_AS_NONE);
    RP_TRY(rp_buf_add(&item->id, text.s ? text.s : "", text.n));
    RP_TRY(rp_wire_need_text(doc, &name, &text));
    if (text.n == 0)
        return rp_wire_refuse(doc, &name, "a call without a name");
    return rp_buf_adds(&item->name, text);
}

static int read_block(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *block, int *has_text)
{
    struct rp_wire_at text = rp_wire_key(block, "text"), input = rp_wire_key(block, "input");
    enum rp_wire_item_kind kind = RP_WIRE_ITEM_OTHER;
    struct rp_wire_item *item;
    struct rp_str said;

    RP_TRY(rp_anthropic_block_kind(doc, block, &kind));
    if (kind == RP_WIRE_ITEM_TEXT) {
        *has_text = 1;
        RP_TRY(rp_wire_need_text(doc, &text, &said));
        return rp_buf_adds(&r->own, said);
    }
    if (kind == RP_WIRE_ITEM_OTHER)
        return RP_OK;
    RP_TRY(rp_wire_item_add(r, RP_WIRE_ITEM_CALL, &item));
    RP_TRY(rp_anthropic_call_words(doc, block, item));
    RP_TRY(rp_wire_need_map(doc, &input));
    return rp_anthropic_arguments(doc, input.v, &item->arguments);
}

/* An error in the place of a reply is told in its own words. */
static int check_type(struct rp_wire_doc *doc, const struct rp_wire_at *root)
{
    struct rp_wire_at type = rp_wire_key(root, "type"), error = rp_wire_key(root, "error");

    if (rp_is_text(type.v, "error") || error.v.tag != RP_NIL)
        return rp_wire_refuse_error(doc, error.v.tag == RP_NIL ? root : &error);
    return RP_OK;
}

int rp_anthropic_read_whole(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_wire_at *root, struct rp_heap *h,
                            struct rp_value *contents)
{
    struct rp_wire_at content = rp_wire_key(root, "content"), usage = rp_wire_key(root, "usage");
    struct rp_wire_at stop_reason = rp_wire_key(root, "stop_reason");
    int has_text = 0;

    rp_buf_clear(&r->own);
    RP_TRY(check_type(doc, root));
    RP_TRY(rp_anthropic_role(doc, root));
    RP_TRY(rp_wire_need_list(doc, &content));
    for (uint32_t i = 0; i < rp_len(content.v); i++) {
        struct rp_wire_at block = rp_wire_item(&content, i);
        RP_TRY(read_block(r, doc, &block, &has_text));
    }
    RP_TRY(rp_anthropic_read_finish(r, doc, &stop_reason));
    if (r->finish[0] == '\0')
        rp_wire_rule(doc, RP_RULE_NO_FINISH);
    RP_TRY(rp_anthropic_usage(r, doc, &usage));
    if (has_text)
        RP_TRY(rp_list_add(h, contents,
                           rp_content_text(h, rp_text(h, r->own.s ? r->own.s : "", r->own.n))));
    return rp_wire_add_calls(r, doc, h, contents);
}
