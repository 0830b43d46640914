/* responses_write.c - owns replies of OpenAI Responses as a server writes them, whole and streamed.
 *
 * Texts that follow each other, also over several updates, are one message with one part; each
 * call is an item of its own. Numbers and ids of items follow from their order, so the object that
 * ends a stream is the one that a whole reply is. Every event of an item's life is written: added,
 * part added, delta, done, part done, item done. A reply whose finish is refusal is written as
 * refusal parts. An update without contents cannot be said and is left out. */
#include "responses.h"

#include <string.h>

#include "engine/base/json.h"

/* What is written: the contents of a whole reply, or those of all updates; and a place in it. */
struct walk {
    const struct rp_wire_reply *reply;
    int whole;
    uint32_t piece, at;
    uint32_t items; /* output items begun so far */
};

static struct rp_value piece_of(const struct walk *walk, uint32_t i)
{
    return walk->whole ? walk->reply->contents : rp_wire_update(walk->reply, i);
}

/* The content at the place, past the ends of pieces; 0 when there is none. */
static int here(struct walk *walk, struct rp_value *content)
{
    uint32_t n = walk->whole ? 1 : rp_wire_updates(walk->reply);

    for (; walk->piece < n; walk->piece++, walk->at = 0) {
        struct rp_value piece = piece_of(walk, walk->piece);
        if (walk->at < rp_len(piece)) {
            *content = rp_at(piece, walk->at);
            return 1;
        }
    }
    return 0;
}

static int refuses(const struct rp_wire_reply *reply)
{
    return rp_same(rp_wire_finish_of(reply), "refusal");
}

/* Goes on with the JSON string that ends out. */
static int put_more(struct rp_buf *out, struct rp_str text)
{
    size_t at = out->n - 1;

    rp_buf_cut(out, at);
    RP_TRY(rp_json_write_str(out, text));
    memmove(out->s + at, out->s + at + 1, out->n - at - 1);
    rp_buf_cut(out, out->n - 1);
    return RP_OK;
}

/* The texts from the place on, up to a call, as one JSON string; the place moves behind them. */
static int put_run(struct rp_buf *out, struct walk *walk)
{
    struct rp_value content;

    RP_TRY(rp_buf_addz(out, "\"\""));
    for (; here(walk, &content) && rp_kind(content) == RP_K_C_TEXT; walk->at++)
        RP_TRY(put_more(out, rp_str_of(rp_c_text_of(content)->text)));
    return RP_OK;
}

/* ---- items ---- */

/* "msg_reply_1_0": kind, reply, number. */
static void put_id(struct rp_buf *out, const char *key, const char *kind,
                   const struct rp_wire_reply *reply, uint32_t index)
{
    rp_wire_put_key(out, key);
    rp_buf_addc(out, '"');
    rp_buf_addz(out, kind);
    if (rp_buf_addz(out, "_\"") != RP_OK || put_more(out, rp_str(reply->id)) != RP_OK)
        return; /* out->failed says so */
    rp_buf_cut(out, out->n - 1);
    rp_buf_addc(out, '_');
    rp_buf_add_int(out, index);
    rp_buf_addc(out, '"');
}

/* A part up to its text, which is "" or comes next. */
static void begin_part(struct rp_buf *out, int refusal)
{
    rp_buf_addc(out, '{');
    rp_wire_put_str(out, "type", refusal ? "refusal" : "output_text");
    if (!refusal)
        rp_buf_addz(out, ",\"annotations\":[],\"logprobs\":[]");
    rp_wire_put_key(out, refusal ? "refusal" : "text");
}

static void begin_message(struct rp_buf *out, const struct walk *walk, const char *status)
{
    rp_buf_addc(out, '{');
    put_id(out, "id", "msg", walk->reply, walk->items);
    rp_wire_put_str(out, "type", "message");
    rp_wire_put_str(out, "status", status);
    rp_wire_put_str(out, "role", "assistant");
    rp_wire_put_key(out, "content");
    rp_buf_addc(out, '[');
}

static int put_message(struct rp_buf *out, struct walk *walk, const char *status)
{
    begin_message(out, walk, status);
    begin_part(out, refuses(walk->reply));
    RP_TRY(put_run(out, walk));
    walk->items++;
    return rp_buf_addz(out, "}]}");
}

/* with: its arguments, or else none of them yet. */
static int put_call(struct rp_buf *out, struct walk *walk, const struct rp_c_call *call,
                    const char *status, int with)
{
    rp_buf_addc(out, '{');
    put_id(out, "id", "fc", walk->reply, walk->items);
    rp_wire_put_str(out, "type", "function_call");
    rp_wire_put_str(out, "status", status);
    rp_wire_put_text(out, "call_id", call->id);
    rp_wire_put_text(out, "name", call->name);
    if (with)
        rp_wire_put_text(out, "arguments", call->arguments);
    else
        rp_wire_put_str(out, "arguments", "");
    return rp_buf_addc(out, '}');
}

/* ---- the object of a response ---- */

static int is_cut(const struct rp_wire_reply *reply)
{
    const char *finish = rp_wire_finish_of(reply);

    return rp_same(finish, "length") || rp_same(finish, "content_filter");
}

static const char *status_of(const struct rp_wire_reply *reply)
{
    return is_cut(reply) ? "incomplete" : "completed";
}

static int put_output(struct rp_buf *out, const struct rp_wire_reply *reply, int whole)
{
    struct walk walk = {.reply = reply, .whole = whole};
    struct rp_value content;

    while (here(&walk, &content)) {
        if (walk.items > 0)
            rp_buf_addc(out, ',');
        if (rp_kind(content) == RP_K_C_TEXT) {
            RP_TRY(put_message(out, &walk, status_of(reply)));
            continue;
        }
        RP_TRY(put_call(out, &walk, rp_c_call_of(content), status_of(reply), 1));
        walk.items++;
        walk.at++;
    }
    return out->failed;
}

static void put_usage(struct rp_buf *out, struct rp_value usage)
{
    rp_wire_put_key(out, "usage");
    rp_buf_addc(out, '{');
    rp_wire_put_int(out, "input_tokens", rp_wire_usage_of(usage, "input_tokens"));
    rp_buf_addz(out, ",\"input_tokens_details\":{\"cached_tokens\":0}");
    rp_wire_put_int(out, "output_tokens", rp_wire_usage_of(usage, "output_tokens"));
    rp_buf_addz(out, ",\"output_tokens_details\":{\"reasoning_tokens\":0}");
    rp_wire_put_int(out, "total_tokens", rp_wire_usage_of(usage, "total_tokens"));
    rp_buf_addc(out, '}');
}

static void put_incomplete(struct rp_buf *out, const struct rp_wire_reply *reply)
{
    if (!is_cut(reply)) {
        rp_wire_put_str(out, "incomplete_details", NULL);
        return;
    }
    rp_wire_put_key(out, "incomplete_details");
    rp_buf_addc(out, '{');
    rp_wire_put_str(out, "reason",
                    rp_same(rp_wire_finish_of(reply), "length") ? "max_output_tokens"
                                                                : "content_filter");
    rp_buf_addc(out, '}');
}

/* The response as it stands before its end: without output, usage and an end. */
static void put_begun(struct rp_buf *out, const struct rp_wire_reply *reply, const char *status)
{
    rp_buf_addc(out, '{');
    rp_wire_put_str(out, "id", reply->id ? reply->id : "");
    rp_wire_put_str(out, "object", "response");
    rp_wire_put_int(out, "created_at", reply->created);
    rp_wire_put_str(out, "status", status);
    rp_wire_put_str(out, "model", reply->model ? reply->model : "");
    rp_buf_addz(out, ",\"background\":false,\"error\":null,\"instructions\":null,"
                     "\"max_output_tokens\":null,\"metadata\":{},\"parallel_tool_calls\":true,"
                     "\"previous_response_id\":null,\"reasoning\":{\"effort\":null,"
                     "\"summary\":null},\"service_tier\":\"default\",\"store\":false,"
                     "\"temperature\":null,\"text\":{\"format\":{\"type\":\"text\"}},"
                     "\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":null,"
                     "\"truncation\":\"disabled\",\"user\":null");
}

static int put_ended(struct rp_buf *out, const struct rp_wire_reply *reply, int whole)
{
    put_begun(out, reply, status_of(reply));
    put_incomplete(out, reply);
    rp_wire_put_key(out, "output");
    rp_buf_addc(out, '[');
    RP_TRY(put_output(out, reply, whole));
    rp_buf_addc(out, ']');
    put_usage(out, reply->usage);
    return rp_buf_addc(out, '}');
}

int rp_responses_write_whole(const struct rp_wire_reply *reply, struct rp_buf *out)
{
    return put_ended(out, reply, 1);
}

/* ---- events ---- */

static void begin_event(struct rp_wire_writer *w, struct rp_buf *out, const char *type)
{
    rp_buf_addz(out, "event: ");
    rp_buf_addz(out, type);
    rp_buf_addz(out, "\ndata: {");
    rp_wire_put_str(out, "type", type);
    rp_wire_put_int(out, "sequence_number", w->sequence++);
}

static int end_event(struct rp_buf *out)
{
    return rp_buf_addz(out, "}\n\n");
}

static void put_life(struct rp_wire_writer *w, struct rp_buf *out, const char *type)
{
    begin_event(w, out, type);
    rp_wire_put_key(out, "response");
    put_begun(out, w->reply, "in_progress");
    rp_buf_addz(out, ",\"incomplete_details\":null,\"output\":[],\"usage\":null}");
    end_event(out);
}

/* An event of an item as such; the item comes next. */
static void begin_item_event(struct rp_wire_writer *w, struct rp_buf *out, const char *type)
{
    begin_event(w, out, type);
    rp_wire_put_int(out, "output_index", w->items);
    rp_wire_put_key(out, "item");
}

/* An event below an item of that kind ("msg" or "fc"). */
static void begin_below(struct rp_wire_writer *w, struct rp_buf *out, const char *type,
                        const char *kind)
{
    begin_event(w, out, type);
    put_id(out, "item_id", kind, w->reply, w->items);
    rp_wire_put_int(out, "output_index", w->items);
    if (rp_same(kind, "msg"))
        rp_wire_put_int(out, "content_index", 0);
}

/* Contents before that piece. */
static size_t contents_before(const struct rp_wire_reply *reply, uint32_t piece)
{
    size_t n = 0;

    for (uint32_t i = 0; i < piece; i++)
        n += rp_len(rp_wire_update(reply, i));
    return n;
}

/* The walk at the first text of the message that is open. */
static struct walk open_run(const struct rp_wire_writer *w)
{
    struct walk walk = {.reply = w->reply, .items = w->items};
    size_t left = w->text_from;

    for (;; walk.piece++) {
        uint32_t n = rp_len(rp_wire_update(w->reply, walk.piece));
        if (left < n)
            break;
        left -= n;
    }
    walk.at = (uint32_t)left;
    return walk;
}

static void open_message(struct rp_wire_writer *w, struct rp_buf *out, uint32_t piece, uint32_t at)
{
    struct walk walk = {.reply = w->reply, .items = w->items};

    begin_item_event(w, out, "response.output_item.added");
    begin_message(out, &walk, "in_progress");
    rp_buf_addz(out, "]}");
    end_event(out);
    begin_below(w, out, "response.content_part.added", "msg");
    rp_wire_put_key(out, "part");
    begin_part(out, refuses(w->reply));
    rp_buf_addz(out, "\"\"}");
    end_event(out);
    w->open = 1;
    w->text_from = contents_before(w->reply, piece) + at;
}

static int close_message(struct rp_wire_writer *w, struct rp_buf *out)
{
    int refusal = refuses(w->reply);
    struct walk walk;

    if (!w->open)
        return RP_OK;
    begin_below(w, out, refusal ? "response.refusal.done" : "response.output_text.done", "msg");
    if (!refusal)
        rp_buf_addz(out, ",\"logprobs\":[]");
    rp_wire_put_key(out, refusal ? "refusal" : "text");
    walk = open_run(w);
    RP_TRY(put_run(out, &walk));
    end_event(out);
    begin_below(w, out, "response.content_part.done", "msg");
    rp_wire_put_key(out, "part");
    begin_part(out, refusal);
    walk = open_run(w);
    RP_TRY(put_run(out, &walk));
    rp_buf_addc(out, '}');
    end_event(out);
    begin_item_event(w, out, "response.output_item.done");
    walk = open_run(w);
    RP_TRY(put_message(out, &walk, status_of(w->reply)));
    w->open = 0;
    w->items++;
    return end_event(out);
}

/* The texts of a piece from *at on, up to a call, as one delta. */
static int put_delta(struct rp_wire_writer *w, struct rp_buf *out, uint32_t piece, uint32_t *at)
{
    struct rp_value contents = rp_wire_update(w->reply, piece);
    int refusal = refuses(w->reply);
    uint32_t from = *at;

    while (*at < rp_len(contents) && rp_kind(rp_at(contents, *at)) == RP_K_C_TEXT)
        ++*at;
    if (!w->open)
        open_message(w, out, piece, from);
    begin_below(w, out, refusal ? "response.refusal.delta" : "response.output_text.delta", "msg");
    if (!refusal)
        rp_buf_addz(out, ",\"logprobs\":[]");
    rp_wire_put_key(out, "delta");
    RP_TRY(rp_wire_put_texts_of(out, contents, from, *at));
    RP_TRY(rp_wire_put_with_calls(out, contents));
    return end_event(out);
}

static int put_call_events(struct rp_wire_writer *w, struct rp_buf *out,
                           const struct rp_c_call *call)
{
    struct walk walk = {.reply = w->reply};

    RP_TRY(close_message(w, out));
    walk.items = w->items;
    begin_item_event(w, out, "response.output_item.added");
    put_call(out, &walk, call, "in_progress", 0);
    end_event(out);
    if (rp_str_of(call->arguments).n > 0) {
        begin_below(w, out, "response.function_call_arguments.delta", "fc");
        rp_wire_put_text(out, "delta", call->arguments);
        end_event(out);
    }
    begin_below(w, out, "response.function_call_arguments.done", "fc");
    rp_wire_put_text(out, "name", call->name);
    rp_wire_put_text(out, "arguments", call->arguments);
    end_event(out);
    begin_item_event(w, out, "response.output_item.done");
    put_call(out, &walk, call, status_of(w->reply), 1);
    w->items++;
    return end_event(out);
}

static int put_piece(struct rp_wire_writer *w, struct rp_buf *out, uint32_t piece)
{
    struct rp_value contents = rp_wire_update(w->reply, piece);

    for (uint32_t at = 0; at < rp_len(contents);) {
        if (rp_kind(rp_at(contents, at)) == RP_K_C_TEXT)
            RP_TRY(put_delta(w, out, piece, &at));
        else
            RP_TRY(put_call_events(w, out, rp_c_call_of(rp_at(contents, at++))));
    }
    return out->failed;
}

static int put_end(struct rp_wire_writer *w, struct rp_buf *out)
{
    RP_TRY(close_message(w, out));
    begin_event(w, out, is_cut(w->reply) ? "response.incomplete" : "response.completed");
    rp_wire_put_key(out, "response");
    RP_TRY(put_ended(out, w->reply, 0));
    return end_event(out);
}

int rp_responses_write_piece(struct rp_wire_writer *w, struct rp_buf *out, int *more)
{
    if (w->next == 0) {
        put_life(w, out, "response.created");
        put_life(w, out, "response.in_progress");
    } else {
        RP_TRY(put_piece(w, out, w->next - 1));
    }
    *more = w->next < rp_wire_updates(w->reply);
    if (!*more)
        RP_TRY(put_end(w, out));
    w->next++;
    return out->failed;
}
