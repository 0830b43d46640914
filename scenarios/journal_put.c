/* journal_put.c - writes values as a journal tells them. */
#include "journal_value.h"

#include <math.h>
#include <string.h>

/* Where JSON within a text begins, and how often: each time its quotes are escaped once more. */
enum { DEPTH_MAX = 100, FOLDS_MAX = 5 };

struct writer {
    struct rp_journal_names *names;
    struct rp_buf *out;
    int depth, folds;
};

static int value(struct writer *w, struct rp_value v);

/* ---- marks ----------------------------------------------------------------------------------- */

static int add(struct writer *w, const char *z)
{
    return rp_buf_addz(w->out, z);
}

static int open(struct writer *w, const char *mark)
{
    w->depth++;
    return add(w, mark);
}

static int close(struct writer *w, const char *mark)
{
    w->depth--;
    return add(w, mark);
}

static int key(struct writer *w, const char *name)
{
    RP_TRY(rp_buf_addc(w->out, ','));
    RP_TRY(rp_json_write_str(w->out, rp_str(name)));
    return rp_buf_addc(w->out, ':');
}

static int field(struct writer *w, const char *name, struct rp_value v)
{
    RP_TRY(key(w, name));
    return value(w, v);
}

/* {"$":"name" */
static int begin(struct writer *w, const char *name)
{
    RP_TRY(open(w, "{\"$\":"));
    return rp_json_write_str(w->out, rp_str(name));
}

/* ---- records --------------------------------------------------------------------------------- */

static int fields(struct writer *w, struct rp_value v)
{
    unsigned kind = rp_kind(v);

    for (unsigned i = 0; i < rp_kind_fields(kind); i++) {
        const char *name = rp_kind_field(kind, i, NULL);
        struct rp_value slot = v.u.rec->slot[i];
        RP_TRY(key(w, name));
        if (strcmp(name, "role") == 0 && slot.tag == RP_INT && slot.u.i >= RP_USER &&
            slot.u.i <= RP_SYSTEM)
            RP_TRY(rp_json_write_str(w->out, rp_str(rp_role_name(slot.u.i))));
        else
            RP_TRY(value(w, slot));
    }
    return RP_OK;
}

static int message(struct writer *w, struct rp_value v)
{
    uint64_t digest = rp_digest(v, 0);
    uint32_t number = rp_journal_find(w->names, v, digest);
    int again = number != 0;

    if (!again) {
        RP_TRY(rp_journal_note(w->names, v, digest));
        number = w->names->n_items;
    }
    RP_TRY(begin(w, "message"));
    RP_TRY(field(w, "#", rp_int(number)));
    if (!again)
        RP_TRY(fields(w, v));
    return close(w, "}");
}

static int record(struct writer *w, struct rp_value v)
{
    unsigned kind = rp_kind(v);

    if (kind == RP_K_MESSAGE)
        return message(w, v);
    RP_TRY(begin(w, rp_kind_name(kind)));
    if (kind >= RP_USER_KIND)
        RP_TRY(field(w, "kind", rp_int((int64_t)kind - RP_USER_KIND)));
    RP_TRY(fields(w, v));
    return close(w, "}");
}

/* ---- lists ----------------------------------------------------------------------------------- */

static int are_messages(struct rp_value list)
{
    for (uint32_t i = 0; i < rp_len(list); i++)
        if (rp_kind(rp_at(list, i)) != RP_K_MESSAGE)
            return 0;
    return rp_len(list) > 0;
}

static uint32_t number_of(const struct writer *w, struct rp_value message)
{
    return rp_journal_find(w->names, message, rp_digest(message, 0));
}

/* The longest list that was told and that this one begins like; *length: how long that is. */
static uint32_t told_beginning(const struct writer *w, struct rp_value messages, uint32_t *length)
{
    uint32_t list = 0, i = 0;

    for (; i < rp_len(messages); i++) {
        uint32_t item = number_of(w, rp_at(messages, i));
        uint32_t longer = item ? rp_journal_longer(w->names, list, item) : 0;
        if (!longer)
            break;
        list = longer;
    }
    *length = i;
    return list;
}

static int items(struct writer *w, struct rp_value list, uint32_t from)
{
    RP_TRY(open(w, "["));
    for (uint32_t i = from; i < rp_len(list); i++) {
        if (i > from)
            RP_TRY(rp_buf_addc(w->out, ','));
        RP_TRY(value(w, rp_at(list, i)));
    }
    return close(w, "]");
}

static int messages(struct writer *w, struct rp_value list)
{
    uint32_t length, like = told_beginning(w, list, &length), n = rp_len(list);

    if (length > 1) {
        RP_TRY(begin(w, "messages"));
        RP_TRY(field(w, "like", rp_int(like)));
        RP_TRY(key(w, "more"));
        RP_TRY(items(w, list, length));
        RP_TRY(close(w, "}"));
    } else {
        RP_TRY(items(w, list, 0));
    }
    for (uint32_t i = length; i < n; i++)
        RP_TRY(rp_journal_lengthen(w->names, &like, number_of(w, rp_at(list, i))));
    return RP_OK;
}

/* ---- maps ------------------------------------------------------------------------------------ */

static int entries(struct writer *w, struct rp_value map)
{
    RP_TRY(begin(w, "map"));
    RP_TRY(key(w, "entries"));
    RP_TRY(open(w, "["));
    for (uint32_t i = 0; i < rp_map_len(map); i++) {
        RP_TRY(open(w, i > 0 ? ",[" : "["));
        RP_TRY(value(w, rp_map_key(map, i)));
        RP_TRY(rp_buf_addc(w->out, ','));
        RP_TRY(value(w, rp_map_value(map, i)));
        RP_TRY(close(w, "]"));
    }
    RP_TRY(close(w, "]"));
    return close(w, "}");
}

static int map(struct writer *w, struct rp_value v)
{
    if (rp_map_has(v, "$"))
        return entries(w, v);
    RP_TRY(open(w, "{"));
    for (uint32_t i = 0; i < rp_map_len(v); i++) {
        if (i > 0)
            RP_TRY(rp_buf_addc(w->out, ','));
        RP_TRY(rp_json_write_str(w->out, rp_str_of(rp_map_key(v, i))));
        RP_TRY(rp_buf_addc(w->out, ':'));
        RP_TRY(value(w, rp_map_value(v, i)));
    }
    return close(w, "}");
}

/* ---- all values ------------------------------------------------------------------------------ */

static int real(struct writer *w, double r)
{
    static const char digit[] = "0123456789abcdef";
    char hex[17] = {0};
    uint64_t bits;

    if (isfinite(r))
        return rp_buf_add_real(w->out, r);
    memcpy(&bits, &r, sizeof(bits));
    for (int i = 0; i < 16; i++)
        hex[i] = digit[bits >> (60 - 4 * i) & 15];
    RP_TRY(begin(w, "bits"));
    RP_TRY(key(w, "is"));
    RP_TRY(rp_json_write_str(w->out, rp_str(hex)));
    return close(w, "}");
}

static int deep(struct writer *w, struct rp_value v)
{
    struct rp_buf text;
    struct writer inner = {w->names, &text, 0, w->folds + 1};
    int rc;

    if (inner.folds > FOLDS_MAX)
        return RP_ELIMIT;
    rp_buf_init(&text, &w->out->alloc, w->out->ceiling);
    rc = value(&inner, v);
    if (rc == RP_OK)
        rc = begin(w, "deep");
    if (rc == RP_OK)
        rc = key(w, "json");
    if (rc == RP_OK)
        rc = rp_json_write_str(w->out, (struct rp_str){text.s, text.n});
    if (rc == RP_OK)
        rc = close(w, "}");
    rp_buf_free(&text);
    return rc;
}

static int nested(struct writer *w, struct rp_value v)
{
    if (w->depth >= DEPTH_MAX)
        return deep(w, v);
    if (v.tag == RP_REC)
        return record(w, v);
    if (v.tag == RP_MAP)
        return map(w, v);
    return are_messages(v) ? messages(w, v) : items(w, v, 0);
}

static int value(struct writer *w, struct rp_value v)
{
    switch ((enum rp_tag)v.tag) {
    case RP_NIL:
        return add(w, "null");
    case RP_BOOL:
        return add(w, rp_is_true(v) ? "true" : "false");
    case RP_INT:
        return rp_buf_add_int(w->out, v.u.i);
    case RP_REAL:
        return real(w, v.u.r);
    case RP_DIGITS:
        return rp_buf_adds(w->out, rp_str_of(v));
    case RP_TEXT:
        return rp_json_write_str(w->out, rp_str_of(v));
    case RP_LIST:
    case RP_MAP:
    case RP_REC:
        return nested(w, v);
    case RP_BAD:
        break;
    }
    return RP_ENOMEM;
}

int rp_journal_put(struct rp_journal_names *n, struct rp_buf *out, struct rp_value v)
{
    struct writer w = {n, out, 1, 0};

    return value(&w, v);
}

int rp_journal_put_noted(struct rp_journal_names *n, struct rp_buf *out, struct rp_value v)
{
    struct writer w = {n, out, 1, 0};
    uint64_t digest = rp_digest(v, 0);
    uint32_t number = rp_journal_find(n, v, digest);
    int again = number != 0;

    if (v.tag == RP_NIL)
        return value(&w, v);
    if (!again) {
        RP_TRY(rp_journal_note(n, v, digest));
        number = n->n_items;
    }
    RP_TRY(begin(&w, "value"));
    RP_TRY(field(&w, "#", rp_int(number)));
    if (!again)
        RP_TRY(field(&w, "is", v));
    return close(&w, "}");
}
