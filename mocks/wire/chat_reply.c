/* chat_reply.c - owns the reading of whole replies, and what a message has in common with the
 * deltas of a stream. */
#include "chat.h"

int rp_chat_word(struct rp_wire_doc *doc, const struct rp_wire_at *at, struct rp_str *out)
{
    RP_TRY(rp_wire_text(doc, at, out));
    if (out->s && out->n == 0) {
        out->s = NULL;
        rp_wire_rule(doc, RP_RULE_EMPTY_AS_NONE);
    }
    return RP_OK;
}

int rp_chat_choice(struct rp_wire_doc *doc, const struct rp_wire_at *choices,
                   struct rp_wire_at *choice, int *has)
{
    struct rp_wire_at index;
    int64_t i = 0;
    int has_index;

    *has = rp_len(choices->v) > 0;
    RP_TRY(rp_wire_list(doc, choices));
    if (!*has)
        return RP_OK;
    *choice = rp_wire_item(choices, 0);
    RP_TRY(rp_wire_need_map(doc, choice));
    index = rp_wire_key(choice, "index");
    RP_TRY(rp_wire_int(doc, &index, &i, &has_index));
    if (!has_index)
        rp_wire_rule(doc, RP_RULE_CHOICE_INDEX);
    if (i != 0)
        return rp_wire_refuse(doc, &index, "there is more than one choice; ask for one (n)");
    if (rp_len(choices->v) > 1) {
        struct rp_wire_at second = rp_wire_item(choices, 1);
        return rp_wire_refuse(doc, &second, "there is more than one choice; ask for one (n)");
    }
    return RP_OK;
}

/* ---- text ----------------------------------------------------------------------------------- */

static int refused(struct rp_wire_reader *r, struct rp_wire_doc *doc)
{
    r->flags |= RP_CHAT_REFUSED;
    rp_wire_rule(doc, RP_RULE_REFUSAL);
    return RP_OK;
}

/* Adds what a part of a content says to r->own. */
static int add_part(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                    const struct rp_wire_at *part)
{
    struct rp_wire_at type, text;
    struct rp_str name, said;

    RP_TRY(rp_wire_need_map(doc, part));
    type = rp_wire_key(part, "type");
    RP_TRY(rp_wire_text(doc, &type, &name));
    if (rp_is_text(type.v, "thinking") || rp_is_text(type.v, "reasoning")) {
        rp_wire_rule(doc, RP_RULE_REASONING);
        return RP_OK;
    }
    text = rp_wire_key(part, "text");
    if (rp_is_text(type.v, "refusal")) {
        text = rp_wire_key(part, "refusal");
        RP_TRY(refused(r, doc));
    } else if (name.s && !rp_is_text(type.v, "text") && !rp_is_text(type.v, "output_text")) {
        return rp_wire_refuse(doc, &type, "only parts that are text can be read");
    }
    RP_TRY(rp_wire_need_text(doc, &text, &said));
    return rp_buf_adds(&r->own, said);
}

static int read_content(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                        const struct rp_wire_at *content, struct rp_str *text)
{
    if (content->v.tag != RP_LIST)
        return rp_wire_text(doc, content, text);
    rp_wire_rule(doc, RP_RULE_CONTENT_PARTS);
    for (uint32_t i = 0; i < rp_len(content->v); i++) {
        struct rp_wire_at part = rp_wire_item(content, i);
        RP_TRY(add_part(r, doc, &part));
    }
    *text = (struct rp_str){NULL, 0};
    if (rp_len(content->v) > 0)
        *text = (struct rp_str){r->own.s ? r->own.s : "", r->own.n};
    return RP_OK;
}

int rp_chat_text(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                 const struct rp_wire_at *message, struct rp_str *text, int *has)
{
    struct rp_wire_at content = rp_wire_key(message, "content");
    struct rp_wire_at refusal = rp_wire_key(message, "refusal");
    struct rp_wire_at audio = rp_wire_key(message, "audio");
    struct rp_str said;

    if (audio.v.tag != RP_NIL)
        return rp_wire_refuse(doc, &audio, "audio cannot be read");
    if (rp_map_get(message->v, "reasoning_content").tag != RP_NIL ||
        rp_map_get(message->v, "reasoning").tag != RP_NIL)
        rp_wire_rule(doc, RP_RULE_REASONING);
    rp_buf_clear(&r->own);
    RP_TRY(read_content(r, doc, &content, text));
    RP_TRY(rp_wire_text(doc, &refusal, &said));
    if (said.s)
        RP_TRY(refused(r, doc));
    if (said.s && text->s) {
        if (content.v.tag != RP_LIST)
            RP_TRY(rp_buf_adds(&r->own, *text));
        RP_TRY(rp_buf_adds(&r->own, said));
        said = (struct rp_str){r->own.s ? r->own.s : "", r->own.n};
    }
    *text = said.s ? said : *text;
    *has = text->s != NULL;
    return RP_OK;
}

/* ---- the rest of a message ------------------------------------------------------------------ */

int rp_chat_role(struct rp_wire_doc *doc, const struct rp_wire_at *message, int *has)
{
    struct rp_wire_at at = rp_wire_key(message, "role");
    struct rp_str role;

    RP_TRY(rp_chat_word(doc, &at, &role));
    *has = role.s != NULL;
    if (*has && !rp_is_text(at.v, "assistant"))
        return rp_wire_refuse(doc, &at, "a reply is the assistant's");
    return RP_OK;
}

int rp_chat_usage(struct rp_wire_reader *r, struct rp_wire_doc *doc, const struct rp_wire_at *root)
{
    struct rp_wire_at usage = rp_wire_key(root, "usage");

    return rp_wire_set_usage(r, doc, &usage, "prompt_tokens", "completion_tokens", "total_tokens");
}

/* "stop" does not take the place of a reason why the reply is not what it should be. */
static int is_worse(const char *finish)
{
    return rp_same(finish, "length") || rp_same(finish, "content_filter");
}

int rp_chat_finish(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                   const struct rp_wire_at *choice, int *has)
{
    struct rp_wire_at at = rp_wire_key(choice, "finish_reason");
    struct rp_str finish;

    RP_TRY(rp_chat_word(doc, &at, &finish));
    *has = finish.s != NULL;
    if (!*has)
        return RP_OK;
    if (rp_is_text(at.v, "error")) {
        struct rp_wire_at error = rp_wire_key(choice, "error");
        return rp_wire_refuse_error(doc, error.v.tag != RP_NIL ? &error : &at);
    }
    if (rp_is_text(at.v, "function_call")) {
        rp_wire_rule(doc, RP_RULE_FUNCTION_CALL);
        finish = rp_str("tool_calls");
    }
    if (!is_worse(r->finish))
        rp_wire_set_finish(r, finish);
    return RP_OK;
}

int rp_chat_call_type(struct rp_wire_doc *doc, const struct rp_wire_at *call)
{
    struct rp_wire_at type = rp_wire_key(call, "type");
    struct rp_str name;

    RP_TRY(rp_chat_word(doc, &type, &name));
    if (name.s && !rp_is_text(type.v, "function"))
        return rp_wire_refuse(doc, &type, "only calls of functions can be read");
    return RP_OK;
}

/* ---- whole replies -------------------------------------------------------------------------- */

static int is_known(const struct rp_wire_reader *r, struct rp_str id)
{
    for (size_t i = 0; i < r->n_items; i++) {
        const struct rp_buf *has = &r->items[i].id;
        if (has->n > 0 && rp_str_equal((struct rp_str){has->s, has->n}, id))
            return 1;
    }
    return 0;
}

static int read_function(struct rp_wire_doc *doc, const struct rp_wire_at *function,
                         struct rp_wire_item *item)
{
    struct rp_wire_at name, arguments;
    struct rp_str said;

    RP_TRY(rp_wire_need_map(doc, function));
    name = rp_wire_key(function, "name");
    arguments = rp_wire_key(function, "arguments");
    RP_TRY(rp_wire_need_text(doc, &name, &said));
    if (said.n == 0)
        return rp_wire_refuse(doc, &name, "a call needs the name of its function");
    RP_TRY(rp_buf_adds(&item->name, said));
    return rp_wire_arguments(doc, &arguments, &item->arguments);
}

static int read_call(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                     const struct rp_wire_at *call)
{
    struct rp_wire_at id, function;
    struct rp_wire_item *item;
    struct rp_str said;

    RP_TRY(rp_wire_need_map(doc, call));
    RP_TRY(rp_chat_call_type(doc, call));
    id = rp_wire_key(call, "id");
    function = rp_wire_key(call, "function");
    RP_TRY(rp_chat_word(doc, &id, &said));
    if (said.s && is_known(r, said))
        return rp_wire_refuse(doc, &id, "two calls have this id");
    RP_TRY(rp_wire_item_add(r, RP_WIRE_ITEM_CALL, &item));
    if (said.s)
        RP_TRY(rp_buf_adds(&item->id, said));
    return read_function(doc, &function, item);
}

static int read_calls(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *message)
{
    struct rp_wire_at calls = rp_wire_key(message, "tool_calls");
    struct rp_wire_at function = rp_wire_key(message, "function_call");
    struct rp_wire_item *item;

    RP_TRY(rp_wire_list(doc, &calls));
    for (uint32_t i = 0; i < rp_len(calls.v); i++) {
        struct rp_wire_at call = rp_wire_item(&calls, i);
        RP_TRY(read_call(r, doc, &call));
    }
    if (function.v.tag == RP_NIL)
        return RP_OK;
    if (rp_len(calls.v) > 0)
        return rp_wire_refuse(doc, &function, "beside tool_calls it is not clear what it means");
    rp_wire_rule(doc, RP_RULE_FUNCTION_CALL);
    RP_TRY(rp_wire_item_add(r, RP_WIRE_ITEM_CALL, &item));
    return read_function(doc, &function, item);
}

static int read_message(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                        const struct rp_wire_at *message, struct rp_heap *h,
                        struct rp_value *contents)
{
    struct rp_str text;
    int has;

    RP_TRY(rp_wire_need_map(doc, message));
    RP_TRY(rp_chat_role(doc, message, &has));
    if (!has)
        rp_wire_rule(doc, RP_RULE_NO_ROLE);
    RP_TRY(rp_chat_text(r, doc, message, &text, &has));
    if (has)
        RP_TRY(rp_list_add(h, contents, rp_content_text(h, rp_text(h, text.s, text.n))));
    RP_TRY(read_calls(r, doc, message));
    return rp_wire_add_calls(r, doc, h, contents);
}

int rp_chat_read_whole(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                       const struct rp_wire_at *root, struct rp_heap *h, struct rp_value *contents)
{
    struct rp_wire_at error = rp_wire_key(root, "error"), choices = rp_wire_key(root, "choices");
    struct rp_wire_at choice, message;
    int has;

    if (error.v.tag != RP_NIL)
        return rp_wire_refuse_error(doc, &error);
    RP_TRY(rp_wire_need_list(doc, &choices));
    RP_TRY(rp_chat_choice(doc, &choices, &choice, &has));
    if (!has)
        return rp_wire_refuse(doc, &choices, "the reply has no choice");
    message = rp_wire_key(&choice, "message");
    RP_TRY(read_message(r, doc, &message, h, contents));
    RP_TRY(rp_chat_finish(r, doc, &choice, &has));
    if (!has)
        rp_wire_rule(doc, RP_RULE_NO_FINISH);
    if (r->flags & RP_CHAT_REFUSED)
        rp_wire_set_finish(r, rp_str("refusal"));
    return rp_chat_usage(r, doc, root);
}
