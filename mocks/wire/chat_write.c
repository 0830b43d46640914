/* chat_write.c - owns replies as Chat Completions says them: whole, and as chunks of a stream.
 *
 * A stream begins with a chunk that has the role and an empty text, as the service's own do; then
 * comes one chunk an update, of which the last has the finish reason, so that a text and calls that
 * were one update are one again when they are read. */
#include "chat.h"

#include "engine/base/json.h"

static const char *finish_reason(const char *finish)
{
    return rp_same(finish, "refusal") ? "stop" : finish;
}

static int is_refusal(const struct rp_wire_reply *reply)
{
    return reply->finish && rp_same(reply->finish, "refusal");
}

/* One call; index -1: without one, in a whole reply. */
static int put_call(struct rp_buf *out, const struct rp_c_call *call, int64_t index)
{
    RP_TRY(rp_buf_addc(out, '{'));
    if (index >= 0)
        RP_TRY(rp_wire_put_int(out, "index", index));
    RP_TRY(rp_wire_put_text(out, "id", call->id));
    RP_TRY(rp_buf_addz(out, ",\"type\":\"function\",\"function\":{"));
    RP_TRY(rp_wire_put_text(out, "name", call->name));
    RP_TRY(rp_wire_put_text(out, "arguments", call->arguments));
    return rp_buf_add(out, "}}", 2);
}

int rp_chat_put_calls(struct rp_buf *out, struct rp_value contents, uint32_t *calls)
{
    int first = 1;

    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value content = rp_at(contents, i);
        if (rp_kind(content) != RP_K_C_CALL)
            continue;
        RP_TRY(first ? rp_wire_put_key(out, "tool_calls") : rp_buf_addc(out, ','));
        if (first)
            RP_TRY(rp_buf_addc(out, '['));
        RP_TRY(put_call(out, rp_c_call_of(content), calls ? (int64_t)(*calls)++ : -1));
        first = 0;
    }
    return first ? RP_OK : rp_buf_addc(out, ']');
}

static int put_usage(struct rp_buf *out, struct rp_value usage)
{
    RP_TRY(rp_wire_put_key(out, "usage"));
    RP_TRY(rp_buf_addc(out, '{'));
    RP_TRY(rp_wire_put_int(out, "prompt_tokens", rp_wire_usage_of(usage, "input_tokens")));
    RP_TRY(rp_wire_put_int(out, "completion_tokens", rp_wire_usage_of(usage, "output_tokens")));
    RP_TRY(rp_wire_put_int(out, "total_tokens", rp_wire_usage_of(usage, "total_tokens")));
    return rp_buf_addc(out, '}');
}

static int put_head(struct rp_buf *out, const struct rp_wire_reply *reply, const char *object)
{
    RP_TRY(rp_buf_addc(out, '{'));
    RP_TRY(rp_wire_put_str(out, "id", reply->id ? reply->id : ""));
    RP_TRY(rp_wire_put_str(out, "object", object));
    RP_TRY(rp_wire_put_int(out, "created", reply->created));
    return rp_wire_put_str(out, "model", reply->model ? reply->model : "");
}

static int put_text(struct rp_buf *out, const char *key, struct rp_value contents)
{
    RP_TRY(rp_wire_put_key(out, key));
    return rp_wire_put_texts(out, contents);
}

/* content and refusal: one of them null at least. */
static int put_message_text(struct rp_buf *out, const struct rp_wire_reply *reply)
{
    int has = rp_wire_has_text(reply->contents), refusal = is_refusal(reply);

    if (has && refusal) {
        RP_TRY(rp_wire_put_str(out, "content", NULL));
        return put_text(out, "refusal", reply->contents);
    }
    RP_TRY(has ? put_text(out, "content", reply->contents) : rp_wire_put_str(out, "content", NULL));
    return rp_wire_put_str(out, "refusal", NULL);
}

int rp_chat_write_whole(const struct rp_wire_reply *reply, struct rp_buf *out)
{
    RP_TRY(put_head(out, reply, "chat.completion"));
    RP_TRY(rp_buf_addz(out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\""));
    RP_TRY(put_message_text(out, reply));
    RP_TRY(rp_chat_put_calls(out, reply->contents, NULL));
    RP_TRY(rp_buf_addz(out, "},\"logprobs\":null"));
    RP_TRY(rp_wire_put_str(out, "finish_reason", finish_reason(rp_wire_finish_of(reply))));
    RP_TRY(rp_buf_addz(out, "}]"));
    RP_TRY(put_usage(out, reply->usage));
    return rp_buf_addc(out, '}');
}

/* ---- streams -------------------------------------------------------------------------------- */

static int begin_chunk(struct rp_wire_writer *w, struct rp_buf *out)
{
    RP_TRY(rp_buf_addz(out, "data: "));
    return put_head(out, w->reply, "chat.completion.chunk");
}

static int begin_delta(struct rp_wire_writer *w, struct rp_buf *out)
{
    RP_TRY(begin_chunk(w, out));
    return rp_buf_addz(out, ",\"choices\":[{\"index\":0,\"delta\":{");
}

static int end_delta(struct rp_buf *out, const char *finish)
{
    RP_TRY(rp_buf_addz(out, "},\"logprobs\":null"));
    RP_TRY(rp_wire_put_str(out, "finish_reason", finish));
    return rp_buf_addz(out, "}]}\n\n");
}

static int put_first(struct rp_wire_writer *w, struct rp_buf *out)
{
    RP_TRY(begin_delta(w, out));
    RP_TRY(rp_buf_addz(out, "\"role\":\"assistant\",\"content\":\"\""));
    return end_delta(out, NULL);
}

static int put_last(struct rp_wire_writer *w, struct rp_buf *out)
{
    if (w->usage) {
        RP_TRY(begin_chunk(w, out));
        RP_TRY(rp_buf_addz(out, ",\"choices\":[]"));
        RP_TRY(put_usage(out, w->reply->usage));
        RP_TRY(rp_buf_addz(out, "}\n\n"));
    }
    return rp_buf_addz(out, "data: [DONE]\n\n");
}

int rp_chat_write_piece(struct rp_wire_writer *w, struct rp_buf *out, int *more)
{
    uint32_t n = rp_wire_updates(w->reply), i = w->next++;
    struct rp_value contents;
    const char *finish = NULL;

    *more = i < n;
    if (i == 0)
        return put_first(w, out);
    contents = rp_wire_update(w->reply, i - 1);
    RP_TRY(begin_delta(w, out));
    if (rp_wire_has_text(contents))
        RP_TRY(put_text(out, is_refusal(w->reply) ? "refusal" : "content", contents));
    RP_TRY(rp_chat_put_calls(out, contents, &w->calls));
    if (!*more)
        finish = finish_reason(rp_wire_finish_of(w->reply));
    RP_TRY(end_delta(out, finish));
    return *more ? RP_OK : put_last(w, out);
}

/* ---- errors --------------------------------------------------------------------------------- */

static const char *error_type(int status)
{
    switch (status) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 404:
        return "not_found_error";
    case 429:
        return "rate_limit_error";
    }
    return status >= 500 ? "server_error" : "invalid_request_error";
}

int rp_chat_write_error(int status, const char *type, const char *text, struct rp_buf *out)
{
    RP_TRY(rp_buf_addz(out, "{\"error\":{"));
    RP_TRY(rp_wire_put_str(out, "message", text));
    RP_TRY(rp_wire_put_str(out, "type", type ? type : error_type(status)));
    RP_TRY(rp_wire_put_str(out, "param", NULL));
    RP_TRY(rp_wire_put_str(out, "code", NULL));
    return rp_buf_add(out, "}}", 2);
}
