/* journal_get.c - reads values as a journal tells them. Journals come from outside: what is made
 * here may be given to a run, which relies on the form of its records. */
#include "journal_value.h"

#include <string.h>

enum { FOLDS_MAX = 8 };

struct reader {
    struct rp_journal_names *names;
    struct rp_heap *heap;
    struct rp_error *err;
    int folds;
};

static int get(struct reader *r, struct rp_value json, struct rp_value *out);

static int wrong(struct reader *r, const char *what)
{
    return rp_fail_at(r->err, RP_EPARSE, "", "%s", what);
}

/* ---- records that a run is given ------------------------------------------------------------- */

static int is_content(struct rp_value v)
{
    switch (rp_kind(v)) {
    case RP_K_C_TEXT:
    case RP_K_C_CALL:
    case RP_K_C_RESULT:
        return 1;
    case RP_K_C_APPROVAL_REQUEST:
        return rp_kind(rp_c_approval_request_of(v)->call) == RP_K_C_CALL;
    case RP_K_C_APPROVAL_RESPONSE:
        return rp_kind(rp_c_approval_response_of(v)->call) == RP_K_C_CALL;
    default:
        return 0;
    }
}

static int are_contents(struct rp_value list)
{
    for (uint32_t i = 0; i < rp_len(list); i++)
        if (!is_content(rp_at(list, i)))
            return 0;
    return 1;
}

static int are_messages(struct rp_value list)
{
    for (uint32_t i = 0; i < rp_len(list); i++)
        if (rp_kind(rp_at(list, i)) != RP_K_MESSAGE)
            return 0;
    return 1;
}

static int is_role(struct rp_value v)
{
    return v.tag == RP_INT && v.u.i >= RP_USER && v.u.i <= RP_SYSTEM;
}

static int is_sound(struct rp_value v)
{
    switch (rp_kind(v)) {
    case RP_K_MESSAGE:
        return is_role(rp_message_of(v)->role) && are_contents(rp_message_of(v)->contents);
    case RP_K_UPDATE:
        return is_role(rp_update_of(v)->role) && are_contents(rp_update_of(v)->contents);
    case RP_K_RESPONSE:
        return are_messages(rp_response_of(v)->messages);
    default:
        return 1;
    }
}

/* ---- records --------------------------------------------------------------------------------- */

static unsigned kind_of(struct rp_value json, struct rp_str name)
{
    struct rp_value kind = rp_map_get(json, "kind");

    for (unsigned i = 1; i < RP_USER_KIND; i++)
        if (rp_kind_name(i) && rp_str_equal(rp_str(rp_kind_name(i)), name))
            return i;
    if (!rp_str_equal(name, rp_str("user")) || kind.tag != RP_INT || kind.u.i < 0 || kind.u.i >= 16)
        return 0;
    return RP_USER_KIND + (unsigned)kind.u.i;
}

static struct rp_value role_of(struct rp_value word)
{
    for (int64_t i = RP_USER; i <= RP_SYSTEM; i++)
        if (rp_is_text(word, rp_role_name(i)))
            return rp_int(i);
    return word;
}

static int get_field(struct reader *r, struct rp_value json, struct rp_value rec, unsigned i)
{
    struct rp_value *slot = &rec.u.rec->slot[i];
    const char *allowed, *name = rp_kind_field(rp_kind(rec), i, &allowed);

    if (!rp_map_has(json, name))
        return wrong(r, "a record lacks one of its fields");
    RP_TRY(get(r, rp_map_get(json, name), slot));
    if (strcmp(name, "role") == 0)
        *slot = role_of(*slot);
    return rp_field_allows(allowed, *slot) ? RP_OK
                                           : wrong(r, "a field of a record is of a wrong type");
}

static int get_record(struct reader *r, struct rp_value json, struct rp_str name,
                      struct rp_value *out)
{
    unsigned kind = kind_of(json, name);

    if (kind == 0)
        return wrong(r, "there is no such kind of value; was this written by a later version?");
    *out = rp_from_rec(rp_rec_new(r->heap, kind));
    if (out->tag == RP_BAD)
        return RP_ENOMEM;
    for (unsigned i = 0; i < rp_kind_fields(kind); i++)
        RP_TRY(get_field(r, json, *out, i));
    return is_sound(*out) ? RP_OK : wrong(r, "a message is not of the form of messages");
}

/* ---- what has a number ----------------------------------------------------------------------- */

/* Its place in the items; *fresh: it is told here. */
static int get_number(struct reader *r, struct rp_value json, uint32_t *place, int *fresh)
{
    struct rp_value number = rp_map_get(json, "#");

    *fresh = rp_map_len(json) > 2;
    if (number.tag != RP_INT || number.u.i < 1 || number.u.i > (int64_t)r->names->n_items + *fresh)
        return wrong(r, "it refers to a message or value that was not told before");
    *place = (uint32_t)number.u.i - 1;
    if (*fresh && *place != r->names->n_items)
        return wrong(r, "the numbers of messages and values do not follow each other");
    return RP_OK;
}

/* The number is taken before what is in it takes any. */
static int get_fresh(struct reader *r, struct rp_value json, int is_message, uint32_t place)
{
    struct rp_value v = rp_nil(), kept;

    RP_TRY(rp_journal_add_item(r->names, rp_nil()));
    if (is_message)
        RP_TRY(get_record(r, json, rp_str("message"), &v));
    else
        RP_TRY(get(r, rp_map_get(json, "is"), &v));
    RP_TRY(rp_copy_into(&r->names->heap, v, &kept));
    r->names->item[place] = kept;
    return RP_OK;
}

static int get_numbered(struct reader *r, struct rp_value json, int is_message,
                        struct rp_value *out)
{
    uint32_t place = 0;
    int fresh = 0;

    RP_TRY(get_number(r, json, &place, &fresh));
    if (fresh)
        RP_TRY(get_fresh(r, json, is_message, place));
    *out = r->names->item[place];
    if (is_message && rp_kind(*out) != RP_K_MESSAGE)
        return wrong(r, "the number of a message is that of something else");
    return RP_OK;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static int add_items(struct reader *r, struct rp_value json, struct rp_value *out)
{
    struct rp_value item;

    for (uint32_t i = 0; i < rp_len(json); i++) {
        RP_TRY(get(r, rp_at(json, i), &item));
        RP_TRY(rp_list_add(r->heap, out, item));
    }
    return RP_OK;
}

static int is_message_form(struct rp_value json)
{
    return rp_is_text(rp_map_get(json, "$"), "message");
}

/* Gives a list of messages, and its beginnings, their numbers. */
static int number_list(struct reader *r, struct rp_value json, uint32_t list)
{
    for (uint32_t i = 0; i < rp_len(json); i++)
        if (!is_message_form(rp_at(json, i)))
            return RP_OK;
    for (uint32_t i = 0; i < rp_len(json); i++) {
        int64_t number = rp_map_get(rp_at(json, i), "#").u.i; /* get_number has checked it */
        RP_TRY(rp_journal_lengthen(r->names, &list, (uint32_t)number));
    }
    return RP_OK;
}

static int get_list(struct reader *r, struct rp_value json, struct rp_value *out)
{
    *out = rp_list();
    RP_TRY(add_items(r, json, out));
    return number_list(r, json, 0);
}

/* The messages of that list, which was told before. */
static int add_told(struct reader *r, uint32_t list, struct rp_value *out)
{
    const struct rp_journal_names *n = r->names;
    uint32_t length = n->list[list - 1].length;

    *out = rp_list_room(r->heap, length);
    if (out->tag == RP_BAD)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < length; i++)
        RP_TRY(rp_list_add(r->heap, out, rp_nil()));
    for (; list; list = n->list[list - 1].before)
        out->u.vec->at[--length] = n->item[n->list[list - 1].item - 1];
    return RP_OK;
}

static int get_messages(struct reader *r, struct rp_value json, struct rp_value *out)
{
    struct rp_value like = rp_map_get(json, "like"), more = rp_map_get(json, "more");

    if (like.tag != RP_INT || like.u.i < 1 || like.u.i > (int64_t)r->names->n_lists)
        return wrong(r, "it refers to a list that was not told before");
    for (uint32_t i = 0; i < rp_len(more); i++)
        if (!is_message_form(rp_at(more, i)))
            return wrong(r, "a list of messages has other things in it");
    RP_TRY(add_told(r, (uint32_t)like.u.i, out));
    RP_TRY(add_items(r, more, out));
    return number_list(r, more, (uint32_t)like.u.i);
}

/* ---- other forms ----------------------------------------------------------------------------- */

static int get_entries(struct reader *r, struct rp_value json, struct rp_value *out)
{
    struct rp_value all = rp_map_get(json, "entries"), v;

    *out = rp_map();
    for (uint32_t i = 0; i < rp_len(all); i++) {
        struct rp_value pair = rp_at(all, i);
        if (rp_len(pair) != 2 || rp_at(pair, 0).tag != RP_TEXT)
            return wrong(r, "an entry of a map is no pair of a text and a value");
        RP_TRY(get(r, rp_at(pair, 1), &v));
        RP_TRY(rp_map_put_str(r->heap, out, rp_str_of(rp_at(pair, 0)), v));
    }
    return RP_OK;
}

static int get_map(struct reader *r, struct rp_value json, struct rp_value *out)
{
    struct rp_value v;

    *out = rp_map();
    for (uint32_t i = 0; i < rp_map_len(json); i++) {
        RP_TRY(get(r, rp_map_value(json, i), &v));
        RP_TRY(rp_map_add(r->heap, out, rp_map_key(json, i), v));
    }
    return RP_OK;
}

static int get_bits(struct reader *r, struct rp_value json, struct rp_value *out)
{
    static const char digits[] = "0123456789abcdef";
    struct rp_str hex = rp_str_of(rp_map_get(json, "is"));
    uint64_t bits = 0;
    double real;

    for (size_t i = 0; i < 16; i++) {
        const char *at = hex.n == 16 ? memchr(digits, hex.s[i], 16) : NULL;
        if (!at)
            return wrong(r, "the bits of a real are not 16 hexadecimal digits");
        bits = bits << 4 | (uint64_t)(at - digits);
    }
    memcpy(&real, &bits, sizeof(real));
    *out = rp_real(real);
    return RP_OK;
}

static int get_deep(struct reader *r, struct rp_value json, struct rp_value *out)
{
    struct rp_str text = rp_str_of(rp_map_get(json, "json"));
    struct rp_value inner;
    int rc = RP_EPARSE;

    if (r->folds < FOLDS_MAX)
        rc = rp_json_read(r->heap, text.s, text.n, &inner, NULL);
    if (rc == RP_ENOMEM)
        return rc;
    if (rc != RP_OK)
        return wrong(r, "the text of a nested value is not JSON");
    r->folds++;
    rc = get(r, inner, out);
    r->folds--;
    return rc;
}

static int get_form(struct reader *r, struct rp_value json, struct rp_str name,
                    struct rp_value *out)
{
    static const struct {
        const char *name;
        int (*get)(struct reader *r, struct rp_value json, struct rp_value *out);
    } forms[] = {
        {"messages", get_messages}, {"map", get_entries}, {"bits", get_bits}, {"deep", get_deep}};

    if (rp_str_equal(name, rp_str("message")))
        return get_numbered(r, json, 1, out);
    if (rp_str_equal(name, rp_str("value")))
        return get_numbered(r, json, 0, out);
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
        if (rp_str_equal(name, rp_str(forms[i].name)))
            return forms[i].get(r, json, out);
    return get_record(r, json, name, out);
}

static int get(struct reader *r, struct rp_value json, struct rp_value *out)
{
    struct rp_value form = rp_map_get(json, "$");

    if (json.tag == RP_LIST)
        return get_list(r, json, out);
    if (form.tag == RP_TEXT)
        return get_form(r, json, rp_str_of(form), out);
    if (json.tag == RP_MAP)
        return get_map(r, json, out);
    *out = json;
    return RP_OK;
}

int rp_journal_get(struct rp_journal_names *n, struct rp_heap *h, struct rp_value json,
                   struct rp_value *out, struct rp_error *err)
{
    struct reader r = {n, h, err, 0};

    return get(&r, json, out);
}
