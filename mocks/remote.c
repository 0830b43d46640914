/* remote.c - the model client that speaks over a transport: owns the calls that are open, each with
 * the reader of its reply, and counts each agent's calls. */
#include "remote.h"

#include "remote_ask.h"

#include <string.h>

#ifndef RP_REMOTE_REFUSAL_MAX
#define RP_REMOTE_REFUSAL_MAX (64u << 10) /* bytes of a refusal's body that are looked at */
#endif

/* What comes of an exchange. */
enum fate {
    UNKNOWN, /* no head yet */
    READ,    /* its body is a reply */
    REFUSED, /* its body says why not: another status than 2xx, or another kind of body */
    BROKEN   /* the reason is known already; what still comes is only heard */
};

struct call {
    uint32_t id, ticket;              /* ticket 0: no exchange is open */
    const struct rp_service *service; /* NULL: the agent has none */
    int stream;
    enum fate fate;
    int status;
    int decided;     /* the reader has told its last */
    int over;        /* the body has ended */
    int cut;         /* because the connection broke, as error says */
    char type[64];   /* of the body, where it is the wrong one */
    char place[160]; /* where a redirection leads */
    struct rp_wire_reader *reader;
    struct rp_buf refusal;
    struct rp_error error; /* of BROKEN, or cut */
};

struct seat {
    struct rp_service service;
    int64_t calls;
};

struct remote {
    struct rp_alloc alloc;
    struct rp_transport transport;
    struct seat *seats;
    size_t n_seats;
    struct call *calls; /* in order of start */
    size_t n, room;
    uint64_t made_ms; /* the transport's clock when this client was made: its own 0 */
};

/* ---- calls ----------------------------------------------------------------------------------- */

static struct call *find(struct remote *r, uint32_t id)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->calls[i].id == id)
            return r->calls + i;
    return NULL;
}

static void forget(struct remote *r, struct call *c)
{
    size_t behind = (size_t)(r->calls + r->n - (c + 1));

    rp_wire_reader_free(c->reader);
    rp_buf_free(&c->refusal);
    memmove(c, c + 1, behind * sizeof(*c));
    r->n--;
}

static int make_room(struct remote *r)
{
    size_t room = r->room ? r->room * 2 : 8;
    struct call *more;

    if (r->n < r->room)
        return RP_OK;
    more = r->alloc.resize(r->alloc.ctx, r->calls, r->room * sizeof(*more), room * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    r->calls = more;
    r->room = room;
    return RP_OK;
}

static struct seat *find_seat(struct remote *r, const char *agent)
{
    for (size_t i = 0; i < r->n_seats; i++)
        if (strcmp(r->seats[i].service.agent, agent) == 0)
            return r->seats + i;
    return NULL;
}

static int ask(struct remote *r, const struct seat *seat, const struct rp_model_call *call,
               uint64_t now_ms, struct call *c)
{
    struct rp_asking asking;
    struct rp_exchange x;
    int rc = rp_asking_make(&asking, &r->alloc, &seat->service, call, &x, &c->error);

    if (rc == RP_OK) {
        x.order = seat->calls;
        rc = r->transport.ops->start(r->transport.self, &x, now_ms + r->made_ms, &c->ticket);
    }
    rp_asking_free(&asking);
    return rc;
}

static int remote_start(void *self, const struct rp_model_call *call, uint64_t now_ms,
                        int64_t *number, int *made)
{
    struct remote *r = self;
    struct seat *seat = find_seat(r, rp_agent_name(call->agent));
    struct call c = {.id = call->id, .stream = call->stream};
    int rc = RP_ECLIENT;

    RP_TRY(make_room(r));
    rp_buf_init(&c.refusal, &r->alloc, RP_REMOTE_REFUSAL_MAX);
    if (seat) {
        seat->calls++;
        c.service = &seat->service;
        rc = ask(r, seat, call, now_ms, &c);
    } else {
        rp_fail_at(&c.error, rc, "", "no service is known for the model of %s",
                   rp_agent_name(call->agent));
    }
    if (rc == RP_ENOMEM) {
        seat->calls--;
        return rc;
    }
    c.fate = rc == RP_OK ? UNKNOWN : BROKEN;
    c.over = rc != RP_OK;
    *number = seat ? seat->calls : 0;
    *made = rc == RP_OK;
    r->calls[r->n++] = c;
    return RP_OK;
}

static void remote_cancel(void *self, uint32_t id)
{
    struct remote *r = self;
    struct call *c = find(r, id);

    if (!c)
        return;
    if (c->ticket)
        r->transport.ops->cancel(r->transport.self, c->ticket);
    forget(r, c);
}

/* ---- what comes ------------------------------------------------------------------------------ */

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Does a header's value begin with this media type? */
static int is_type(const char *value, const char *type)
{
    while (*type && lower(*value) == *type) {
        value++;
        type++;
    }
    return !*type && (!*value || strchr("; \t", *value));
}

/* A type that cannot be a reply; a missing or an unknown one is given to the reader, which decides
 * by the bytes. */
static int is_wrong_type(const struct call *c, const char *type)
{
    if (!type)
        return 0;
    if (is_type(type, "text/html") || is_type(type, "application/xhtml+xml"))
        return 1;
    return is_type(type, c->stream ? "application/json" : "text/event-stream");
}

/* Part of a header's value, made safe to print. */
static void keep_text(char *to, size_t size, const char *from, const char *up_to)
{
    size_t n = 0;

    for (; from && from[n] && n + 1 < size && !strchr(up_to, from[n]); n++)
        to[n] = from[n] >= ' ' && from[n] <= '~' ? from[n] : '?';
    to[n] = '\0';
}

static int take_head(struct remote *r, struct call *c, const struct rp_piece *head)
{
    const char *type = rp_header_find(head->headers, head->n_headers, "Content-Type");

    c->status = head->status;
    c->fate = REFUSED;
    if (head->status >= 300 && head->status < 400)
        keep_text(c->place, sizeof(c->place),
                  rp_header_find(head->headers, head->n_headers, "Location"), "");
    if (head->status < 200 || head->status > 299)
        return RP_OK;
    if (is_wrong_type(c, type)) {
        keep_text(c->type, sizeof(c->type), type, "; \t");
        return RP_OK;
    }
    c->fate = READ;
    return rp_wire_reader_new(&r->alloc, c->service->dialect, c->stream, &c->reader);
}

/* A body that is over a bound is not worth hearing to its end. */
static int take_bytes(struct remote *r, struct call *c, const struct rp_piece *p)
{
    size_t room = c->refusal.ceiling - c->refusal.n;
    int rc;

    if (c->fate == REFUSED)
        return rp_buf_add(&c->refusal, p->bytes, p->n < room ? p->n : room);
    if (c->fate != READ || c->decided)
        return RP_OK;
    rc = rp_wire_feed(c->reader, p->bytes, p->n);
    if (rc != RP_ELIMIT)
        return rc;
    r->transport.ops->cancel(r->transport.self, c->ticket);
    c->ticket = 0;
    c->over = 1;
    c->fate = BROKEN;
    rp_fail_at(&c->error, RP_ECLIENT, "",
               "the reply of the service, or one part of it, is longer than what can be read");
    return RP_OK;
}

static int take_piece(struct remote *r, struct call *c, const struct rp_piece *p)
{
    if (p->kind == RP_PIECE_HEAD)
        return take_head(r, c, p);
    if (p->kind == RP_PIECE_BYTES)
        return take_bytes(r, c, p);
    c->ticket = 0;
    c->over = 1;
    if (c->fate == READ && !c->decided)
        rp_wire_ended(c->reader);
    if (p->kind == RP_PIECE_END)
        return RP_OK;
    /* of a refusal that has begun enough is known */
    if (c->fate == UNKNOWN || (c->fate == REFUSED && c->refusal.n == 0))
        c->fate = BROKEN;
    c->cut = !c->decided;
    rp_fail_at(&c->error, RP_ECLIENT, "", "%s", p->text);
    return RP_OK;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* A reason, cut between two characters where it is too long. */
static void say(struct rp_reply *out, const char *why)
{
    size_t n = strlen(why), most = sizeof(out->reason) - 1;

    if (n > most)
        for (n = most; n > 0 && ((unsigned char)why[n] & 0xc0) == 0x80;)
            n--;
    memcpy(out->reason, why, n);
    out->reason[n] = '\0';
    out->kind = RP_REPLY_ERROR;
}

static void say_refusal(const struct call *c, struct rp_reply *out)
{
    struct rp_error said = {0}, all = {0};
    const char *asked = c->stream ? "a stream" : "one JSON object";

    rp_wire_read_error(c->service->dialect, c->status, c->refusal.s ? c->refusal.s : "",
                       c->refusal.n, &said);
    if (c->place[0])
        rp_fail_at(&all, RP_ECLIENT, "",
                   "the service redirects (HTTP %d) to %s, which is not followed; is the base URL "
                   "right?",
                   c->status, c->place);
    else if (c->type[0])
        rp_fail_at(&all, RP_ECLIENT, "",
                   "%s; it came as %s where %s was asked for: is the base URL right?", said.text,
                   c->type, asked);
    say(out, all.text[0] ? all.text : said.text);
}

static void say_broken_reply(const struct rp_error *e, struct rp_reply *out)
{
    struct rp_error all = {0};

    rp_fail_at(&all, RP_ECLIENT, "", "the reply of the service cannot be read: %s%s%s", e->where,
               e->where[0] ? ": " : "", e->text);
    say(out, all.text);
}

/* An event of the reader as a reply; the last ones are told only when the body has ended. What was
 * cut is a success only of a stream whose end mark has come. */
static int tell_event(struct call *c, struct rp_heap *heap, struct rp_reply *out)
{
    struct rp_wire_event e = {0};

    RP_TRY(rp_wire_next(c->reader, heap, &e));
    if (e.kind == RP_WIRE_MORE)
        return RP_OK;
    if (e.kind == RP_WIRE_UPDATE) {
        out->kind = RP_REPLY_UPDATE;
        out->value = e.value;
        return RP_OK;
    }
    c->decided = 1;
    if (!c->over)
        return RP_OK;
    if (c->cut && (e.kind != RP_WIRE_END || (e.rules & RP_BIT(RP_RULE_NO_END_MARK)))) {
        say(out, c->error.text);
        return RP_OK;
    }
    if (e.kind == RP_WIRE_BROKEN) {
        say_broken_reply(&e.error, out);
        return RP_OK;
    }
    out->kind = e.kind == RP_WIRE_WHOLE ? RP_REPLY_WHOLE : RP_REPLY_END;
    out->value = e.kind == RP_WIRE_WHOLE ? e.value : e.usage;
    return RP_OK;
}

static int tell(struct call *c, struct rp_heap *heap, struct rp_reply *out)
{
    if (c->fate == READ && (!c->decided || c->over))
        return tell_event(c, heap, out);
    if (c->fate == BROKEN && c->over)
        say(out, c->error.text);
    else if (c->fate == REFUSED && c->over)
        say_refusal(c, out);
    return RP_OK;
}

static int next_reply(struct remote *r, struct call *c, uint64_t now_ms, struct rp_heap *heap,
                      struct rp_reply *out)
{
    struct rp_piece piece;

    for (;;) {
        RP_TRY(tell(c, heap, out));
        if (out->kind != RP_REPLY_NONE || !c->ticket)
            return RP_OK;
        RP_TRY(r->transport.ops->poll(r->transport.self, c->ticket, now_ms + r->made_ms, &piece));
        if (piece.kind == RP_PIECE_NONE)
            return RP_OK;
        RP_TRY(take_piece(r, c, &piece));
    }
}

static int remote_poll(void *self, uint32_t id, uint64_t now_ms, struct rp_heap *heap,
                       struct rp_reply *reply)
{
    struct remote *r = self;
    struct call *c = find(r, id);

    reply->kind = RP_REPLY_NONE;
    reply->value = rp_nil();
    reply->reason[0] = '\0';
    if (!c)
        return RP_ENOTFOUND;
    RP_TRY(next_reply(r, c, now_ms, heap, reply));
    if (reply->kind != RP_REPLY_NONE && reply->kind != RP_REPLY_UPDATE)
        forget(r, c);
    return RP_OK;
}

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t remote_due(void *self)
{
    const struct remote *r = self;
    uint64_t due = UINT64_MAX;

    for (size_t i = 0; i < r->n; i++)
        if (!r->calls[i].ticket)
            return 0;
    if (r->n > 0)
        due = r->transport.ops->due(r->transport.self);
    if (due == UINT64_MAX)
        return due;
    return due > r->made_ms ? due - r->made_ms : 0;
}

static int remote_wait(void *self, uint64_t until_ms, uint64_t *now_ms)
{
    const struct remote *r = self;
    uint64_t until = until_ms < UINT64_MAX - r->made_ms ? until_ms + r->made_ms : UINT64_MAX;

    RP_TRY(r->transport.ops->wait(r->transport.self, until, now_ms));
    *now_ms = *now_ms > r->made_ms ? *now_ms - r->made_ms : 0;
    return RP_OK;
}

/* ---- positions ------------------------------------------------------------------------------- */

/* Agents that were never called are left out. */
static int remote_save(void *self, struct rp_heap *heap, struct rp_value *out)
{
    const struct remote *r = self;
    struct rp_value calls = rp_map(), below = rp_nil();

    for (size_t i = 0; i < r->n_seats; i++)
        if (r->seats[i].calls > 0)
            RP_TRY(rp_map_put(heap, &calls, r->seats[i].service.agent, rp_int(r->seats[i].calls)));
    if (r->transport.ops->save)
        RP_TRY(r->transport.ops->save(r->transport.self, heap, &below));
    *out = rp_map();
    RP_TRY(rp_map_put(heap, out, "calls", calls));
    return rp_map_put(heap, out, "transport", below);
}

static int check_saved(struct remote *r, struct rp_value saved)
{
    struct rp_value calls = rp_map_get(saved, "calls");

    if (saved.tag == RP_NIL)
        return RP_OK;
    if (saved.tag != RP_MAP || calls.tag != RP_MAP)
        return RP_ETYPE;
    for (uint32_t i = 0; i < rp_map_len(calls); i++) {
        struct rp_value n = rp_map_value(calls, i);
        if (n.tag != RP_INT || n.u.i < 0 || n.u.i > INT64_MAX / 2)
            return RP_ETYPE;
        if (!find_seat(r, rp_str_of(rp_map_key(calls, i)).s))
            return RP_ENOTFOUND;
    }
    return RP_OK;
}

/* Calls that are still open belong to what was before, and are forgotten. */
static int remote_load(void *self, struct rp_value saved)
{
    struct remote *r = self;
    struct rp_value calls = rp_map_get(saved, "calls");

    RP_TRY(check_saved(r, saved));
    while (r->n > 0)
        remote_cancel(r, r->calls[r->n - 1].id);
    if (r->transport.ops->load)
        RP_TRY(r->transport.ops->load(r->transport.self, rp_map_get(saved, "transport")));
    for (size_t i = 0; i < r->n_seats; i++) {
        struct rp_value n = rp_map_get(calls, r->seats[i].service.agent);
        r->seats[i].calls = n.tag == RP_INT ? n.u.i : 0;
    }
    return RP_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void remote_free(void *self)
{
    struct remote *r = self;
    struct rp_alloc alloc = r->alloc;

    while (r->n > 0)
        remote_cancel(r, r->calls[r->n - 1].id);
    r->transport.ops->free(r->transport.self);
    if (r->calls)
        alloc.resize(alloc.ctx, r->calls, r->room * sizeof(*r->calls), 0);
    if (r->seats)
        alloc.resize(alloc.ctx, r->seats, r->n_seats * sizeof(*r->seats), 0);
    alloc.resize(alloc.ctx, r, sizeof(*r), 0);
}

static int sit_down(struct remote *r, const struct rp_service *services, size_t n)
{
    if (n == 0)
        return RP_OK;
    r->seats = r->alloc.resize(r->alloc.ctx, NULL, 0, n * sizeof(*r->seats));
    if (!r->seats)
        return RP_ENOMEM;
    r->n_seats = n;
    for (size_t i = 0; i < n; i++)
        r->seats[i] = (struct seat){services[i], 0};
    return RP_OK;
}

int rp_remote_new(const struct rp_alloc *alloc, const struct rp_service *services, size_t n,
                  struct rp_transport transport, struct rp_client *out)
{
#define CALLS                                                                                      \
    .start = remote_start, .poll = remote_poll, .due = remote_due, .cancel = remote_cancel,        \
    .save = remote_save, .load = remote_load, .free = remote_free
    static const struct rp_client_ops jumping = {CALLS};
    static const struct rp_client_ops waiting = {CALLS, .wait = remote_wait};
#undef CALLS
    struct remote *r = alloc->resize(alloc->ctx, NULL, 0, sizeof(*r));

    if (!r) {
        transport.ops->free(transport.self);
        return RP_ENOMEM;
    }
    *r = (struct remote){.alloc = *alloc, .transport = transport};
    if (sit_down(r, services, n) != RP_OK ||
        (transport.ops->wait && transport.ops->wait(transport.self, 0, &r->made_ms) != RP_OK)) {
        remote_free(r);
        return RP_ENOMEM;
    }
    *out = (struct rp_client){transport.ops->wait ? &waiting : &jumping, r};
    return RP_OK;
}
