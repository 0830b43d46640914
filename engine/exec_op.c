/* exec_op.c - owns what the operations of scenario.md do with a text, an integer, or a list of
 * these. */
#include "base/utf8.h"
#include "exec_op.h"
#include "place.h"

#include <string.h>

static const struct rp_op *op_of(struct rp_ctx *cx)
{
    return rp_ctx_node(cx)->def;
}

static int cannot_take(struct rp_ctx *cx, const char *wanted, struct rp_value v)
{
    return rp_fail(cx, "the operation \"%s\" takes %s, not %s", rp_op_name(op_of(cx)->kind), wanted,
                   rp_type_word(v));
}

static int too_long(struct rp_ctx *cx)
{
    return rp_fail(cx,
                   "the operation \"%s\" makes a text of over %u bytes, the most that one holds",
                   rp_op_name(op_of(cx)->kind), (uint32_t)RP_TEXT_MAX);
}

static int beyond_64_bits(struct rp_ctx *cx)
{
    return rp_fail(cx, "the operation \"%s\" makes an integer beyond 64 bits",
                   rp_op_name(op_of(cx)->kind));
}

/* ---- texts ---- */

struct decimal {
    char s[20];
};

/* The bytes of a text, or of an integer in decimal; what is neither gives NULL. */
static struct rp_str bytes_of(struct rp_value v, struct decimal *room)
{
    uint64_t n = v.u.i < 0 ? 0 - (uint64_t)v.u.i : (uint64_t)v.u.i;
    size_t at = sizeof(room->s);

    if (v.tag == RP_TEXT)
        return rp_str_of(v);
    if (v.tag != RP_INT)
        return (struct rp_str){NULL, 0};
    do {
        RP_ASSERT(at > 0);
        room->s[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    if (v.u.i < 0)
        room->s[--at] = '-';
    return (struct rp_str){room->s + at, sizeof(room->s) - at};
}

/* Up to three parts as one text. */
static int text_of(struct rp_ctx *cx, struct rp_str a, struct rp_str b, struct rp_str c,
                   struct rp_value *out)
{
    if (a.n > RP_TEXT_MAX || b.n > RP_TEXT_MAX - a.n || c.n > RP_TEXT_MAX - a.n - b.n)
        return too_long(cx);
    *out = rp_text_join(rp_heap(cx), (struct rp_str[]){a, b, c, {NULL, 0}});
    return out->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

/* Makes a text of what a buffer holds and frees the buffer. */
static int text_of_buf(struct rp_ctx *cx, struct rp_buf *b, struct rp_value *out)
{
    int rc = b->failed;

    if (rc == RP_OK)
        *out = rp_text(rp_heap(cx), b->s ? b->s : "", b->n);
    rp_buf_free(b);
    if (rc == RP_ELIMIT)
        return too_long(cx);
    return rc == RP_OK && out->tag == RP_BAD ? RP_ENOMEM : rc;
}

static int upper(struct rp_ctx *cx, struct rp_value v, struct rp_value *out)
{
    struct rp_buf b;

    if (v.tag != RP_TEXT)
        return cannot_take(cx, "a text", v);
    rp_buf_init(&b, &rp_heap(cx)->alloc, RP_TEXT_MAX);
    rp_buf_add_upper(&b, rp_str_of(v));
    return text_of_buf(cx, &b, out);
}

static int append(struct rp_ctx *cx, struct rp_value v, struct rp_value *out)
{
    if (v.tag != RP_TEXT)
        return cannot_take(cx, "a text", v);
    return text_of(cx, rp_str_of(v), rp_str_of(op_of(cx)->text), rp_str(""), out);
}

static int join(struct rp_ctx *cx, struct rp_value v, struct rp_value *out)
{
    struct rp_buf b;

    if (v.tag != RP_LIST)
        return cannot_take(cx, "a list of texts and integers", v);
    rp_buf_init(&b, &rp_heap(cx)->alloc, RP_TEXT_MAX);
    for (uint32_t i = 0; i < rp_len(v); i++) {
        struct decimal room;
        struct rp_str item = bytes_of(rp_at(v, i), &room);
        if (!item.s) {
            rp_buf_free(&b);
            return rp_fail(cx, "the operation \"join\" takes texts and integers; item %u is %s", i,
                           rp_type_word(rp_at(v, i)));
        }
        if (i > 0)
            rp_buf_adds(&b, rp_str_of(op_of(cx)->text));
        rp_buf_adds(&b, item);
    }
    return text_of_buf(cx, &b, out);
}

/* ---- integers ---- */

static int add(struct rp_ctx *cx, struct rp_value v, struct rp_value *out)
{
    int64_t sum;

    if (v.tag != RP_INT)
        return cannot_take(cx, "an integer of 64 bits", v);
    if (__builtin_add_overflow(v.u.i, op_of(cx)->number, &sum))
        return beyond_64_bits(cx);
    *out = rp_int(sum);
    return RP_OK;
}

/* In 128 bits, so that only the sum must fit, not what it was on the way. */
static int sum(struct rp_ctx *cx, struct rp_value v, struct rp_value *out)
{
    uint64_t low = 0;
    int64_t high = 0;

    if (v.tag != RP_LIST)
        return cannot_take(cx, "a list of integers", v);
    for (uint32_t i = 0; i < rp_len(v); i++) {
        struct rp_value item = rp_at(v, i);
        if (item.tag != RP_INT)
            return rp_fail(cx, "the operation \"sum\" takes integers of 64 bits; item %u is %s", i,
                           rp_type_word(item));
        low += (uint64_t)item.u.i;
        high += (low < (uint64_t)item.u.i) - (item.u.i < 0);
    }
    if (high != (low >> 63 ? -1 : 0))
        return beyond_64_bits(cx);
    *out = rp_int((int64_t)low);
    return RP_OK;
}

/* ---- shared state ---- */

static int state_read(struct rp_ctx *cx, struct rp_value *out)
{
    *out = rp_state_get(cx, op_of(cx)->key);
    if (out->tag == RP_NIL)
        *out = rp_text(rp_heap(cx), "", 0);
    return out->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

static int state_append(struct rp_ctx *cx, struct rp_value v, struct rp_value *out)
{
    struct rp_value held = rp_state_get(cx, op_of(cx)->key);
    struct decimal room, held_room;
    struct rp_str before = held.tag == RP_NIL ? rp_str("") : bytes_of(held, &held_room);
    struct rp_str more = bytes_of(v, &room);

    if (!more.s)
        return cannot_take(cx, "a text or an integer of 64 bits", v);
    if (!before.s)
        return rp_fail(cx, "the shared state holds under \"%s\" %s, nothing to append to",
                       op_of(cx)->key, rp_type_word(held));
    RP_TRY(text_of(cx, before, more, rp_str(""), out));
    return rp_state_set(cx, op_of(cx)->key, *out);
}

/* ---- all operations ---- */

static int fail_on(struct rp_ctx *cx)
{
    struct rp_s_custom *state = rp_s_custom_of(rp_ctx_state(cx));

    RP_ASSERT(state->visits.tag == RP_INT);
    state->visits = rp_int(state->visits.u.i + 1);
    if (state->visits.u.i == op_of(cx)->number)
        return rp_fail(cx, "fails at visit %l, as it should", op_of(cx)->number);
    return RP_OK;
}

static int send(struct rp_ctx *cx, struct rp_value result)
{
    const struct rp_op *op = op_of(cx);

    for (uint32_t i = 0; i < op->copies; i++)
        RP_TRY(op->target ? rp_send_to(cx, result, op->target) : rp_send(cx, result));
    return RP_OK;
}

/* What becomes of the result. */
static int pass_on(struct rp_ctx *cx, struct rp_value result)
{
    const struct rp_op *op = op_of(cx);

    switch (op->then) {
    case RP_OP_SEND:
        return send(cx, result);
    case RP_OP_YIELD:
        return rp_yield(cx, result);
    case RP_OP_BOTH:
        RP_TRY(send(cx, result));
        return rp_yield(cx, result);
    case RP_OP_YIELD_AT_LEAST:
        if (result.tag != RP_INT)
            return rp_fail(cx, "yield_when_at_least compares integers, and the result is %s",
                           rp_type_word(result));
        return result.u.i >= op->at_least ? rp_yield(cx, result) : send(cx, result);
    }
    (void)RP_NEVER(1);
    return RP_EARG;
}

static int result_of(struct rp_ctx *cx, struct rp_value v, struct rp_value *out)
{
    const struct rp_op *op = op_of(cx);

    *out = v;
    switch (op->kind) {
    case RP_OP_PASS:
        return RP_OK;
    case RP_OP_UPPER:
        return upper(cx, v, out);
    case RP_OP_APPEND:
        return append(cx, v, out);
    case RP_OP_ADD:
        return add(cx, v, out);
    case RP_OP_JOIN:
        return join(cx, v, out);
    case RP_OP_SUM:
        return sum(cx, v, out);
    case RP_OP_STATE_APPEND:
        return state_append(cx, v, out);
    case RP_OP_STATE_READ:
        return state_read(cx, out);
    case RP_OP_FAIL:
        return rp_fail(cx, "%s", op->text.u.text->s);
    case RP_OP_FAIL_ON:
        return fail_on(cx);
    case RP_OP_ASK:
    case RP_OPS:
        break;
    }
    (void)RP_NEVER(1);
    return RP_EARG;
}

static int op_message(struct rp_ctx *cx, struct rp_value data)
{
    struct rp_value result;

    if (op_of(cx)->kind == RP_OP_ASK) {
        if (data.tag != RP_TEXT && data.tag != RP_INT)
            return cannot_take(cx, "a text or an integer of 64 bits", data);
        return rp_ask(cx, data, RP_T_TEXT, NULL);
    }
    RP_TRY(result_of(cx, data, &result));
    return pass_on(cx, result);
}

static int op_answer(struct rp_ctx *cx, struct rp_request *request, struct rp_value answer)
{
    struct decimal room;
    struct rp_str asked = bytes_of(request->data, &room);
    struct rp_value result;

    RP_ASSERT(op_of(cx)->kind == RP_OP_ASK);
    if (!asked.s)
        return cannot_take(cx, "an answer about a text or an integer of 64 bits", request->data);
    if (answer.tag != RP_TEXT)
        return cannot_take(cx, "a text as an answer", answer);
    RP_TRY(text_of(cx, asked, rp_str("="), rp_str_of(answer), &result));
    return pass_on(cx, result);
}

const struct rp_exec_kind rp_exec_op = {
    .name = "op", .state = RP_K_S_CUSTOM, .message = op_message, .answer = op_answer};
