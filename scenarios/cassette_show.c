/* cassette_show.c - one exchange of a cassette, for people. */
#include "cassette_show.h"

#include "cassette_list.h"
#include "engine/base/utf8.h"
#include "mocks/formats/formats.h"
#include "mocks/formats/said.h"
#include "mocks/wire/wire.h"

#include <string.h>

enum { DIGEST_SHOWN = 12 };

static void label(const struct rp_words *w, const char *name)
{
    rp_words_z(w, "\n  ");
    rp_words_z(w, name);
    for (size_t n = strlen(name); n < 12; n++)
        rp_words_z(w, " ");
}

/* ---- the first lines ------------------------------------------------------------------------- */

static void add_who(const struct rp_words *w, const struct rp_interaction *it)
{
    rp_words_z(w, "exchange ");
    rp_words_int(w, it->id);
    label(w, "lane");
    rp_words_name(w, rp_str(it->lane));
    rp_words_z(w, ", call ");
    rp_words_int(w, it->order);
    if (it->attempt > 0) {
        rp_words_z(w, ", retry ");
        rp_words_int(w, it->attempt);
    }
    label(w, "model");
    rp_words_name(w, rp_str(it->model ? it->model : "not told"));
    rp_words_z(w, it->dialect ? ", dialect " : "");
    rp_words_z(w, it->dialect ? it->dialect : "");
    label(w, "asked");
    rp_words_name(w, rp_str(it->method));
    rp_words_z(w, " ");
    rp_words_name(w, rp_str(it->url));
}

static void add_outcome(const struct rp_words *w, const struct rp_interaction *it)
{
    label(w, "answered");
    rp_words_outcome(w, it);
    rp_words_z(w, it->stream ? ", a stream, " : ", ");
    rp_words_bytes(w, it->n_body);
    rp_words_z(w, " in ");
    rp_words_count(w, (int64_t)it->n_chunks, "piece");
    if (it->failure_text && it->failure_text[0]) {
        label(w, "failure");
        rp_words_name(w, rp_str(it->failure_text));
    }
}

static void add_times(const struct rp_words *w, const struct rp_interaction *it)
{
    label(w, "time");
    rp_words_ms(w, it->started_us);
    rp_words_z(w, " ms into the recording; head after ");
    rp_words_ms(w, it->head_us);
    rp_words_z(w, " ms, all after ");
    rp_words_ms(w, rp_cassette_duration(it));
    rp_words_z(w, " ms");
    label(w, "recorded");
    rp_words_name(w, rp_str(it->recorded_at ? it->recorded_at : "at an unknown date"));
    rp_words_z(w, ", from ");
    rp_words_name(w, rp_str(it->source ? it->source : "nobody knows what"));
    label(w, "digest");
    rp_words_name(w, (struct rp_str){it->digest, strnlen(it->digest, DIGEST_SHOWN)});
    rp_words_z(w, "\n");
}

/* ---- bodies ---------------------------------------------------------------------------------- */

/* What no dialect reads is shown as it is, cut. */
static void add_bytes(const struct rp_words *w, const char *s, size_t n)
{
    size_t good = rp_utf8_bad(s, n);

    rp_words_z(w, "  ");
    if (n == 0)
        rp_words_z(w, "(nothing)");
    else if (good < n)
        rp_words_z(w, "(bytes that are no text; see --raw)");
    else
        rp_words_text(w, (struct rp_str){s, n});
    rp_words_z(w, "\n");
}

static void add_tools(const struct rp_words *w, struct rp_value tools)
{
    for (uint32_t i = 0; i < rp_len(tools); i++) {
        struct rp_value tool = rp_at(tools, i), what = rp_map_get(tool, "description");
        rp_words_z(w, "  may call ");
        rp_words_name(w, rp_str_of(rp_map_get(tool, "name")));
        if (what.tag == RP_TEXT) {
            rp_words_z(w, ": ");
            rp_words_text(w, rp_str_of(what));
        }
        rp_words_z(w, "\n");
    }
}

static void add_options(const struct rp_words *w, const struct rp_wire_request *request)
{
    for (uint32_t i = 0; i < rp_map_len(request->options); i++) {
        rp_words_z(w, i == 0 ? "  options: " : ", ");
        rp_words_name(w, rp_str_of(rp_map_key(request->options, i)));
        rp_words_z(w, " ");
        rp_words_value(w, rp_map_value(request->options, i));
    }
    rp_words_z(w, rp_map_len(request->options) > 0 ? "\n" : "");
    if (request->format.tag != RP_NIL)
        rp_words_z(w, "  answers in a given JSON Schema\n");
}

static void add_conversation(const struct rp_words *w, const struct rp_wire_request *request)
{
    if (request->instructions.tag == RP_TEXT) {
        rp_words_z(w, "  instructions: ");
        rp_words_text(w, rp_str_of(request->instructions));
        rp_words_z(w, "\n");
    }
    for (uint32_t i = 0; i < rp_len(request->messages); i++) {
        rp_words_z(w, "  ");
        rp_words_value(w, rp_at(request->messages, i));
        rp_words_z(w, "\n");
    }
    add_tools(w, request->tools);
    add_options(w, request);
}

static int add_request(const struct rp_words *w, struct rp_heap *h, const struct rp_interaction *it)
{
    int dialect = it->dialect ? rp_dialect_of(it->dialect) : -1, rc = RP_EPARSE;
    struct rp_wire_request request = {0};
    struct rp_error why = {0};

    rp_words_z(w, "\nrequest\n");
    if (dialect >= 0)
        rc = rp_wire_read_request((enum rp_dialect)dialect, h, it->request, it->n_request, &request,
                                  &why);
    if (rc == RP_ENOMEM)
        return rc;
    if (rc == RP_OK)
        add_conversation(w, &request);
    else
        add_bytes(w, it->request, it->n_request);
    return RP_OK;
}

static void add_usage(const struct rp_words *w, const struct rp_said *said)
{
    struct rp_value in = rp_map_get(said->usage, "input_tokens");
    struct rp_value out = rp_map_get(said->usage, "output_tokens");

    if (!said->finish[0] && in.tag != RP_INT)
        return;
    rp_words_z(w, "  finished");
    if (said->finish[0]) {
        rp_words_z(w, ": ");
        rp_words_name(w, rp_str(said->finish));
    }
    if (in.tag == RP_INT && out.tag == RP_INT) {
        rp_words_z(w, "; ");
        rp_words_count(w, in.u.i, "token");
        rp_words_z(w, " in, ");
        rp_words_int(w, out.u.i);
        rp_words_z(w, " out");
    }
    rp_words_z(w, "\n");
}

static int add_said(const struct rp_words *w, struct rp_heap *h, const struct rp_said *said)
{
    struct rp_value message = rp_message(h, RP_ASSISTANT, rp_nil(), said->contents);

    if (message.tag == RP_BAD)
        return RP_ENOMEM;
    rp_words_z(w, "  ");
    rp_words_value(w, message);
    rp_words_z(w, "\n");
    if (!said->whole) {
        rp_words_z(w, "  broken: ");
        rp_words_name(w, rp_str(said->broken.where));
        rp_words_z(w, said->broken.where[0] ? ": " : "");
        rp_words_name(w, rp_str(said->broken.text));
        rp_words_z(w, "\n");
    }
    add_usage(w, said);
    return RP_OK;
}

static int add_reply(const struct rp_words *w, struct rp_heap *h, const struct rp_interaction *it)
{
    int refused = it->status < 200 || it->status > 299;
    struct rp_said said;

    rp_words_z(w, "\nreply\n");
    RP_TRY(rp_said_reply(h, it, &said));
    if (!refused && (said.whole || rp_len(said.contents) > 0))
        return add_said(w, h, &said);
    add_bytes(w, it->body, it->n_body);
    if (!refused && !said.whole && it->n_body > 0) {
        rp_words_z(w, "  unreadable: ");
        rp_words_name(w, rp_str(said.broken.text));
        rp_words_z(w, "\n");
    }
    return RP_OK;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void add_headers(const struct rp_words *w, const char *title, const struct rp_header *h,
                        size_t n)
{
    if (n == 0)
        return;
    rp_words_z(w, "\n");
    rp_words_z(w, title);
    rp_words_z(w, "\n");
    for (size_t i = 0; i < n; i++) {
        rp_words_z(w, "  ");
        rp_words_name(w, rp_str(h[i].name));
        rp_words_z(w, ": ");
        rp_words_name(w, rp_str(h[i].value));
        rp_words_z(w, "\n");
    }
}

/* The result is JSON. */
static int add_result(const struct rp_words *w, struct rp_heap *h, const struct rp_tool_record *t)
{
    struct rp_value result = rp_nil();
    int rc = rp_json_try(h, rp_str(t->result), &result);

    if (rc != RP_OK && rc != RP_EPARSE)
        return rc;
    rp_words_name(w, rp_str(t->tool));
    rp_words_z(w, " ");
    rp_words_name(w, rp_str(t->arguments));
    rp_words_z(w, t->failed ? " failed: " : " gave ");
    if (rc == RP_OK)
        rp_words_value(w, result);
    else
        rp_words_text(w, rp_str(t->result));
    rp_words_z(w, "\n");
    return RP_OK;
}

static int add_results(const struct rp_words *w, struct rp_heap *h, struct rp_cassette *c,
                       int64_t id, struct rp_error *err)
{
    const struct rp_tool_record *t;
    int any = 0;

    for (size_t i = 0; i < rp_cassette_tools(c); i++) {
        RP_TRY(rp_cassette_tool(c, i, &t, err));
        if (t->after != id)
            continue;
        rp_words_z(w, any ? "  " : "\ntools that ran then\n  ");
        any = 1;
        RP_TRY(add_result(w, h, t));
    }
    return RP_OK;
}

static int show(const struct rp_words *w, struct rp_heap *h, const struct rp_interaction *it)
{
    add_who(w, it);
    add_outcome(w, it);
    add_times(w, it);
    RP_TRY(add_request(w, h, it));
    RP_TRY(add_reply(w, h, it));
    add_headers(w, "request headers", it->request_headers, it->n_request_headers);
    add_headers(w, "reply headers", it->headers, it->n_headers);
    return RP_OK;
}

int rp_cassette_show(const struct rp_words *w, struct rp_cassette *c, int64_t id,
                     struct rp_error *err)
{
    const struct rp_interaction *it;
    struct rp_heap heap;
    int rc;

    RP_TRY(rp_cassette_get(c, id, &it, err));
    rp_heap_init(&heap, &w->out->alloc, 0, 0);
    rc = show(w, &heap, it);
    if (rc == RP_OK)
        rc = add_results(w, &heap, c, id, err);
    rp_heap_free(&heap);
    if (rc == RP_ENOMEM)
        rp_fail_at(err, rc, rp_cassette_path(c), "%s", rp_status_text(rc));
    return rc == RP_OK ? w->out->failed : rc;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static void add_head(struct rp_buf *out, const struct rp_header *h, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rp_buf_addz(out, h[i].name);
        rp_buf_addz(out, ": ");
        rp_buf_addz(out, h[i].value);
        rp_buf_addz(out, "\r\n");
    }
    rp_buf_addz(out, "\r\n");
}

int rp_cassette_raw(struct rp_buf *out, struct rp_cassette *c, int64_t id, struct rp_error *err)
{
    const struct rp_interaction *it;

    RP_TRY(rp_cassette_get(c, id, &it, err));
    rp_buf_addz(out, it->method);
    rp_buf_addc(out, ' ');
    rp_buf_addz(out, it->url);
    rp_buf_addz(out, "\r\n");
    add_head(out, it->request_headers, it->n_request_headers);
    rp_buf_add(out, it->request, it->n_request);
    rp_buf_addz(out, "\r\n");
    rp_buf_add_int(out, it->status);
    rp_buf_addz(out, "\r\n");
    add_head(out, it->headers, it->n_headers);
    rp_buf_add(out, it->body, it->n_body);
    rp_buf_addz(out, "\r\n");
    return out->failed;
}

int rp_cassette_json(struct rp_buf *out, struct rp_cassette *c, int64_t id, struct rp_error *err)
{
    const struct rp_interaction *it;

    RP_TRY(rp_cassette_get(c, id, &it, err));
    return rp_jsonl_line(out, it);
}
