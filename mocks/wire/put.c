/* put.c - owns what the writers of the dialects share: JSON piece by piece, and what the contents
 * of a reply come to. */
#include <string.h>

#include "dialect.h"
#include "engine/base/json.h"

/* ---- JSON ----------------------------------------------------------------------------------- */

int rp_wire_put_key(struct rp_buf *out, const char *key)
{
    if (out->n > 0 && out->s[out->n - 1] != '{' && out->s[out->n - 1] != '[')
        RP_TRY(rp_buf_addc(out, ','));
    RP_TRY(rp_buf_addc(out, '"'));
    RP_TRY(rp_buf_addz(out, key));
    return rp_buf_add(out, "\":", 2);
}

int rp_wire_put_str(struct rp_buf *out, const char *key, const char *value)
{
    RP_TRY(rp_wire_put_key(out, key));
    return value ? rp_json_write_str(out, rp_str(value)) : rp_buf_addz(out, "null");
}

int rp_wire_put_text(struct rp_buf *out, const char *key, struct rp_value value)
{
    if (value.tag != RP_TEXT)
        return RP_ETYPE;
    RP_TRY(rp_wire_put_key(out, key));
    return rp_json_write_str(out, rp_str_of(value));
}

int rp_wire_put_int(struct rp_buf *out, const char *key, int64_t value)
{
    RP_TRY(rp_wire_put_key(out, key));
    return rp_buf_add_int(out, value);
}

int rp_wire_put_json(struct rp_buf *out, const char *key, struct rp_value value)
{
    RP_TRY(rp_wire_put_key(out, key));
    return rp_json_write(out, value, 0);
}

int rp_wire_put_parameters(struct rp_buf *out, const char *key, struct rp_value parameters)
{
    if (parameters.tag == RP_MAP)
        return rp_wire_put_json(out, key, parameters);
    if (parameters.tag != RP_NIL)
        return RP_ETYPE;
    RP_TRY(rp_wire_put_key(out, key));
    return rp_buf_addz(out, "{\"type\":\"object\",\"properties\":{}}");
}

/* ---- options -------------------------------------------------------------------------------- */

static int is_among(struct rp_str key, const char *const *names)
{
    for (; *names; names++)
        if (rp_str_equal(key, rp_str(*names)))
            return 1;
    return 0;
}

int rp_wire_put_options(struct rp_buf *out, struct rp_value options, const char *const *but)
{
    if (options.tag != RP_NIL && options.tag != RP_MAP)
        return RP_ETYPE;
    for (uint32_t i = 0; i < rp_map_len(options); i++) {
        struct rp_str key = rp_str_of(rp_map_key(options, i));
        if (is_among(key, but))
            continue;
        if (out->n > 0 && out->s[out->n - 1] != '{')
            RP_TRY(rp_buf_addc(out, ','));
        RP_TRY(rp_json_write_str(out, key));
        RP_TRY(rp_buf_addc(out, ':'));
        RP_TRY(rp_json_write(out, rp_map_value(options, i), 0));
    }
    return RP_OK;
}

int rp_wire_take_options(struct rp_heap *h, struct rp_value root, const char *const *but,
                         struct rp_value *out)
{
    struct rp_value rest = rp_nil();

    for (uint32_t i = 0; i < rp_map_len(root); i++) {
        struct rp_value key = rp_map_key(root, i);
        if (is_among(rp_str_of(key), but))
            continue;
        if (rest.tag == RP_NIL)
            rest = rp_map();
        RP_TRY(rp_map_add(h, &rest, key, rp_map_value(root, i)));
    }
    *out = rest;
    return RP_OK;
}

/* ---- what a reply holds --------------------------------------------------------------------- */

int rp_wire_put_texts_of(struct rp_buf *out, struct rp_value contents, uint32_t from, uint32_t to)
{
    int first = 1;

    for (uint32_t i = from; i < to; i++) {
        struct rp_value content = rp_at(contents, i);
        size_t at = out->n;
        if (rp_kind(content) != RP_K_C_TEXT)
            continue;
        RP_TRY(rp_json_write_str(out, rp_str_of(rp_c_text_of(content)->text)));
        if (!first) { /* the quotes between it and the one before go */
            memmove(out->s + at - 1, out->s + at + 1, out->n - at - 1);
            rp_buf_cut(out, out->n - 2);
        }
        first = 0;
    }
    return first ? rp_buf_add(out, "\"\"", 2) : RP_OK;
}

int rp_wire_put_texts(struct rp_buf *out, struct rp_value contents)
{
    return rp_wire_put_texts_of(out, contents, 0, rp_len(contents));
}

static int has(struct rp_value contents, unsigned kind)
{
    for (uint32_t i = 0; i < rp_len(contents); i++)
        if (rp_kind(rp_at(contents, i)) == kind)
            return 1;
    return 0;
}

int rp_wire_has_text(struct rp_value contents)
{
    return has(contents, RP_K_C_TEXT);
}

int rp_wire_has_call(struct rp_value contents)
{
    return has(contents, RP_K_C_CALL);
}

int rp_wire_check_contents(struct rp_value contents)
{
    if (contents.tag != RP_LIST && contents.tag != RP_NIL)
        return RP_ETYPE;
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        unsigned kind = rp_kind(rp_at(contents, i));
        if (kind != RP_K_C_TEXT && kind != RP_K_C_CALL)
            return RP_ETYPE;
    }
    return RP_OK;
}

int rp_wire_put_with_calls(struct rp_buf *out, struct rp_value contents)
{
    return rp_wire_has_call(contents) ? rp_buf_addz(out, ",\"with_calls\":true") : RP_OK;
}

int64_t rp_wire_usage_of(struct rp_value usage, const char *key)
{
    struct rp_value n = rp_map_get(usage, key);

    return n.tag == RP_INT ? n.u.i : 0;
}

uint32_t rp_wire_updates(const struct rp_wire_reply *reply)
{
    return rp_len(reply->updates) > 0 ? rp_len(reply->updates) : 1;
}

struct rp_value rp_wire_update(const struct rp_wire_reply *reply, uint32_t i)
{
    return rp_len(reply->updates) > 0 ? rp_at(reply->updates, i) : rp_list();
}

const char *rp_wire_finish_of(const struct rp_wire_reply *reply)
{
    if (reply->finish && reply->finish[0] != '\0')
        return reply->finish;
    if (rp_wire_has_call(reply->contents))
        return "tool_calls";
    for (uint32_t i = 0; i < rp_len(reply->updates); i++)
        if (rp_wire_has_call(rp_at(reply->updates, i)))
            return "tool_calls";
    return "stop";
}
