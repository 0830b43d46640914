/* anthropic.c - the Anthropic Messages dialect as one table, and what its parts share: names of
 * finish reasons, and arguments as objects. */
#include "anthropic.h"
#include "typed.h"

#include "engine/base/json.h"

#define INVALID_JSON "INVALID_JSON"

enum { SCRATCH_CHUNK = RP_HEAP_CHUNK < 4096 ? RP_HEAP_CHUNK : 4096 };

/* ---- finish reasons ---- */

/* The first pair that has a name is the one that counts. */
static const struct {
    const char *stop_reason, *finish;
} reasons[] = {
    {"end_turn", "stop"},
    {"stop_sequence", "stop"},
    {"tool_use", "tool_calls"},
    {"max_tokens", "length"},
    {"model_context_window_exceeded", "length"},
    {"refusal", "refusal"},
    {"refusal", "content_filter"},
};

const char *rp_anthropic_finish(struct rp_str stop_reason)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
        if (rp_str_equal(stop_reason, rp_str(reasons[i].stop_reason)))
            return reasons[i].finish;
    return NULL;
}

const char *rp_anthropic_stop_reason(const char *finish)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
        if (rp_same(finish, reasons[i].finish))
            return reasons[i].stop_reason;
    return finish;
}

/* ---- arguments ---- */

struct rp_str rp_anthropic_invalid(struct rp_value input)
{
    struct rp_value text = rp_map_get(input, INVALID_JSON);

    if (rp_map_len(input) != 1 || text.tag != RP_TEXT)
        return (struct rp_str){NULL, 0};
    return rp_str_of(text);
}

int rp_anthropic_arguments(struct rp_wire_doc *doc, struct rp_value input, struct rp_buf *out)
{
    struct rp_str invalid = rp_anthropic_invalid(input);

    if (!invalid.s)
        return rp_json_write(out, input, 0);
    rp_wire_rule(doc, RP_RULE_INVALID_JSON);
    return rp_buf_adds(out, invalid);
}

static int put_invalid(struct rp_buf *out, struct rp_str arguments)
{
    RP_TRY(rp_buf_addz(out, "{\"" INVALID_JSON "\":"));
    RP_TRY(rp_json_write_str(out, arguments));
    return rp_buf_addc(out, '}');
}

/* An object stays itself, but for one that would be read as an invalid text. None is {}. */
static int put_object(struct rp_buf *out, struct rp_str arguments, int as_it_is)
{
    struct rp_value v = rp_nil();
    struct rp_heap heap;
    int rc;

    if (rp_str_blank(arguments))
        return rp_buf_addz(out, "{}");
    rp_heap_init(&heap, &out->alloc, 0, SCRATCH_CHUNK);
    rc = rp_json_try(&heap, arguments, &v);
    if (rc == RP_EPARSE || (rc == RP_OK && (v.tag != RP_MAP || rp_anthropic_invalid(v).s)))
        rc = put_invalid(out, arguments);
    else if (rc == RP_OK)
        rc = as_it_is ? rp_buf_adds(out, arguments) : rp_json_write(out, v, 0);
    rp_heap_free(&heap);
    return rc;
}

int rp_anthropic_put_input(struct rp_buf *out, struct rp_str arguments)
{
    return put_object(out, arguments, 0);
}

int rp_anthropic_put_input_text(struct rp_buf *out, struct rp_str arguments)
{
    struct rp_buf text;
    int rc;

    rp_buf_init(&text, &out->alloc, RP_TEXT_MAX);
    rc = put_object(&text, arguments, 1);
    if (rc == RP_OK)
        rc = rp_json_write_str(out, (struct rp_str){text.s, text.n});
    rp_buf_free(&text);
    return rc;
}

/* ---- the table ---- */

const struct rp_wire_dialect rp_wire_anthropic = {
    .name = "anthropic",
    .path = "/messages",
    .write_request = rp_anthropic_write_request,
    .read_request = rp_anthropic_read_request,
    .read_whole = rp_anthropic_read_whole,
    .read_mark = rp_wire_typed_mark,
    .read_event = rp_anthropic_read_event,
    .read_end = rp_anthropic_read_end,
    .write_whole = rp_anthropic_write_whole,
    .write_piece = rp_anthropic_write_piece,
    .write_error = rp_anthropic_write_error,
};
