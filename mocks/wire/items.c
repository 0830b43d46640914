/* items.c - owns what a reply is made of while it is read: calls in the reader's own memory, usage
 * and finish. */
#include <string.h>

#include "dialect.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"

int rp_wire_item_add(struct rp_wire_reader *r, enum rp_wire_item_kind kind,
                     struct rp_wire_item **out)
{
    struct rp_wire_item *item;

    if (r->n_items == RP_WIRE_ITEMS_MAX)
        return RP_ELIMIT;
    if (r->n_items == r->room) {
        size_t room = r->room ? 2 * r->room : 4, size = sizeof(*item);
        item = r->alloc.resize(r->alloc.ctx, r->items, r->room * size, room * size);
        if (!item)
            return RP_ENOMEM;
        r->items = item;
        r->room = room;
    }
    item = r->items + r->n_items++;
    memset(item, 0, sizeof(*item));
    item->kind = kind;
    item->key = item->part = -1;
    rp_buf_init(&item->other, &r->alloc, RP_TEXT_MAX);
    rp_buf_init(&item->id, &r->alloc, RP_TEXT_MAX);
    rp_buf_init(&item->name, &r->alloc, RP_TEXT_MAX);
    rp_buf_init(&item->arguments, &r->alloc, RP_TEXT_MAX);
    *out = item;
    return RP_OK;
}

void rp_wire_items_free(struct rp_wire_reader *r)
{
    for (size_t i = 0; i < r->n_items; i++) {
        rp_buf_free(&r->items[i].other);
        rp_buf_free(&r->items[i].id);
        rp_buf_free(&r->items[i].name);
        rp_buf_free(&r->items[i].arguments);
    }
    if (r->items)
        r->alloc.resize(r->alloc.ctx, r->items, r->room * sizeof(*r->items), 0);
    r->items = NULL;
    r->n_items = r->room = 0;
}

/* ---- calls ---------------------------------------------------------------------------------- */

static struct rp_value text_of(struct rp_heap *h, const struct rp_buf *b)
{
    return rp_text(h, b->s ? b->s : "", b->n);
}

static int is_taken(const struct rp_wire_reader *r, const char *id)
{
    struct rp_str wanted = rp_str(id);

    for (size_t i = 0; i < r->n_items; i++) {
        const struct rp_buf *has = &r->items[i].id;
        if (has->n > 0 && rp_str_equal((struct rp_str){has->s, has->n}, wanted))
            return 1;
    }
    return 0;
}

/* "call_<n>", n at least *number; *number is then the one after it. */
static struct rp_value free_id(const struct rp_wire_reader *r, struct rp_heap *h, int64_t *number)
{
    struct rp_error id;

    do
        rp_fail_at(&id, 0, NULL, "call_%l", (*number)++);
    while (is_taken(r, id.text));
    return rp_textz(h, id.text);
}

int rp_wire_add_calls(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_heap *h,
                      struct rp_value *contents)
{
    int64_t place = 0, next = 1;

    for (size_t i = 0; i < r->n_items; i++) {
        const struct rp_wire_item *item = r->items + i;
        struct rp_value id;
        if (item->kind != RP_WIRE_ITEM_CALL)
            continue;
        place++;
        if (item->id.n > 0) {
            id = text_of(h, &item->id);
        } else {
            next = next < place ? place : next;
            id = free_id(r, h, &next);
            rp_wire_rule(doc, RP_RULE_NO_ID);
        }
        RP_TRY(rp_list_add(
            h, contents,
            rp_content_call(h, id, text_of(h, &item->name), text_of(h, &item->arguments))));
    }
    return RP_OK;
}

int rp_wire_arguments(struct rp_wire_doc *doc, const struct rp_wire_at *at, struct rp_buf *out)
{
    struct rp_str text;

    if (at->v.tag == RP_MAP || at->v.tag == RP_LIST) {
        rp_wire_rule(doc, RP_RULE_ARGUMENTS_OBJECT);
        return rp_json_write(out, at->v, 0);
    }
    RP_TRY(rp_wire_text(doc, at, &text));
    return text.s ? rp_buf_adds(out, text) : RP_OK;
}

int rp_wire_is_object(struct rp_wire_reader *r, const struct rp_buf *text, int *is)
{
    struct rp_value v = rp_nil();
    int rc = rp_json_try(&r->heap, (struct rp_str){text->s ? text->s : "", text->n}, &v);

    *is = rc == RP_OK && v.tag == RP_MAP;
    return rc == RP_ENOMEM ? rc : RP_OK;
}

/* ---- usage and finish ----------------------------------------------------------------------- */

void rp_wire_set_finish(struct rp_wire_reader *r, struct rp_str finish)
{
    size_t n = finish.n;

    if (n >= sizeof(r->finish)) {
        n = sizeof(r->finish) - 1;
        while (n > 0 && ((unsigned char)finish.s[n] & 0xc0) == 0x80)
            n--;
    }
    memset(r->finish, 0, sizeof(r->finish));
    memcpy(r->finish, finish.s, n);
}

static int take_tokens(struct rp_wire_doc *doc, const struct rp_wire_at *usage, const char *key,
                       int64_t *tokens)
{
    struct rp_wire_at at = rp_wire_key(usage, key);
    int64_t n = 0;
    int has;

    RP_TRY(rp_wire_int(doc, &at, &n, &has));
    if (n < 0)
        return rp_wire_refuse(doc, &at, "a number of tokens is at least 0");
    if (has)
        *tokens = n;
    return RP_OK;
}

int rp_wire_set_usage(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *usage, const char *input, const char *output,
                      const char *total)
{
    RP_TRY(rp_wire_map(doc, usage));
    RP_TRY(take_tokens(doc, usage, input, &r->input));
    RP_TRY(take_tokens(doc, usage, output, &r->output));
    return total ? take_tokens(doc, usage, total, &r->total) : RP_OK;
}
