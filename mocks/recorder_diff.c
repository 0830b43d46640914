/* recorder_diff.c - owns drift: what the real service says now, compared with the recording by what
 * it means, not by how it is cut or numbered. */
#include <string.h>

#include "engine/base/msg.h"
#include "recorder_inside.h"
#include "wire/wire.h"

/* ---- what a reply means ---------------------------------------------------------------------- */

static int add_call(struct rp_heap *h, struct rp_value *calls, const struct rp_c_call *call)
{
    struct rp_value arguments, one = rp_map();
    int rc = rp_json_try(h, rp_str_of(call->arguments), &arguments);

    if (rc == RP_ENOMEM)
        return rc;
    RP_TRY(rp_map_put(h, &one, "name", call->name));
    RP_TRY(rp_map_put(h, &one, "arguments", rc == RP_OK ? arguments : call->arguments));
    return rp_list_add(h, calls, one);
}

/* The calls of a message; ids are left out, services draw them anew. */
static int add_calls(struct rp_heap *h, struct rp_value message, struct rp_value *calls)
{
    struct rp_value contents = rp_message_of(message)->contents;

    for (uint32_t i = 0; i < rp_len(contents); i++)
        if (rp_kind(rp_at(contents, i)) == RP_K_C_CALL)
            RP_TRY(add_call(h, calls, rp_c_call_of(rp_at(contents, i))));
    return RP_OK;
}

static int tell_messages(struct rp_heap *h, struct rp_value messages, struct rp_value *out)
{
    struct rp_value calls = rp_list(), text = rp_messages_text(h, messages);

    for (uint32_t i = 0; i < rp_len(messages); i++)
        RP_TRY(add_calls(h, rp_at(messages, i), &calls));
    RP_TRY(rp_map_put(h, out, "text", text));
    return rp_map_put(h, out, "calls", calls);
}

/* Reads events until the last one. */
static int read_events(struct rp_wire_reader *reader, struct rp_heap *h, struct rp_wire_event *last,
                       struct rp_value *messages)
{
    struct rp_value updates = rp_list();

    do {
        RP_TRY(rp_wire_next(reader, h, last));
        if (last->kind == RP_WIRE_UPDATE)
            RP_TRY(rp_list_add(h, &updates, last->value));
    } while (last->kind == RP_WIRE_UPDATE);
    if (last->kind != RP_WIRE_WHOLE)
        return rp_fold_all(h, updates, messages);
    *messages = rp_response_of(last->value)->messages;
    return RP_OK;
}

static int read_reply(struct rp_wire_reader *reader, const struct rp_interaction *i,
                      struct rp_heap *h, struct rp_value *out)
{
    struct rp_wire_event last = {.kind = RP_WIRE_MORE};
    struct rp_value messages = rp_list();
    int rc = rp_wire_feed(reader, i->body, i->n_body);

    *out = rp_map();
    if (rc == RP_ELIMIT)
        return rp_map_put(h, out, "error", rp_textz(h, "it is over a limit"));
    RP_TRY(rc);
    rp_wire_ended(reader);
    RP_TRY(read_events(reader, h, &last, &messages));
    RP_TRY(tell_messages(h, messages, out));
    if (last.kind == RP_WIRE_BROKEN)
        return rp_map_put(h, out, "error", rp_textz(h, last.error.text));
    return rp_map_put(h, out, "finish", rp_textz(h, last.finish));
}

static int decode(struct rp_recorder *r, const struct rp_interaction *i, struct rp_heap *h,
                  struct rp_value *out)
{
    int dialect = i->dialect ? rp_dialect_of(i->dialect) : -1, rc;
    struct rp_wire_reader *reader;

    if (dialect < 0 || i->status < 200 || i->status > 299) {
        rc = rp_json_try(h, (struct rp_str){i->body, i->n_body}, out);
        if (rc == RP_EPARSE)
            *out = rp_text(h, i->body, i->n_body);
        return rc == RP_ENOMEM || out->tag == RP_BAD ? RP_ENOMEM : RP_OK;
    }
    RP_TRY(rp_wire_reader_new(&r->alloc, (enum rp_dialect)dialect, i->stream, &reader));
    rc = read_reply(reader, i, h, out);
    rp_wire_reader_free(reader);
    return rc;
}

/* ---- where it differs ------------------------------------------------------------------------ */

static void differ_in(struct rp_difference *out, const char *what, const char *was, const char *is)
{
    out->count = 1;
    memcpy(out->path, what, strlen(what) + 1);
    memcpy(out->recorded, was, strlen(was) + 1);
    memcpy(out->asked, is, strlen(is) + 1);
}

static void number(int n, char out[8])
{
    out[0] = (char)('0' + n / 100 % 10);
    out[1] = (char)('0' + n / 10 % 10);
    out[2] = (char)('0' + n % 10);
    out[3] = '\0';
}

static int compare_replies(struct rp_recorder *r, const struct rp_interaction *was,
                           const struct rp_interaction *is, struct rp_difference *out)
{
    char before[8], now[8];
    struct rp_value x, y;
    struct rp_heap h;
    int rc;

    *out = (struct rp_difference){0};
    if (was->failure != is->failure) {
        differ_in(out, "how it ended", rp_failure_name(was->failure), rp_failure_name(is->failure));
        return RP_OK;
    }
    if (was->status != is->status) {
        number(was->status, before);
        number(is->status, now);
        differ_in(out, "the status", before, now);
        return RP_OK;
    }
    rp_heap_init(&h, &r->alloc, 0, 0);
    rc = decode(r, was, &h, &x);
    if (rc == RP_OK)
        rc = decode(r, is, &h, &y);
    if (rc == RP_OK)
        rc = rp_match_values(NULL, x, y, out);
    rp_heap_free(&h);
    return rc;
}

static int describe(const struct rp_interaction *was, const struct rp_difference *x,
                    struct rp_buf *b)
{
    RP_TRY(rp_buf_addc(b, '"'));
    RP_TRY(rp_buf_addz(b, was->lane));
    RP_TRY(rp_buf_addz(b, "\", call "));
    RP_TRY(rp_buf_add_int(b, was->order));
    RP_TRY(rp_buf_addz(b, ": the service has drifted from interaction "));
    RP_TRY(rp_buf_add_int(b, was->id));
    RP_TRY(rp_buf_addz(b, ": "));
    RP_TRY(rp_buf_addz(b, x->path));
    RP_TRY(rp_buf_addz(b, " was "));
    RP_TRY(rp_buf_addz(b, x->recorded));
    RP_TRY(rp_buf_addz(b, " and is "));
    RP_TRY(rp_buf_addz(b, x->asked));
    if (x->count == 1)
        return RP_OK;
    RP_TRY(rp_buf_addz(b, " (the first of "));
    RP_TRY(rp_buf_add_int(b, x->count));
    return rp_buf_addz(b, " differences)");
}

int rp_take_compare(struct rp_deck *d, struct rp_take *t, const struct rp_interaction *now,
                    struct rp_error *err)
{
    struct rp_recorder *r = d->r;
    const struct rp_interaction *was;
    struct rp_difference x;
    struct rp_buf text;
    int rc;

    if (t->track == RP_NO_TRACK)
        return RP_OK;
    RP_TRY(rp_cassette_get(r->opts.cassette, r->index.tracks[t->track].id, &was, err));
    RP_TRY(compare_replies(r, was, now, &x));
    if (x.count == 0)
        return RP_OK;
    rp_buf_init(&text, &r->alloc, SIZE_MAX / 2);
    rc = describe(was, &x, &text);
    if (rc == RP_OK)
        rc = rp_recorder_tell(r, &text);
    rp_buf_free(&text);
    r->ledger.drifted++;
    return rc;
}
