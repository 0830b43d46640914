/* reader.c - owns the reading of a reply: bytes in, events out. What the events of a dialect say is
 * kept in the reader's own memory until it is asked for: values are made at the last moment, in
 * the heap of whoever asks. */
#include <string.h>

#include "dialect.h"

enum { READING, LAST, END, WHOLE, BROKEN }; /* LAST: the last update is still to be given */

enum {
    SCRATCH_CHUNK = RP_HEAP_CHUNK < (4 << 10) ? RP_HEAP_CHUNK : (4 << 10),
    SCRATCH_KEPT = 128 << 10 /* more than this is given back before the next event */
};

int rp_wire_reader_new(const struct rp_alloc *alloc, enum rp_dialect dialect, int stream,
                       struct rp_wire_reader **out)
{
    struct rp_wire_reader *r = alloc->resize(alloc->ctx, NULL, 0, sizeof(*r));

    if (!r)
        return RP_ENOMEM;
    memset(r, 0, sizeof(*r));
    r->alloc = *alloc;
    r->dialect = rp_wire_dialect_of(dialect);
    r->stream = stream;
    r->input = r->output = r->total = -1;
    rp_buf_init(&r->own, alloc, RP_TEXT_MAX);
    rp_buf_init(&r->body, alloc, RP_WIRE_BODY_MAX);
    rp_buf_init(&r->pieces, alloc, SIZE_MAX);
    rp_buf_init(&r->last, alloc, RP_TEXT_MAX);
    rp_sse_init(&r->sse, alloc);
    rp_heap_init(&r->heap, alloc, 0, SCRATCH_CHUNK);
    *out = r;
    return RP_OK;
}

void rp_wire_reader_free(struct rp_wire_reader *r)
{
    if (!r)
        return;
    rp_wire_items_free(r);
    rp_buf_free(&r->own);
    rp_buf_free(&r->body);
    rp_buf_free(&r->pieces);
    rp_buf_free(&r->last);
    rp_sse_free(&r->sse);
    rp_heap_free(&r->heap);
    r->alloc.resize(r->alloc.ctx, r, sizeof(*r), 0);
}

int rp_wire_feed(struct rp_wire_reader *r, const char *bytes, size_t n)
{
    size_t had = r->stream ? rp_sse_offset(&r->sse) : r->body.n;

    if (r->ended)
        return RP_ESTATE;
    if (r->over)
        return RP_ELIMIT;
    if (r->state == BROKEN)
        return RP_OK;
    if (n > RP_WIRE_BODY_MAX - had) {
        n = RP_WIRE_BODY_MAX - had;
        r->over = 1;
    }
    RP_TRY(r->stream ? rp_sse_feed(&r->sse, bytes, n) : rp_buf_add(&r->body, bytes, n));
    return r->over ? RP_ELIMIT : RP_OK;
}

void rp_wire_ended(struct rp_wire_reader *r)
{
    r->ended = 1;
    rp_sse_ended(&r->sse);
}

/* ---- what is said --------------------------------------------------------------------------- */

int rp_wire_say(struct rp_wire_reader *r, struct rp_str text)
{
    RP_ASSERT(r->stream);
    RP_TRY(rp_buf_add(&r->pieces, (const char *)&text.n, sizeof(text.n)));
    return rp_buf_adds(&r->pieces, text);
}

int rp_wire_say_last(struct rp_wire_reader *r, struct rp_str text)
{
    RP_ASSERT(r->stream);
    r->has_last = 1;
    return rp_buf_adds(&r->last, text);
}

int rp_wire_say_marked(struct rp_wire_reader *r, const struct rp_wire_at *event, struct rp_str text)
{
    if (rp_is_true(rp_map_get(event->v, "with_calls")))
        return rp_wire_say_last(r, text);
    RP_TRY(rp_wire_say_held(r));
    return rp_wire_say(r, text);
}

int rp_wire_say_held(struct rp_wire_reader *r)
{
    struct rp_str text = {r->last.s ? r->last.s : "", r->last.n};

    if (!r->has_last)
        return RP_OK;
    RP_TRY(rp_wire_say(r, text));
    rp_buf_clear(&r->last);
    r->has_last = 0;
    return RP_OK;
}

static int add_text(struct rp_heap *h, struct rp_value *contents, struct rp_str text)
{
    return rp_list_add(h, contents, rp_content_text(h, rp_text(h, text.s, text.n)));
}

static int give_update(struct rp_wire_reader *r, struct rp_heap *h, struct rp_value contents,
                       struct rp_wire_event *out)
{
    out->value = rp_update(h, RP_ASSISTANT, rp_nil(), contents);
    if (out->value.tag == RP_BAD)
        return RP_ENOMEM;
    out->kind = RP_WIRE_UPDATE;
    r->gave = 1;
    return RP_OK;
}

static int give_piece(struct rp_wire_reader *r, struct rp_heap *h, struct rp_wire_event *out)
{
    struct rp_value contents = rp_list();
    struct rp_str text;

    memcpy(&text.n, r->pieces.s + r->given, sizeof(text.n));
    text.s = r->pieces.s + r->given + sizeof(text.n);
    RP_TRY(add_text(h, &contents, text));
    RP_TRY(give_update(r, h, contents, out));
    r->given += sizeof(text.n) + text.n;
    if (r->given == r->pieces.n) {
        rp_buf_clear(&r->pieces);
        r->given = 0;
    }
    return RP_OK;
}

/* ---- how it ends ---------------------------------------------------------------------------- */

static int64_t told(int64_t tokens)
{
    return tokens < 0 ? 0 : tokens;
}

/* The last event, again and again. */
static int give_end(struct rp_wire_reader *r, struct rp_heap *h, struct rp_wire_event *out)
{
    int64_t input = told(r->input), output = told(r->output), total = r->total;

    out->kind = r->stream ? RP_WIRE_END : RP_WIRE_WHOLE;
    memcpy(out->finish, r->finish, sizeof(out->finish));
    if (r->input < 0 && r->output < 0 && r->total < 0)
        return RP_OK;
    if (total < 0)
        total = input > INT64_MAX - output ? INT64_MAX : input + output;
    out->usage = rp_map();
    RP_TRY(rp_map_put(h, &out->usage, "input_tokens", rp_int(input)));
    RP_TRY(rp_map_put(h, &out->usage, "output_tokens", rp_int(output)));
    return rp_map_put(h, &out->usage, "total_tokens", rp_int(total));
}

static void give_error(const struct rp_wire_reader *r, struct rp_wire_event *out)
{
    out->kind = RP_WIRE_BROKEN;
    out->error = r->err;
}

/* From now on the reply is broken, unless memory is short. */
static int break_off(struct rp_wire_reader *r, int rc, size_t offset)
{
    struct rp_error where;

    RP_ASSERT(rc != RP_OK);
    if (rc == RP_ENOMEM)
        return rc;
    if (r->err.status == RP_OK) {
        rp_fail_at(&where, rc, NULL, "byte %l", (int64_t)offset);
        rp_fail_at(&r->err, rc, where.text, "more than %u calls and parts, or one of them too long",
                   RP_WIRE_ITEMS_MAX);
    }
    r->state = BROKEN;
    return RP_OK;
}

static int break_too_long(struct rp_wire_reader *r)
{
    struct rp_error where;

    rp_fail_at(&where, 0, NULL, "byte %l", (int64_t)RP_WIRE_BODY_MAX);
    rp_fail_at(&r->err, RP_ELIMIT, where.text, "the body is longer than %l bytes",
               (int64_t)RP_WIRE_BODY_MAX);
    r->state = BROKEN;
    return RP_OK;
}

/* ---- whole replies -------------------------------------------------------------------------- */

static int read_whole(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_heap *h,
                      struct rp_value *contents)
{
    struct rp_wire_at root = {.v = rp_nil()};

    if (rp_str_blank((struct rp_str){doc->s, doc->n}))
        return rp_wire_refuse(doc, NULL, "the body is empty");
    RP_TRY(rp_wire_parse(doc, &r->heap, &root));
    RP_TRY(rp_wire_need_map(doc, &root));
    return r->dialect->read_whole(r, doc, &root, h, contents);
}

static int give_whole(struct rp_wire_reader *r, struct rp_heap *h, struct rp_wire_event *out)
{
    struct rp_wire_doc doc = {.s = r->body.s ? r->body.s : "", .n = r->body.n, .err = &r->err};
    struct rp_value contents = rp_list(), messages = rp_list();
    int rc;

    if (r->over)
        return break_too_long(r);
    if (!r->ended)
        return RP_OK;
    rp_wire_items_free(r);
    rc = read_whole(r, &doc, h, &contents);
    r->rules |= doc.rules;
    if (rc != RP_OK)
        return break_off(r, rc, 0);
    RP_TRY(rp_list_add(h, &messages, rp_message(h, RP_ASSISTANT, rp_nil(), contents)));
    RP_TRY(give_end(r, h, out));
    out->value = rp_response(h, messages, out->usage);
    return out->value.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

/* ---- streams -------------------------------------------------------------------------------- */

/* One event of the stream. */
static int read_event(struct rp_wire_reader *r, const struct rp_sse_event *event,
                      struct rp_wire_doc *doc)
{
    struct rp_wire_at root = {.v = rp_nil()};
    int is = 0;

    if (r->heap.held > SCRATCH_KEPT) {
        rp_heap_free(&r->heap);
        rp_heap_init(&r->heap, &r->alloc, 0, SCRATCH_CHUNK);
    }
    r->events++;
    if (r->dialect->read_mark)
        RP_TRY(r->dialect->read_mark(r, doc, event->data, &is));
    if (is)
        return RP_OK;
    RP_TRY(rp_wire_parse(doc, &r->heap, &root));
    RP_TRY(rp_wire_need_map(doc, &root));
    return r->dialect->read_event(r, doc, event->name, &root);
}

static int read_end(struct rp_wire_reader *r)
{
    struct rp_wire_doc doc = {.s = "", .base = rp_sse_offset(&r->sse), .err = &r->err};
    int rc = r->dialect->read_end(r, &doc);

    r->rules |= doc.rules;
    if (rc != RP_OK)
        return break_off(r, rc, doc.base);
    r->state = LAST;
    return RP_OK;
}

static int read_line_of_none(struct rp_wire_reader *r, const struct rp_sse_event *event)
{
    struct rp_error where;

    rp_fail_at(&where, 0, NULL, "byte %l", (int64_t)event->offset);
    rp_fail_at(&r->err, RP_EPARSE, where.text, "%s", event->reason);
    r->state = BROKEN;
    return RP_OK;
}

/* The next event of the body; *more 0 when it has not come yet. */
static int read_next(struct rp_wire_reader *r, int *more)
{
    struct rp_sse_event event;
    enum rp_sse_kind kind;
    struct rp_wire_doc doc;
    int rc;

    *more = 1;
    RP_TRY(rp_sse_next(&r->sse, &kind, &event));
    switch (kind) {
    case RP_SSE_MORE:
        *more = 0;
        return r->over ? break_too_long(r) : RP_OK;
    case RP_SSE_END:
        return read_end(r);
    case RP_SSE_BAD:
        return read_line_of_none(r, &event);
    case RP_SSE_EVENT:
        break;
    }
    doc = (struct rp_wire_doc){.s = event.data.s,
                               .n = event.data.n,
                               .base = event.offset,
                               .line = event.line,
                               .n_lines = event.n_lines,
                               .err = &r->err};
    rc = read_event(r, &event, &doc);
    r->rules |= doc.rules;
    return rc == RP_OK ? RP_OK : break_off(r, rc, event.offset);
}

/* What is left when the body is over: the calls, with the text that ended it. */
static int give_last(struct rp_wire_reader *r, struct rp_heap *h, struct rp_wire_event *out)
{
    struct rp_wire_doc doc = {.s = "", .err = &r->err};
    struct rp_value contents = rp_list();

    if (r->has_last)
        RP_TRY(add_text(h, &contents, (struct rp_str){r->last.s ? r->last.s : "", r->last.n}));
    RP_TRY(rp_wire_add_calls(r, &doc, h, &contents));
    if (r->gave && rp_len(contents) == 0) {
        r->state = END;
        return give_end(r, h, out);
    }
    RP_TRY(give_update(r, h, contents, out));
    r->rules |= doc.rules;
    r->state = END;
    return RP_OK;
}

static int give_next(struct rp_wire_reader *r, struct rp_heap *h, struct rp_wire_event *out)
{
    int more = 1;

    while (more && r->state == READING && r->pieces.n == 0)
        RP_TRY(read_next(r, &more));
    if (r->pieces.n > 0)
        return give_piece(r, h, out);
    if (r->state == LAST)
        return give_last(r, h, out);
    return r->state == END ? give_end(r, h, out) : RP_OK;
}

int rp_wire_next(struct rp_wire_reader *r, struct rp_heap *h, struct rp_wire_event *out)
{
    memset(out, 0, sizeof(*out));
    out->kind = RP_WIRE_MORE;
    if (r->state != BROKEN || r->pieces.n > 0)
        RP_TRY(r->stream ? give_next(r, h, out) : give_whole(r, h, out));
    if (r->state == BROKEN && out->kind == RP_WIRE_MORE)
        give_error(r, out);
    out->rules = r->rules | r->sse.rules;
    return RP_OK;
}
