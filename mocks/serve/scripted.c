/* scripted.c - owns the answers that scripts give over HTTP: whole or streamed, with their delays,
 * and what goes wrong with them. */
#include "core.h"

#include <stdio.h>

static const char json[] = "application/json", events[] = "text/event-stream; charset=utf-8";

static uint64_t due(const struct rp_serve_line *l, uint32_t update)
{
    if (l->s->o.no_delays)
        return l->start_ms;
    return rp_script_due(l->reply, l->start_ms, update);
}

/* ---- replies ---- */

void rp_serve_line_head(struct rp_serve_line *l)
{
    rp_serve_head(l->a, 200, l->stream ? events : json);
    if (l->stream)
        rp_serve_header(l->a, "Cache-Control", "no-cache");
    else
        rp_serve_length(l->a, l->a->body.n);
}

static int write_whole(struct rp_serve_line *l, struct rp_wire_reply *reply)
{
    uint32_t last = rp_script_updates(l->reply) - 1;
    struct rp_serve_answer *a = l->a;

    RP_TRY(rp_script_contents(&l->s->heap, l->reply, l->agent, l->number, &reply->contents));
    RP_TRY(rp_wire_write_whole(a->dialect, reply, &a->body));
    if (l->reply->fault == RP_FAULT_MALFORMED)
        rp_buf_cut(&a->body, a->body.n / 2);
    rp_serve_line_head(l);
    if (l->reply->fault == RP_FAULT_CUT) {
        rp_buf_cut(&a->body, a->body.n / 2);
        a->ending = RP_SERVE_CUT;
        a->end_ms = due(l, last);
    }
    return rp_serve_piece(a, due(l, last));
}

static int gather_updates(struct rp_serve_line *l, struct rp_wire_reply *reply)
{
    reply->updates = rp_list();
    for (uint32_t i = 0; i < rp_script_updates(l->reply); i++) {
        struct rp_value contents;
        RP_TRY(rp_script_update(&l->s->heap, l->reply, l->agent, l->number, i, &contents));
        RP_TRY(rp_list_add(&l->s->heap, &reply->updates, contents));
    }
    return RP_OK;
}

/* A line that begins as an event would, and is none. */
static int write_malformed(struct rp_serve_line *l)
{
    rp_buf_addz(&l->a->body, "data: {\"id\":\"\n\n");
    return rp_serve_piece(l->a, due(l, 0));
}

static int write_stream(struct rp_serve_line *l, struct rp_wire_reply *reply)
{
    uint32_t updates = rp_script_updates(l->reply), i = 0;
    int more = 1, cut = l->reply->fault == RP_FAULT_CUT;
    struct rp_wire_writer w;

    RP_TRY(gather_updates(l, reply));
    rp_serve_line_head(l);
    rp_wire_writer_init(&w, l->a->dialect, reply);
    w.usage = l->usage;
    RP_TRY(rp_wire_write_piece(&w, &l->a->body, &more));
    RP_TRY(rp_serve_piece(l->a, due(l, 0)));
    if (l->reply->fault == RP_FAULT_MALFORMED)
        return write_malformed(l);
    for (; more && !(cut && i == l->reply->cut_after); i++) {
        RP_TRY(rp_wire_write_piece(&w, &l->a->body, &more));
        RP_TRY(rp_serve_piece(l->a, due(l, i < updates ? i : updates - 1)));
    }
    l->a->ending = cut ? RP_SERVE_CUT : RP_SERVE_ENDS;
    l->a->end_ms = cut ? due(l, i) : l->a->pieces[l->a->n_pieces - 1].due_ms;
    return RP_OK;
}

int rp_serve_put_line(struct rp_serve_line *l)
{
    static const char *const prefix[RP_DIALECTS] = {"chatcmpl", "resp", "msg"};
    struct rp_wire_reply reply = {.model = l->model.s, .contents = rp_nil(), .usage = rp_nil()};
    char id[64], number[RP_SERVE_DIGITS + 24];
    char *end = number + sizeof(number) - 1;

    snprintf(id, sizeof(id), "%s_reprise_%u_%s", prefix[l->a->dialect], (unsigned)l->lane + 1,
             rp_serve_digits(end, (uint64_t)l->number, RP_SERVE_DIGITS));
    reply.id = id;
    return l->stream ? write_stream(l, &reply) : write_whole(l, &reply);
}

/* ---- refusals ---- */

static int put_refusal(struct rp_serve_line *l)
{
    struct rp_str said = rp_str_of(l->reply->message);
    uint64_t when = due(l, 0);

    if (l->reply->fault == RP_FAULT_NONE) {
        RP_TRY(rp_serve_refuse(l->a, when, 500, "%s", rp_str_of(l->reply->error).s));
        rp_serve_header(l->a, "x-should-retry", "false");
        return RP_OK;
    }
    RP_TRY(rp_serve_refuse(l->a, when, l->reply->status, "%s",
                           said.n > 0 ? said.s : "the script refuses this call"));
    if (l->reply->retry_after == 0)
        return RP_OK;
    snprintf(l->a->retry, sizeof(l->a->retry), "%lld", (long long)l->reply->retry_after);
    rp_serve_header(l->a, "Retry-After", l->a->retry);
    return RP_OK;
}

/* What the service does instead of answering. */
static int put_fault(struct rp_serve_line *l)
{
    if (l->reply->fault == RP_FAULT_NONE || l->reply->fault == RP_FAULT_STATUS)
        return put_refusal(l);
    if (l->reply->fault != RP_FAULT_TIMEOUT)
        return rp_serve_put_line(l);
    l->a->ending = RP_SERVE_NEVER;
    return RP_OK;
}

int rp_serve_scripted(struct rp_serve *s, uint32_t lane, enum rp_dialect dialect,
                      const struct rp_wire_request *request, uint64_t now_ms,
                      struct rp_serve_answer *a)
{
    struct rp_script_seat *seat = &s->lanes[lane].seat;
    struct rp_value options = rp_map_get(request->options, "stream_options");
    struct rp_serve_line l = {.s = s,
                              .a = a,
                              .reply = rp_script_take(seat),
                              .agent = s->lanes[lane].name,
                              .number = (int64_t)seat->calls,
                              .lane = lane,
                              .model = rp_str_of(request->model),
                              .start_ms = now_ms,
                              .stream = request->stream};
    int done;

    l.usage = dialect == RP_DIALECT_CHAT && rp_is_true(rp_map_get(options, "include_usage"));
    if (!l.reply) {
        RP_TRY(rp_serve_refuse(a, now_ms, 400, "the script of %s has no reply for its call %l",
                               l.agent, l.number));
        rp_serve_header(a, "x-should-retry", "false");
        return RP_OK;
    }
    if (l.reply->error.tag == RP_TEXT)
        return put_fault(&l);
    RP_TRY(rp_serve_put_prepared(&l, &done));
    return done ? RP_OK : rp_serve_put_line(&l);
}
