/* op_compile.c - owns what is a well-formed operation: its keys, which operation takes which, and
 * their types. */
#include "exec_op.h"
#include "place.h"

#include <string.h>

static const char *const op_name[] = {
    "pass",         "upper",      "append", "add",  "join",    "sum",
    "state_append", "state_read", "ask",    "fail", "fail_on",
};
_Static_assert(sizeof(op_name) / sizeof(*op_name) == RP_OPS, "each has a name");

const char *rp_op_name(enum rp_op_kind kind)
{
    RP_ASSERT(kind < RP_OPS);
    return op_name[kind];
}

struct compiling {
    struct rp_error *err;
    struct rp_place place;
    struct rp_op op;
    int has_then;
};

static int wrong(struct compiling *c, const char *wanted, struct rp_value v)
{
    return rp_wrong_type(c->err, &c->place, wanted, v);
}

/* ---- one key ---- */

static int take_id(struct compiling *c, struct rp_value v)
{
    return v.tag == RP_TEXT ? RP_OK : wrong(c, "the executor's id, a text,", v);
}

static int take_op(struct compiling *c, struct rp_value v)
{
    RP_ASSERT(rp_is_text(v, op_name[c->op.kind])); /* it was looked at first */
    return RP_OK;
}

static int take_text(struct compiling *c, struct rp_value v)
{
    c->op.text = v;
    return v.tag == RP_TEXT ? RP_OK : wrong(c, "a text", v);
}

static int take_number(struct compiling *c, struct rp_value v)
{
    c->op.number = v.u.i;
    return v.tag == RP_INT ? RP_OK : wrong(c, "an integer of 64 bits", v);
}

/* A text that serves as a C string. */
static int take_string(struct compiling *c, struct rp_value v, const char **out)
{
    if (v.tag != RP_TEXT)
        return wrong(c, "a text", v);
    if (memchr(v.u.text->s, '\0', v.u.text->n))
        return rp_fail_at(c->err, RP_EBUILD, c->place.s, "U+0000 cannot stand in a name");
    *out = v.u.text->s;
    return RP_OK;
}

static int take_key(struct compiling *c, struct rp_value v)
{
    RP_TRY(take_string(c, v, &c->op.key));
    if (c->op.key[0] == '_')
        return rp_fail_at(c->err, RP_EBUILD, c->place.s,
                          "keys that begin with \"_\" are the engine's own; choose another name");
    return RP_OK;
}

static int take_visit(struct compiling *c, struct rp_value v)
{
    RP_TRY(take_number(c, v));
    if (c->op.number < 1)
        return rp_fail_at(c->err, RP_EBUILD, c->place.s,
                          "visits are counted from 1; %l is never reached", c->op.number);
    return RP_OK;
}

static int take_then(struct compiling *c, struct rp_value v)
{
    static const char *const word[] = {"send", "yield", "both"};

    if (v.tag != RP_TEXT)
        return wrong(c, "\"send\", \"yield\" or \"both\"", v);
    for (unsigned i = 0; i < 3; i++) {
        if (!rp_is_text(v, word[i]))
            continue;
        c->has_then = i != RP_OP_SEND;
        if (c->op.then != RP_OP_YIELD_AT_LEAST)
            c->op.then = (enum rp_op_then)i;
        return RP_OK;
    }
    return rp_unknown(c->err, &c->place, "word", rp_str_of(v), word, 3);
}

static int take_at_least(struct compiling *c, struct rp_value v)
{
    c->op.then = RP_OP_YIELD_AT_LEAST;
    c->op.at_least = v.u.i;
    return v.tag == RP_INT ? RP_OK : wrong(c, "an integer of 64 bits", v);
}

static int take_copies(struct compiling *c, struct rp_value v)
{
    if (v.tag != RP_INT)
        return wrong(c, "a number of copies, an integer,", v);
    if (v.u.i < 0 || v.u.i > RP_COPIES_MAX)
        return rp_fail_at(c->err, RP_EBUILD, c->place.s, "0 to %d copies can be sent, not %l",
                          RP_COPIES_MAX, v.u.i);
    c->op.copies = (uint32_t)v.u.i;
    return RP_OK;
}

static int take_target(struct compiling *c, struct rp_value v)
{
    RP_TRY(take_string(c, v, &c->op.target));
    if (!c->op.target[0])
        return rp_fail_at(c->err, RP_EBUILD, c->place.s, "the id of an executor cannot be empty");
    return RP_OK;
}

/* ---- all keys ---- */

#define EVERY_OP 0u /* takes the key and needs it not */
#define OP(name) (1u << RP_OP_##name)

/* What an operation takes by a key of its own, it needs. */
static const struct key {
    const char *name;
    unsigned ops;
    int (*take)(struct compiling *c, struct rp_value v);
} keys[] = {
    {"id", EVERY_OP, take_id},          {"op", EVERY_OP, take_op},
    {"text", OP(APPEND), take_text},    {"number", OP(ADD), take_number},
    {"separator", OP(JOIN), take_text}, {"key", OP(STATE_APPEND) | OP(STATE_READ), take_key},
    {"message", OP(FAIL), take_text},   {"visit", OP(FAIL_ON), take_visit},
    {"then", EVERY_OP, take_then},      {"yield_when_at_least", EVERY_OP, take_at_least},
    {"copies", EVERY_OP, take_copies},  {"target", EVERY_OP, take_target},
};
enum { KEYS = sizeof(keys) / sizeof(*keys) };

static int is_needed(const struct key *key, enum rp_op_kind op)
{
    return (key->ops >> op & 1) != 0;
}

static int unknown_key(struct compiling *c, struct rp_str name)
{
    const char *known[KEYS];
    size_t n = 0;

    for (size_t i = 0; i < KEYS; i++)
        if (keys[i].ops == EVERY_OP || is_needed(&keys[i], c->op.kind))
            known[n++] = keys[i].name;
    return rp_unknown(c->err, &c->place, "key", name, known, n);
}

static int take(struct compiling *c, struct rp_str name, struct rp_value v)
{
    size_t i = 0;

    while (i < KEYS && !rp_str_equal(name, rp_str(keys[i].name)))
        i++;
    if (i == KEYS)
        return unknown_key(c, name);
    if (keys[i].ops != EVERY_OP && !is_needed(&keys[i], c->op.kind))
        return rp_fail_at(c->err, RP_EBUILD, c->place.s, "the operation \"%s\" takes no \"%s\"",
                          op_name[c->op.kind], keys[i].name);
    return keys[i].take(c, v);
}

static int find_kind(struct compiling *c, struct rp_value json)
{
    struct rp_value name = rp_map_get(json, "op");
    unsigned kind = 0;

    if (!rp_map_has(json, "op"))
        return rp_fail_at(c->err, RP_EBUILD, c->place.s, "\"op\" is missing");
    rp_place_key(&c->place, rp_str("op"));
    if (name.tag != RP_TEXT)
        return wrong(c, "the name of an operation, a text,", name);
    while (kind < RP_OPS && !rp_is_text(name, op_name[kind]))
        kind++;
    if (kind == RP_OPS)
        return rp_unknown(c->err, &c->place, "operation", rp_str_of(name), op_name, RP_OPS);
    c->op.kind = (enum rp_op_kind)kind;
    rp_place_leave(&c->place, 0);
    return RP_OK;
}

static int check_whole(struct compiling *c, struct rp_value json)
{
    for (size_t i = 0; i < KEYS; i++)
        if (is_needed(&keys[i], c->op.kind) && !rp_map_has(json, keys[i].name))
            return rp_fail_at(c->err, RP_EBUILD, c->place.s,
                              "\"%s\" is missing; the operation \"%s\" needs it", keys[i].name,
                              op_name[c->op.kind]);
    if (c->has_then && c->op.then == RP_OP_YIELD_AT_LEAST)
        return rp_fail_at(c->err, RP_EBUILD, c->place.s,
                          "\"then\" and \"yield_when_at_least\" both say what becomes of the "
                          "result; leave one out");
    return RP_OK;
}

int rp_op_compile(struct rp_kit *kit, struct rp_value json, void **def, struct rp_error *err)
{
    struct compiling c = {.err = err, .op = {.copies = 1}};
    struct rp_op *op;

    if (json.tag != RP_MAP)
        return wrong(&c, "an object with the key \"op\"", json);
    RP_TRY(find_kind(&c, json));
    for (uint32_t i = 0; i < rp_map_len(json); i++) {
        struct rp_str name = rp_str_of(rp_map_key(json, i));
        rp_place_key(&c.place, name);
        RP_TRY(take(&c, name, rp_map_value(json, i)));
        rp_place_leave(&c.place, 0);
    }
    RP_TRY(check_whole(&c, json));
    op = rp_kit_take(kit, sizeof(*op));
    if (!op)
        return rp_fail_at(err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
    *op = c.op;
    *def = op;
    return RP_OK;
}
