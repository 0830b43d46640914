/* chat_stream.c - owns the reading of a stream: chunks, their one choice, and how it ends. A stream
 * is whole when a finish reason or [DONE] came; one that has neither was cut. */
#include <string.h>

#include "chat.h"

static const char DONE[] = "[DONE]";

int rp_chat_read_mark(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str data,
                      int *is)
{
    while (data.n > 0 && rp_str_blank((struct rp_str){data.s, 1})) {
        data.s++;
        data.n--;
    }
    while (data.n > 0 && rp_str_blank((struct rp_str){data.s + data.n - 1, 1}))
        data.n--;
    *is = rp_str_equal(data, rp_str(DONE));
    if (!*is)
        return RP_OK;
    if (r->end_mark)
        rp_wire_rule(doc, RP_RULE_AFTER_END);
    r->end_mark = 1;
    return RP_OK;
}

/* An empty text beside the role, before anything else, only opens the stream. */
static int is_opening(const struct rp_wire_reader *r, int has_role, struct rp_str text)
{
    return has_role && text.n == 0 && !(r->flags & (RP_CHAT_ROLE | RP_CHAT_SPOKE));
}

static int read_calls(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *delta)
{
    struct rp_wire_at calls = rp_wire_key(delta, "tool_calls");
    struct rp_wire_at function = rp_wire_key(delta, "function_call");

    RP_TRY(rp_wire_list(doc, &calls));
    RP_TRY(rp_chat_call_pieces(r, doc, &calls));
    if (function.v.tag == RP_NIL)
        return RP_OK;
    if (rp_len(calls.v) > 0)
        return rp_wire_refuse(doc, &function, "beside tool_calls it is not clear what it means");
    return rp_chat_function_piece(r, doc, &function);
}

/* The text of the delta, *has 0 when there is none that counts; its calls are kept. */
static int read_delta(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *delta, struct rp_str *text, int *has)
{
    int64_t pieces = r->number;
    int has_role;

    RP_TRY(rp_chat_role(doc, delta, &has_role));
    RP_TRY(rp_chat_text(r, doc, delta, text, has));
    if (*has && is_opening(r, has_role, *text))
        *has = 0;
    if (has_role)
        r->flags |= RP_CHAT_ROLE;
    if (*has)
        r->flags |= RP_CHAT_SPOKE;
    RP_TRY(read_calls(r, doc, delta));
    if (!(r->flags & RP_CHAT_FINISHED) || (!*has && r->number == pieces))
        return RP_OK;
    rp_wire_rule(doc, RP_RULE_AFTER_FINISH);
    return rp_wire_say_held(r);
}

/* What stands beside delta, or in its place, and cannot be left out. */
static int refuse_other(struct rp_wire_doc *doc, const struct rp_wire_at *choice)
{
    struct rp_wire_at message = rp_wire_key(choice, "message"), text = rp_wire_key(choice, "text");

    if (message.v.tag != RP_NIL)
        return rp_wire_refuse(doc, &message, "a stream has deltas, not messages");
    if (text.v.tag != RP_NIL)
        return rp_wire_refuse(doc, &text, "a stream of chat has deltas, not texts");
    rp_wire_rule(doc, RP_RULE_NO_DELTA);
    return RP_OK;
}

static int read_choice(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                       const struct rp_wire_at *choice)
{
    struct rp_wire_at delta = rp_wire_key(choice, "delta");
    struct rp_str text = {"", 0};
    int has = 0, finished;

    RP_TRY(rp_wire_map(doc, &delta));
    if (delta.v.tag == RP_NIL)
        RP_TRY(refuse_other(doc, choice));
    else
        RP_TRY(read_delta(r, doc, &delta, &text, &has));
    RP_TRY(rp_chat_finish(r, doc, choice, &finished));
    if (finished)
        r->flags |= RP_CHAT_FINISHED;
    if (!has)
        return RP_OK;
    return finished ? rp_wire_say_last(r, text) : rp_wire_say(r, text);
}

int rp_chat_read_event(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str name,
                       const struct rp_wire_at *root)
{
    struct rp_wire_at error = rp_wire_key(root, "error"), choices = rp_wire_key(root, "choices");
    struct rp_wire_at choice;
    int has;

    if (error.v.tag != RP_NIL || rp_str_equal(name, rp_str("error")))
        return rp_wire_refuse_error(doc, error.v.tag != RP_NIL ? &error : root);
    RP_TRY(rp_chat_usage(r, doc, root));
    RP_TRY(rp_chat_choice(doc, &choices, &choice, &has));
    if (r->end_mark && has)
        return rp_wire_refuse(doc, &choices, "a chunk after [DONE]");
    if (has)
        return read_choice(r, doc, &choice);
    if (r->end_mark)
        rp_wire_rule(doc, RP_RULE_AFTER_END);
    else if (rp_map_get(root->v, "usage").tag == RP_NIL)
        rp_wire_rule(doc, RP_RULE_NO_CHOICES);
    return RP_OK;
}

/* Every call has a name, and when nobody said that the reply is complete, whole arguments. */
static int check_calls(struct rp_wire_reader *r, struct rp_wire_doc *doc)
{
    int whole;

    for (size_t i = 0; i < r->n_items; i++) {
        const struct rp_wire_item *item = r->items + i;
        if (item->name.n == 0)
            return rp_wire_refuse(doc, NULL, "a call of the reply has no name");
        if (r->flags & RP_CHAT_FINISHED)
            continue;
        RP_TRY(rp_wire_is_object(r, &item->arguments, &whole));
        if (!whole)
            return rp_wire_refuse(
                doc, NULL, "no finish reason came, and the arguments of \"%s\" are not whole",
                item->name.s);
    }
    return RP_OK;
}

int rp_chat_read_end(struct rp_wire_reader *r, struct rp_wire_doc *doc)
{
    int finished = (r->flags & RP_CHAT_FINISHED) != 0;

    if (!finished && !r->end_mark)
        return rp_wire_refuse(doc, NULL,
                              "the stream stops before its end: no finish reason and no [DONE]");
    if (!finished)
        rp_wire_rule(doc, RP_RULE_NO_FINISH);
    if (!r->end_mark)
        rp_wire_rule(doc, RP_RULE_NO_END_MARK);
    if (!(r->flags & RP_CHAT_ROLE))
        rp_wire_rule(doc, RP_RULE_NO_ROLE);
    if (r->flags & RP_CHAT_REFUSED)
        rp_wire_set_finish(r, rp_str("refusal"));
    return check_calls(r, doc);
}
