/* fold.c - owns what is made of whole conversations: streamed updates folded into messages,
 * text-only cleaning, input brought into the form of a list of messages, authors filled in. Lists
 * and messages that come out as they went in are shared, not copied. */
#include "msg.h"

#include <string.h>

/* ---- lists gone through one by one ---- */

/* *item becomes what stands in its place; nil drops it. */
typedef int change_fn(struct rp_heap *h, struct rp_value *item, struct rp_value with);

static int same_object(struct rp_value a, struct rp_value b)
{
    return a.tag == b.tag && a.u.obj == b.u.obj;
}

static int change_all(struct rp_heap *h, struct rp_value list, change_fn *change,
                      struct rp_value with, struct rp_value *out)
{
    struct rp_value changed = list;
    int same = 1;

    for (uint32_t i = 0; i < rp_len(list); i++) {
        struct rp_value item = rp_at(list, i);
        RP_TRY(change(h, &item, with));
        if (same && same_object(item, rp_at(list, i)))
            continue;
        if (same)
            changed = rp_list_part(h, list, 0, i);
        same = 0;
        if (changed.tag == RP_BAD)
            return RP_ENOMEM;
        if (item.tag != RP_NIL)
            RP_TRY(rp_list_add(h, &changed, item));
    }
    *out = changed;
    return RP_OK;
}

/* ---- cleaning ---- */

static int is_filled_text(struct rp_value content)
{
    return rp_kind(content) == RP_K_C_TEXT && rp_str_of(rp_c_text_of(content)->text).n > 0;
}

static int drop_unless_filled(struct rp_heap *h, struct rp_value *content, struct rp_value with)
{
    (void)h;
    (void)with;
    if (!is_filled_text(*content))
        *content = rp_nil();
    return RP_OK;
}

static int clean_one(struct rp_heap *h, struct rp_value *message, struct rp_value with)
{
    struct rp_message *old = rp_message_of(*message), *fresh;
    struct rp_value texts;

    RP_TRY(change_all(h, old->contents, drop_unless_filled, with, &texts));
    if (rp_len(texts) == 0) {
        *message = rp_nil();
        return RP_OK;
    }
    if (rp_len(texts) == 1 && rp_len(old->contents) == 1)
        return RP_OK;
    fresh = rp_rec_copy(h, old);
    if (!fresh)
        return RP_ENOMEM;
    fresh->contents = texts;
    *message = rp_text_message(h, (enum rp_role)old->role.u.i, old->author,
                               rp_message_text(h, rp_from_rec(fresh)));
    return message->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

int rp_clean(struct rp_heap *h, struct rp_value messages, struct rp_value *out)
{
    return change_all(h, messages, clean_one, rp_nil(), out);
}

/* ---- input and authors ---- */

static int message_of_item(struct rp_heap *h, struct rp_value *item, struct rp_value with)
{
    (void)with;
    if (item->tag == RP_TEXT)
        *item = rp_text_message(h, RP_USER, rp_nil(), *item);
    if (item->tag == RP_BAD)
        return RP_ENOMEM;
    return rp_kind(*item) == RP_K_MESSAGE ? RP_OK : RP_ETYPE;
}

int rp_messages_of(struct rp_heap *h, struct rp_value v, struct rp_value *out)
{
    struct rp_value list = rp_list();

    if (v.tag == RP_LIST)
        return change_all(h, v, message_of_item, rp_nil(), out);
    RP_TRY(message_of_item(h, &v, rp_nil()));
    RP_TRY(rp_list_add(h, &list, v));
    *out = list;
    return RP_OK;
}

static int set_author(struct rp_heap *h, struct rp_value *message, struct rp_value author)
{
    struct rp_message *m = rp_message_of(*message);

    if (m->author.tag != RP_NIL)
        return RP_OK;
    m = rp_rec_copy(h, m);
    if (!m)
        return RP_ENOMEM;
    m->author = author;
    *message = rp_from_rec(m);
    return RP_OK;
}

int rp_with_author(struct rp_heap *h, struct rp_value messages, struct rp_value author,
                   struct rp_value *out)
{
    if (author.tag == RP_BAD)
        return RP_ENOMEM;
    if (author.tag == RP_NIL) {
        *out = messages;
        return RP_OK;
    }
    return change_all(h, messages, set_author, author, out);
}

/* ---- contents that belong together ---- */

/* The text that grows when parts are joined. */
static struct rp_value *growing(struct rp_value content)
{
    if (rp_kind(content) == RP_K_C_TEXT)
        return &rp_c_text_of(content)->text;
    if (rp_kind(content) == RP_K_C_CALL)
        return &rp_c_call_of(content)->arguments;
    return NULL;
}

/* Does next go on with what first began? A call's later parts may come without an id. */
static int continues(struct rp_value first, struct rp_value next)
{
    struct rp_str id;

    if (rp_kind(first) != rp_kind(next))
        return 0;
    if (rp_kind(first) == RP_K_C_TEXT)
        return 1;
    if (rp_kind(first) != RP_K_C_CALL)
        return 0;
    id = rp_str_of(rp_c_call_of(next)->id);
    return id.n == 0 || rp_str_equal(id, rp_str_of(rp_c_call_of(first)->id));
}

/* The name comes with the first part as a rule, with a later one if need be. */
static struct rp_value name_among(const struct rp_value *part, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (rp_str_of(rp_c_call_of(part[i])->name).n > 0)
            return rp_c_call_of(part[i])->name;
    return rp_c_call_of(part[0])->name;
}

static struct rp_value join_parts(struct rp_heap *h, const struct rp_value *part, uint32_t n)
{
    struct rp_value text;
    size_t size = 0;

    for (uint32_t i = 0; i < n; i++)
        size += rp_str_of(*growing(part[i])).n;
    text = rp_text_room(h, size);
    if (text.tag == RP_BAD)
        return text;
    size = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_str s = rp_str_of(*growing(part[i]));
        memcpy(text.u.text->s + size, s.s, s.n);
        size += s.n;
    }
    if (rp_kind(part[0]) == RP_K_C_TEXT)
        return rp_content_text(h, text);
    return rp_content_call(h, rp_c_call_of(part[0])->id, name_among(part, n), text);
}

static uint32_t run_length(struct rp_value list, uint32_t from)
{
    uint32_t n = 1;

    while (from + n < rp_len(list) && continues(rp_at(list, from), rp_at(list, from + n)))
        n++;
    return n;
}

static int join_contents(struct rp_heap *h, struct rp_value *contents)
{
    struct rp_value list = *contents, joined = rp_list();
    uint32_t n;

    for (uint32_t i = 0; i < rp_len(list); i += n) {
        struct rp_value item = rp_at(list, i);
        n = run_length(list, i);
        if (n > 1)
            item = join_parts(h, list.u.vec->at + i, n);
        RP_TRY(rp_list_add(h, &joined, item));
    }
    if (rp_len(joined) < rp_len(list))
        *contents = joined;
    return RP_OK;
}

/* ---- folding ---- */

/* A message being put together: its contents are joined when it is closed. */
struct open_message {
    struct rp_value role, author, contents, id;
};

static int begins_another(const struct open_message *m, const struct rp_update *u)
{
    struct rp_str had = rp_str_of(m->id), has = rp_str_of(u->message_id);

    if (m->role.u.i != u->role.u.i)
        return 1;
    return had.n > 0 && has.n > 0 && !rp_str_equal(had, has);
}

static int go_on(struct rp_heap *h, struct open_message *m, const struct rp_update *u)
{
    m->role = u->role;
    if (u->author.tag != RP_NIL)
        m->author = u->author;
    if (rp_str_of(u->message_id).n > 0)
        m->id = u->message_id;
    return rp_list_cat(h, &m->contents, u->contents);
}

static int close_message(struct rp_heap *h, struct open_message *m, struct rp_value *messages)
{
    RP_TRY(join_contents(h, &m->contents));
    return rp_list_add(h, messages,
                       rp_message(h, (enum rp_role)m->role.u.i, m->author, m->contents));
}

int rp_fold(struct rp_heap *h, struct rp_value *messages, struct rp_value *ids,
            struct rp_value update)
{
    const struct rp_update *u = rp_update_of(update);
    struct open_message m = {.contents = rp_list()};
    struct rp_value done = *messages, done_ids = *ids;
    uint32_t n = rp_len(done);

    RP_ASSERT(rp_len(done_ids) == n);
    if (n > 0) {
        const struct rp_message *last = rp_message_of(rp_at(done, n - 1));
        m = (struct open_message){last->role, last->author, last->contents, rp_at(done_ids, n - 1)};
    }
    if (n > 0 && begins_another(&m, u)) {
        m = (struct open_message){.contents = rp_list()};
    } else if (n > 0) {
        done = rp_list_part(h, done, 0, n - 1);
        done_ids = rp_list_part(h, done_ids, 0, n - 1);
    }
    if (done.tag == RP_BAD || done_ids.tag == RP_BAD)
        return RP_ENOMEM;
    RP_TRY(go_on(h, &m, u));
    RP_TRY(close_message(h, &m, &done));
    RP_TRY(rp_list_add(h, &done_ids, m.id));
    *messages = done;
    *ids = done_ids;
    return RP_OK;
}

int rp_fold_all(struct rp_heap *h, struct rp_value updates, struct rp_value *messages)
{
    struct rp_value done = rp_list();
    struct open_message m = {.contents = rp_list()};

    for (uint32_t i = 0; i < rp_len(updates); i++) {
        const struct rp_update *u = rp_update_of(rp_at(updates, i));
        if (i > 0 && begins_another(&m, u)) {
            RP_TRY(close_message(h, &m, &done));
            m = (struct open_message){.contents = rp_list()};
        }
        RP_TRY(go_on(h, &m, u));
    }
    if (rp_len(updates) > 0)
        RP_TRY(close_message(h, &m, &done));
    *messages = done;
    return RP_OK;
}
