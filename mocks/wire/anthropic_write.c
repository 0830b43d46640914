/* anthropic_write.c - owns replies of Anthropic Messages as a server writes them, whole and
 * streamed.
 *
 * A whole reply has one block of text, when it has any text, and then its calls. In a stream texts
 * that follow each other, also over several updates, are one block; each call is a block of its
 * own. An update without contents cannot be said and is left out. */
#include "anthropic.h"

#include "engine/base/json.h"

/* ---- what whole and streamed replies share ---- */

static int put_usage(struct rp_buf *out, struct rp_value usage, int begins)
{
    RP_TRY(rp_wire_put_key(out, "usage"));
    RP_TRY(rp_buf_addc(out, '{'));
    RP_TRY(rp_wire_put_int(out, "input_tokens", rp_wire_usage_of(usage, "input_tokens")));
    RP_TRY(rp_buf_addz(out, ",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0"));
    RP_TRY(rp_wire_put_int(out, "output_tokens",
                           begins ? 0 : rp_wire_usage_of(usage, "output_tokens")));
    return rp_buf_addc(out, '}');
}

/* A message up to its content. */
static int begin_message(struct rp_buf *out, const struct rp_wire_reply *reply)
{
    RP_TRY(rp_buf_addc(out, '{'));
    RP_TRY(rp_wire_put_str(out, "id", reply->id ? reply->id : ""));
    RP_TRY(rp_wire_put_str(out, "type", "message"));
    RP_TRY(rp_wire_put_str(out, "role", "assistant"));
    RP_TRY(rp_wire_put_str(out, "model", reply->model ? reply->model : ""));
    RP_TRY(rp_wire_put_str(out, "container", NULL));
    RP_TRY(rp_wire_put_key(out, "content"));
    return rp_buf_addc(out, '[');
}

/* stop_reason NULL: none yet. */
static int put_stop(struct rp_buf *out, const char *stop_reason)
{
    RP_TRY(rp_wire_put_str(out, "stop_reason", stop_reason));
    RP_TRY(rp_wire_put_str(out, "stop_sequence", NULL));
    return rp_wire_put_str(out, "stop_details", NULL);
}

static const char *stop_reason_of(const struct rp_wire_reply *reply)
{
    return rp_anthropic_stop_reason(rp_wire_finish_of(reply));
}

/* A call up to its input. */
static int begin_call(struct rp_buf *out, const struct rp_c_call *call)
{
    RP_TRY(rp_buf_addc(out, '{'));
    RP_TRY(rp_wire_put_str(out, "type", "tool_use"));
    RP_TRY(rp_wire_put_text(out, "id", call->id));
    RP_TRY(rp_wire_put_text(out, "name", call->name));
    return rp_wire_put_key(out, "input");
}

/* ---- whole ---- */

static int put_content(struct rp_buf *out, struct rp_value contents)
{
    int first = 1;

    if (rp_wire_has_text(contents)) {
        RP_TRY(rp_buf_addz(out, "{\"type\":\"text\",\"text\":"));
        RP_TRY(rp_wire_put_texts(out, contents));
        RP_TRY(rp_buf_addc(out, '}'));
        first = 0;
    }
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value content = rp_at(contents, i);
        if (rp_kind(content) != RP_K_C_CALL)
            continue;
        if (!first)
            RP_TRY(rp_buf_addc(out, ','));
        RP_TRY(begin_call(out, rp_c_call_of(content)));
        RP_TRY(rp_anthropic_put_input(out, rp_str_of(rp_c_call_of(content)->arguments)));
        RP_TRY(rp_buf_addc(out, '}'));
        first = 0;
    }
    return RP_OK;
}

int rp_anthropic_write_whole(const struct rp_wire_reply *reply, struct rp_buf *out)
{
    RP_TRY(begin_message(out, reply));
    RP_TRY(put_content(out, reply->contents));
    RP_TRY(rp_buf_addc(out, ']'));
    RP_TRY(put_stop(out, stop_reason_of(reply)));
    RP_TRY(put_usage(out, reply->usage, 0));
    return rp_buf_addc(out, '}');
}

/* ---- streamed ---- */

static int begin_event(struct rp_buf *out, const char *type)
{
    RP_TRY(rp_buf_addz(out, "event: "));
    RP_TRY(rp_buf_addz(out, type));
    RP_TRY(rp_buf_addz(out, "\ndata: {"));
    return rp_wire_put_str(out, "type", type);
}

static int end_event(struct rp_buf *out)
{
    return rp_buf_addz(out, "}\n\n");
}

static int begin_block_event(struct rp_wire_writer *w, struct rp_buf *out, const char *type)
{
    RP_TRY(begin_event(out, type));
    return rp_wire_put_int(out, "index", w->items);
}

static int put_start(struct rp_wire_writer *w, struct rp_buf *out)
{
    RP_TRY(begin_event(out, "message_start"));
    RP_TRY(rp_wire_put_key(out, "message"));
    RP_TRY(begin_message(out, w->reply));
    RP_TRY(rp_buf_addc(out, ']'));
    RP_TRY(put_stop(out, NULL));
    RP_TRY(put_usage(out, w->reply->usage, 1));
    RP_TRY(rp_buf_addc(out, '}'));
    return end_event(out);
}

static int stop_block(struct rp_wire_writer *w, struct rp_buf *out)
{
    if (!w->open)
        return RP_OK;
    RP_TRY(begin_block_event(w, out, "content_block_stop"));
    w->open = 0;
    w->items++;
    return end_event(out);
}

static int start_text(struct rp_wire_writer *w, struct rp_buf *out)
{
    if (w->open)
        return RP_OK;
    w->open = 1;
    RP_TRY(begin_block_event(w, out, "content_block_start"));
    RP_TRY(rp_buf_addz(out, ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
    return end_event(out);
}

/* The texts from *at on, up to a call, as one piece. */
static int put_text(struct rp_wire_writer *w, struct rp_buf *out, struct rp_value contents,
                    uint32_t *at)
{
    uint32_t from = *at;

    while (*at < rp_len(contents) && rp_kind(rp_at(contents, *at)) == RP_K_C_TEXT)
        ++*at;
    RP_TRY(start_text(w, out));
    RP_TRY(begin_block_event(w, out, "content_block_delta"));
    RP_TRY(rp_buf_addz(out, ",\"delta\":{\"type\":\"text_delta\",\"text\":"));
    RP_TRY(rp_wire_put_texts_of(out, contents, from, *at));
    RP_TRY(rp_buf_addc(out, '}'));
    RP_TRY(rp_wire_put_with_calls(out, contents));
    return end_event(out);
}

static int put_call(struct rp_wire_writer *w, struct rp_buf *out, const struct rp_c_call *call)
{
    RP_TRY(stop_block(w, out));
    w->open = 1;
    RP_TRY(begin_block_event(w, out, "content_block_start"));
    RP_TRY(rp_wire_put_key(out, "content_block"));
    RP_TRY(begin_call(out, call));
    RP_TRY(rp_buf_addz(out, "{}}"));
    RP_TRY(end_event(out));
    RP_TRY(begin_block_event(w, out, "content_block_delta"));
    RP_TRY(rp_buf_addz(out, ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":"));
    RP_TRY(rp_anthropic_put_input_text(out, rp_str_of(call->arguments)));
    RP_TRY(rp_buf_addc(out, '}'));
    RP_TRY(end_event(out));
    return stop_block(w, out);
}

static int put_update(struct rp_wire_writer *w, struct rp_buf *out, struct rp_value contents)
{
    for (uint32_t at = 0; at < rp_len(contents);) {
        if (rp_kind(rp_at(contents, at)) == RP_K_C_TEXT)
            RP_TRY(put_text(w, out, contents, &at));
        else
            RP_TRY(put_call(w, out, rp_c_call_of(rp_at(contents, at++))));
    }
    return RP_OK;
}

static int put_end(struct rp_wire_writer *w, struct rp_buf *out)
{
    RP_TRY(stop_block(w, out));
    RP_TRY(begin_event(out, "message_delta"));
    RP_TRY(rp_wire_put_key(out, "delta"));
    RP_TRY(rp_buf_addc(out, '{'));
    RP_TRY(rp_wire_put_str(out, "container", NULL));
    RP_TRY(put_stop(out, stop_reason_of(w->reply)));
    RP_TRY(rp_buf_addc(out, '}'));
    RP_TRY(put_usage(out, w->reply->usage, 0));
    RP_TRY(end_event(out));
    RP_TRY(begin_event(out, "message_stop"));
    return end_event(out);
}

int rp_anthropic_write_piece(struct rp_wire_writer *w, struct rp_buf *out, int *more)
{
    uint32_t piece = w->next++;

    if (piece == 0)
        RP_TRY(put_start(w, out));
    else
        RP_TRY(put_update(w, out, rp_wire_update(w->reply, piece - 1)));
    *more = piece < rp_wire_updates(w->reply);
    return *more ? RP_OK : put_end(w, out);
}

/* ---- errors ---- */

static const char *error_type(int status)
{
    switch (status) {
    case 401:
        return "authentication_error";
    case 402:
        return "billing_error";
    case 403:
        return "permission_error";
    case 404:
        return "not_found_error";
    case 413:
        return "request_too_large";
    case 429:
        return "rate_limit_error";
    case 504:
        return "timeout_error";
    case 529:
        return "overloaded_error";
    }
    return status >= 500 ? "api_error" : "invalid_request_error";
}

int rp_anthropic_write_error(int status, const char *type, const char *text, struct rp_buf *out)
{
    RP_TRY(rp_buf_addz(out, "{\"type\":\"error\",\"error\":{"));
    RP_TRY(rp_wire_put_str(out, "type", type ? type : error_type(status)));
    RP_TRY(rp_wire_put_str(out, "message", text));
    return rp_buf_addz(out, "},\"request_id\":null}");
}
