/* msg.c - owns the making of messages, contents, responses and requests, and the reading of their
 * texts. */
#include "msg.h"

#include <string.h>

const char *rp_role_name(int64_t role)
{
    static const char *const name[] = {"user", "assistant", "tool", "system"};

    return role >= RP_USER && role <= RP_SYSTEM ? name[role] : "unknown";
}

/* ---- making ---- */

static struct rp_value record(struct rp_heap *h, unsigned kind, unsigned n,
                              const struct rp_value *slot)
{
    struct rp_rec *rec;

    RP_ASSERT(n == rp_kind_fields(kind));
    for (unsigned i = 0; i < n; i++) {
        const char *allowed;
        if (slot[i].tag == RP_BAD)
            return rp_bad();
        rp_kind_field(kind, i, &allowed);
        RP_ASSERT(rp_field_allows(allowed, slot[i]));
    }
    rec = rp_heap_take(h, sizeof(*rec) + n * sizeof(*slot), kind);
    if (rec)
        memcpy(rec->slot, slot, n * sizeof(*slot));
    return rp_from_rec(rec);
}

#define RECORD(h, kind, ...)                                                                       \
    record(h, kind, sizeof((struct rp_value[]){__VA_ARGS__}) / sizeof(struct rp_value),            \
           (struct rp_value[]){__VA_ARGS__})

struct rp_value rp_message(struct rp_heap *h, enum rp_role role, struct rp_value author,
                           struct rp_value contents)
{
    return RECORD(h, RP_K_MESSAGE, rp_int(role), author, contents);
}

struct rp_value rp_text_message(struct rp_heap *h, enum rp_role role, struct rp_value author,
                                struct rp_value text)
{
    struct rp_value content = rp_content_text(h, text), contents = rp_list();

    if (rp_list_add(h, &contents, content) != RP_OK)
        return rp_bad();
    return rp_message(h, role, author, contents);
}

struct rp_value rp_user_message(struct rp_heap *h, const char *text)
{
    struct rp_str s = rp_str(text);

    return rp_text_message(h, RP_USER, rp_nil(), rp_text(h, s.s, s.n));
}

struct rp_value rp_content_text(struct rp_heap *h, struct rp_value text)
{
    return RECORD(h, RP_K_C_TEXT, text);
}

struct rp_value rp_content_call(struct rp_heap *h, struct rp_value id, struct rp_value name,
                                struct rp_value arguments)
{
    return RECORD(h, RP_K_C_CALL, id, name, arguments);
}

struct rp_value rp_content_result(struct rp_heap *h, struct rp_value id, struct rp_value text,
                                  int is_error)
{
    return RECORD(h, RP_K_C_RESULT, id, text, rp_bool(is_error));
}

struct rp_value rp_approval_request(struct rp_heap *h, struct rp_value call)
{
    return RECORD(h, RP_K_C_APPROVAL_REQUEST, call);
}

struct rp_value rp_approval_response(struct rp_heap *h, struct rp_value call, int approved)
{
    return RECORD(h, RP_K_C_APPROVAL_RESPONSE, rp_bool(approved), call);
}

struct rp_value rp_response(struct rp_heap *h, struct rp_value messages, struct rp_value usage)
{
    return RECORD(h, RP_K_RESPONSE, messages, usage);
}

struct rp_value rp_update(struct rp_heap *h, enum rp_role role, struct rp_value author,
                          struct rp_value contents)
{
    return RECORD(h, RP_K_UPDATE, rp_int(role), author, contents, rp_nil());
}

struct rp_value rp_agent_request(struct rp_heap *h, struct rp_value messages, int should_respond)
{
    return RECORD(h, RP_K_AGENT_REQUEST, messages, rp_bool(should_respond));
}

struct rp_value rp_agent_response(struct rp_heap *h, const char *executor,
                                  struct rp_value response, struct rp_value conversation)
{
    struct rp_agent_response *a = rp_rec_new(h, RP_K_AGENT_RESPONSE);
    struct rp_value id = rp_textz(h, executor);

    if (!a || id.tag == RP_BAD || response.tag == RP_BAD || conversation.tag == RP_BAD)
        return rp_bad();
    RP_ASSERT(rp_kind(response) == RP_K_RESPONSE);
    a->executor = id;
    a->response = response;
    a->conversation = conversation;
    return rp_from_rec(a);
}

struct rp_value rp_user_value(struct rp_heap *h, unsigned k, struct rp_value value)
{
    RP_ASSERT(k < 16);
    return RECORD(h, RP_USER_KIND + k, value);
}

struct rp_value rp_text_room(struct rp_heap *h, size_t n)
{
    struct rp_text *text;

    if (n > RP_TEXT_MAX) {
        h->failed = RP_ENOMEM;
        return rp_bad();
    }
    text = rp_heap_take(h, sizeof(*text) + n + 1, RP_OBJ_TEXT);
    if (!text)
        return rp_bad();
    text->n = (uint32_t)n;
    return (struct rp_value){.tag = RP_TEXT, .u.text = text};
}

/* ---- reading texts ---- */

/* Goes over the parts of a text twice: with s NULL it measures, then it writes. */
struct gather {
    char *s;
    size_t n;
    uint32_t parts;
    struct rp_value only; /* the last part */
};

static void put(struct gather *g, struct rp_str s)
{
    if (g->s && s.n > 0)
        memcpy(g->s + g->n, s.s, s.n);
    g->n += s.n;
}

static void put_message(struct gather *g, struct rp_value message)
{
    struct rp_value contents = rp_message_of(message)->contents;
    uint32_t here = 0;

    for (uint32_t i = 0; i < rp_len(contents); i++) {
        if (rp_kind(rp_at(contents, i)) != RP_K_C_TEXT)
            continue;
        if (here++ > 0)
            put(g, rp_str(" "));
        g->only = rp_c_text_of(rp_at(contents, i))->text;
        g->parts++;
        put(g, rp_str_of(g->only));
    }
}

static struct rp_value text_of(struct rp_heap *h, const struct rp_value *message, uint32_t n)
{
    struct gather g = {0};
    struct rp_value text;

    for (uint32_t i = 0; i < n; i++)
        put_message(&g, message[i]);
    if (g.parts == 1)
        return g.only;
    text = rp_text_room(h, g.n);
    if (text.tag == RP_BAD)
        return text;
    g = (struct gather){.s = text.u.text->s};
    for (uint32_t i = 0; i < n; i++)
        put_message(&g, message[i]);
    RP_ASSERT(g.n == text.u.text->n);
    return text;
}

struct rp_value rp_message_text(struct rp_heap *h, struct rp_value message)
{
    return text_of(h, &message, 1);
}

struct rp_value rp_messages_text(struct rp_heap *h, struct rp_value messages)
{
    uint32_t n = rp_len(messages);

    return text_of(h, n > 0 ? messages.u.vec->at : NULL, n);
}

const struct rp_text *rp_message_only_text(struct rp_value message, int *has_one)
{
    static const union {
        char zero[sizeof(struct rp_text) + 1];
        struct rp_text text;
    } empty;
    struct gather g = {0};

    put_message(&g, message);
    *has_one = g.parts <= 1;
    if (g.parts > 1)
        return NULL;
    return g.parts == 1 ? g.only.u.text : &empty.text;
}
