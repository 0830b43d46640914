/* cond.c - owns conditions: what of scenario.md's CONDITION and TEST is well formed, and whether
 * one holds. A CONDITION looks at a conversation, its texts without regard to case; a TEST looks at
 * one message, its text byte for byte. */
#include "base/utf8.h"
#include "place.h"
#include "reprise.h"

#include <string.h>

enum op {
    LAST_TEXT_CONTAINS,
    ANY_TEXT_CONTAINS,
    LAST_AUTHOR,
    MESSAGES_AT_LEAST,
    MESSAGES_BY,
    ALL,
    ANY,
    NOT,
    CONDITIONS, /* how many; the tests follow */
    EQUALS = CONDITIONS,
    CONTAINS,
    LESS_THAN,
    AT_LEAST,
    OPS
};

static const char *const op_name[] = {
    "last_text_contains",
    "any_text_contains",
    "last_author",
    "messages_at_least",
    "messages_by",
    "all",
    "any",
    "not",
    "equals",
    "contains",
    "less_than",
    "at_least",
};
_Static_assert(sizeof(op_name) / sizeof(*op_name) == OPS, "each has a name");

static const char *const by_key[] = {"author", "at_least"};

/* The operation of that name among those from (inclusive) to (exclusive); to when there is none. */
static unsigned find_op(struct rp_str name, unsigned from, unsigned to)
{
    while (from < to && !rp_str_equal(name, rp_str(op_name[from])))
        from++;
    return from;
}

/* ---- checking ---- */

struct checking {
    struct rp_error *err;
    struct rp_place place;
    unsigned from, to; /* the operations that are allowed */
};

static int wrong(struct checking *c, const char *wanted, struct rp_value v)
{
    return rp_wrong_type(c->err, &c->place, wanted, v);
}

static int is_integer(struct rp_value v)
{
    return v.tag == RP_INT || v.tag == RP_DIGITS;
}

static int check_condition(struct checking *c, struct rp_value json, unsigned depth);

static int check_list(struct checking *c, struct rp_value list, unsigned depth)
{
    int rc = list.tag == RP_LIST ? RP_OK : wrong(c, "a list of conditions", list);

    for (uint32_t i = 0; rc == RP_OK && i < rp_len(list); i++) {
        size_t before = rp_place_item(&c->place, i);
        rc = check_condition(c, rp_at(list, i), depth);
        rp_place_leave(&c->place, before);
    }
    return rc;
}

static int check_by_entry(struct checking *c, struct rp_str key, struct rp_value v)
{
    if (rp_str_equal(key, rp_str(by_key[0])))
        return v.tag == RP_TEXT ? RP_OK : wrong(c, "the name of an author, a text,", v);
    if (rp_str_equal(key, rp_str(by_key[1])))
        return v.tag == RP_INT ? RP_OK : wrong(c, "an integer", v);
    return rp_unknown(c->err, &c->place, "key", key, by_key, 2);
}

static int check_by(struct checking *c, struct rp_value by)
{
    if (by.tag != RP_MAP)
        return wrong(c, "an object with \"author\" and \"at_least\"", by);
    for (uint32_t i = 0; i < rp_map_len(by); i++) {
        struct rp_str key = rp_str_of(rp_map_key(by, i));
        size_t before = rp_place_key(&c->place, key);
        RP_TRY(check_by_entry(c, key, rp_map_value(by, i)));
        rp_place_leave(&c->place, before);
    }
    for (size_t i = 0; i < 2; i++)
        if (!rp_map_has(by, by_key[i]))
            return rp_fail_at(c->err, RP_EBUILD, c->place.s,
                              "\"%s\" is missing; an author and a number of messages are needed",
                              by_key[i]);
    return RP_OK;
}

static int check_operand(struct checking *c, unsigned op, struct rp_value v, unsigned depth)
{
    switch ((enum op)op) {
    case LAST_TEXT_CONTAINS:
    case ANY_TEXT_CONTAINS:
    case CONTAINS:
        return v.tag == RP_TEXT ? RP_OK : wrong(c, "a text", v);
    case LAST_AUTHOR:
        return v.tag == RP_TEXT ? RP_OK : wrong(c, "the name of an author, a text,", v);
    case MESSAGES_AT_LEAST:
        return v.tag == RP_INT ? RP_OK : wrong(c, "an integer", v);
    case MESSAGES_BY:
        return check_by(c, v);
    case ALL:
    case ANY:
        return check_list(c, v, depth);
    case NOT:
        return check_condition(c, v, depth);
    case EQUALS:
        return RP_OK;
    case LESS_THAN:
    case AT_LEAST:
        return is_integer(v) ? RP_OK : wrong(c, "an integer", v);
    case OPS:
        break;
    }
    (void)RP_NEVER(1);
    return RP_EARG;
}

static int check_entry(struct checking *c, struct rp_value json, uint32_t i, unsigned depth)
{
    struct rp_str key = rp_str_of(rp_map_key(json, i));
    unsigned op = find_op(key, c->from, c->to);
    size_t before = rp_place_key(&c->place, key);

    if (op == c->to)
        return rp_unknown(c->err, &c->place, "key", key, op_name + c->from, c->to - c->from);
    RP_TRY(check_operand(c, op, rp_map_value(json, i), depth));
    rp_place_leave(&c->place, before);
    return RP_OK;
}

static int check_condition(struct checking *c, struct rp_value json, unsigned depth)
{
    if (depth == 0)
        return rp_fail_at(c->err, RP_EBUILD, c->place.s, "conditions are nested over %d deep",
                          RP_JSON_DEPTH_MAX);
    if (json.tag != RP_MAP)
        return wrong(c, "an object with one key", json);
    for (uint32_t i = 0; i < rp_map_len(json); i++)
        RP_TRY(check_entry(c, json, i, depth - 1));
    if (rp_map_len(json) == 1)
        return RP_OK;
    return rp_fail_at(c->err, RP_EBUILD, c->place.s,
                      c->from == 0 ? "one key is expected, not %u; put several conditions into a "
                                     "list under \"all\" or \"any\""
                                   : "one key is expected, not %u",
                      rp_map_len(json));
}

int rp_cond_check(struct rp_value json, int test, struct rp_error *err)
{
    struct checking c = {.err = err,
                         .from = test ? CONDITIONS : 0,
                         .to = test ? (unsigned)OPS : (unsigned)CONDITIONS};

    return check_condition(&c, json, RP_JSON_DEPTH_MAX);
}

/* ---- integers of any size, equality of messages ---- */

static int is_negative(struct rp_value v)
{
    return v.tag == RP_INT ? v.u.i < 0 : v.u.text->s[0] == '-';
}

/* Digits are beyond 64 bits, so beyond every RP_INT; but for "-0". */
static struct rp_value plain_integer(struct rp_value v)
{
    struct rp_str s = rp_str_of(v);

    RP_ASSERT(is_integer(v));
    return v.tag == RP_DIGITS && s.n == 2 && s.s[1] == '0' ? rp_int(0) : v;
}

/* Negative, 0 or positive. */
static int order_of_integers(struct rp_value a, struct rp_value b)
{
    struct rp_str x, y;
    int sign, order;

    a = plain_integer(a);
    b = plain_integer(b);
    if (a.tag == RP_INT && b.tag == RP_INT)
        return (a.u.i > b.u.i) - (a.u.i < b.u.i);
    if (is_negative(a) != is_negative(b))
        return is_negative(a) ? -1 : 1;
    sign = is_negative(a) ? -1 : 1;
    if (a.tag != b.tag)
        return a.tag == RP_DIGITS ? sign : -sign;
    x = rp_str_of(a);
    y = rp_str_of(b);
    order = x.n == y.n ? rp_str_order(x, y) : x.n < y.n ? -1 : 1;
    return sign * order;
}

/* As rp_equal, but "-0" is 0. What is nested deeper than JSON can be is left to rp_equal. */
static int is_same(struct rp_value a, struct rp_value b, unsigned depth)
{
    if (is_integer(a) && is_integer(b))
        return order_of_integers(a, b) == 0;
    if (a.tag != RP_LIST || b.tag != RP_LIST || depth == 0)
        return rp_equal(a, b);
    if (rp_len(a) != rp_len(b))
        return 0;
    for (uint32_t i = 0; i < rp_len(a); i++)
        if (!is_same(rp_at(a, i), rp_at(b, i), depth - 1))
            return 0;
    return 1;
}

/* ---- holding ---- */

/* 1, 0, RP_ENOMEM or RP_ETYPE. */
static int text_contains(struct rp_heap *scratch, struct rp_value message, struct rp_str part)
{
    const struct rp_text *only;
    struct rp_value joined;
    int has_one;

    if (rp_kind(message) != RP_K_MESSAGE)
        return RP_ETYPE;
    only = rp_message_only_text(message, &has_one);
    if (has_one)
        return only && rp_contains_lower((struct rp_str){only->s, only->n}, part);
    joined = rp_message_text(scratch, message);
    if (joined.tag == RP_BAD)
        return RP_ENOMEM;
    return rp_contains_lower(rp_str_of(joined), part);
}

static int any_contains(struct rp_heap *scratch, struct rp_value messages, struct rp_str part)
{
    int holds = 0;

    /* from the end: what was said last is what most conditions wait for */
    for (uint32_t i = rp_len(messages); holds == 0 && i > 0; i--)
        holds = text_contains(scratch, rp_at(messages, i - 1), part);
    return holds;
}

static int is_by(struct rp_value message, struct rp_value author)
{
    struct rp_value by;

    if (rp_kind(message) != RP_K_MESSAGE)
        return 0;
    by = rp_message_of(message)->author;
    return by.tag == RP_TEXT && rp_str_equal(rp_str_of(by), rp_str_of(author));
}

static int messages_by(struct rp_value messages, struct rp_value by)
{
    struct rp_value author = rp_map_get(by, by_key[0]);
    struct rp_value at_least = rp_map_get(by, by_key[1]);
    int64_t n = 0;

    RP_ASSERT(author.tag == RP_TEXT);
    RP_ASSERT(at_least.tag == RP_INT);
    for (uint32_t i = 0; i < rp_len(messages) && n < at_least.u.i; i++)
        n += is_by(rp_at(messages, i), author);
    return n >= at_least.u.i;
}

static int condition_holds(struct rp_heap *scratch, struct rp_value json, struct rp_value v);

/* The first of list that comes out as what settles it; else the other way round. */
static int list_holds(struct rp_heap *scratch, struct rp_value list, struct rp_value v, int settles)
{
    for (uint32_t i = 0; i < rp_len(list); i++) {
        int holds = condition_holds(scratch, rp_at(list, i), v);
        if (holds < 0 || holds == settles)
            return holds;
    }
    return !settles;
}

static int condition_holds(struct rp_heap *scratch, struct rp_value json, struct rp_value v)
{
    struct rp_value x = rp_map_value(json, 0);
    uint32_t n = rp_len(v);
    int holds;

    switch ((enum op)find_op(rp_str_of(rp_map_key(json, 0)), 0, CONDITIONS)) {
    case LAST_TEXT_CONTAINS:
        return n > 0 ? text_contains(scratch, rp_at(v, n - 1), rp_str_of(x)) : 0;
    case ANY_TEXT_CONTAINS:
        return any_contains(scratch, v, rp_str_of(x));
    case LAST_AUTHOR:
        return n > 0 && is_by(rp_at(v, n - 1), x);
    case MESSAGES_AT_LEAST:
        return n >= x.u.i;
    case MESSAGES_BY:
        return messages_by(v, x);
    case ALL:
        return list_holds(scratch, x, v, 0);
    case ANY:
        return list_holds(scratch, x, v, 1);
    case NOT:
        holds = condition_holds(scratch, x, v);
        return holds < 0 ? holds : !holds;
    case EQUALS:
    case CONTAINS:
    case LESS_THAN:
    case AT_LEAST:
    case OPS:
        break;
    }
    (void)RP_NEVER(1);
    return RP_EARG;
}

static int test_holds(unsigned op, struct rp_value x, struct rp_value v)
{
    if (op == EQUALS)
        return is_same(v, x, RP_JSON_DEPTH_MAX);
    if (op == CONTAINS)
        return v.tag == RP_TEXT && rp_contains(rp_str_of(v), rp_str_of(x));
    if (!is_integer(v))
        return 0;
    return op == LESS_THAN ? order_of_integers(v, x) < 0 : order_of_integers(v, x) >= 0;
}

int rp_cond_holds(struct rp_heap *scratch, const struct rp_cond *cond, struct rp_value v)
{
    unsigned op;
    int holds;

    if (cond->fn) {
        holds = cond->fn(cond->self, v);
        return holds > 0 ? 1 : holds;
    }
    if (cond->json.tag == RP_NIL)
        return 1;
    if (rp_map_len(cond->json) != 1)
        return RP_EARG;
    op = find_op(rp_str_of(rp_map_key(cond->json, 0)), CONDITIONS, OPS);
    if (op < OPS)
        return test_holds(op, rp_map_value(cond->json, 0), v);
    return v.tag == RP_LIST ? condition_holds(scratch, cond->json, v) : RP_ETYPE;
}
