/* wire.c - owns the dispatch by dialect: one table each, and what holds for all of them. */
#include "dialect.h"

static const struct rp_wire_dialect *const dialects[RP_DIALECTS] = {
    [RP_DIALECT_CHAT] = &rp_wire_chat,
    [RP_DIALECT_RESPONSES] = &rp_wire_responses,
    [RP_DIALECT_ANTHROPIC] = &rp_wire_anthropic,
};

const struct rp_wire_dialect *rp_wire_dialect_of(enum rp_dialect dialect)
{
    RP_ASSERT(dialect < RP_DIALECTS);
    return dialects[dialect];
}

const char *rp_dialect_name(enum rp_dialect dialect)
{
    return rp_wire_dialect_of(dialect)->name;
}

const char *rp_dialect_path(enum rp_dialect dialect)
{
    return rp_wire_dialect_of(dialect)->path;
}

int rp_dialect_of(const char *name)
{
    for (int i = 0; i < RP_DIALECTS; i++)
        if (rp_same(name, dialects[i]->name))
            return i;
    return -1;
}

const char *rp_wire_rule_name(enum rp_wire_rule rule)
{
    static const char *const name[] = {
#define X(NAME, name, sentence) #name,
        RP_WIRE_RULES(X)
#undef X
    };

    RP_ASSERT(rule < RP_WIRE_RULE_COUNT);
    return name[rule];
}

const char *rp_wire_rule_text(enum rp_wire_rule rule)
{
    static const char *const text[] = {
#define X(NAME, name, sentence) sentence,
        RP_WIRE_RULES(X)
#undef X
    };

    RP_ASSERT(rule < RP_WIRE_RULE_COUNT);
    return text[rule];
}

/* ---- requests ------------------------------------------------------------------------------- */

/* What was added goes when not all of it could be. */
static int all_or_nothing(struct rp_buf *out, size_t had, int rc)
{
    if (rc != RP_OK)
        rp_buf_cut(out, had);
    return rc;
}

int rp_wire_write_request(enum rp_dialect dialect, const struct rp_wire_request *request,
                          struct rp_buf *out)
{
    size_t had = out->n;

    return all_or_nothing(out, had, rp_wire_dialect_of(dialect)->write_request(request, out));
}

int rp_wire_read_request(enum rp_dialect dialect, struct rp_heap *h, const char *bytes, size_t n,
                         struct rp_wire_request *out, struct rp_error *err)
{
    struct rp_wire_doc doc = {.s = bytes, .n = n, .by_path = 1, .err = err};
    struct rp_wire_request request = {.model = rp_nil()};
    struct rp_wire_at root;

    if (n > RP_WIRE_BODY_MAX)
        return rp_fail_at(err, RP_ELIMIT, NULL, "the body is longer than %l bytes",
                          (int64_t)RP_WIRE_BODY_MAX);
    RP_TRY(rp_wire_parse(&doc, h, &root));
    RP_TRY(rp_wire_need_map(&doc, &root));
    RP_TRY(rp_wire_dialect_of(dialect)->read_request(&doc, h, &root, &request));
    *out = request;
    return RP_OK;
}

/* ---- replies -------------------------------------------------------------------------------- */

int rp_wire_write_whole(enum rp_dialect dialect, const struct rp_wire_reply *reply,
                        struct rp_buf *out)
{
    size_t had = out->n;

    RP_TRY(rp_wire_check_contents(reply->contents));
    return all_or_nothing(out, had, rp_wire_dialect_of(dialect)->write_whole(reply, out));
}

void rp_wire_writer_init(struct rp_wire_writer *w, enum rp_dialect dialect,
                         const struct rp_wire_reply *reply)
{
    *w = (struct rp_wire_writer){.dialect = dialect, .reply = reply};
}

int rp_wire_write_piece(struct rp_wire_writer *w, struct rp_buf *out, int *more)
{
    struct rp_wire_writer was = *w;
    size_t had = out->n;
    int rc = RP_OK;

    if (w->next > rp_wire_updates(w->reply))
        return RP_ESTATE;
    if (w->next > 0)
        rc = rp_wire_check_contents(rp_wire_update(w->reply, w->next - 1));
    if (rc == RP_OK)
        rc = rp_wire_dialect_of(w->dialect)->write_piece(w, out, more);
    if (rc != RP_OK)
        *w = was;
    return all_or_nothing(out, had, rc);
}

int rp_wire_write_error(enum rp_dialect dialect, int status, const char *type, const char *text,
                        struct rp_buf *out)
{
    size_t had = out->n;

    return all_or_nothing(out, had,
                          rp_wire_dialect_of(dialect)->write_error(status, type, text, out));
}
