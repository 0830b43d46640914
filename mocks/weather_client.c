/* weather_client.c - a model client under weather: each call draws what goes wrong, how long it
 * takes and how a streamed text is cut, all three always, so that positions on the tape do not
 * depend on what is asked. */
#include "weather.h"

#include <string.h>

struct open_call {
    uint32_t id;
    uint64_t due_ms;
    enum rp_model_fault fault;
    enum rp_cut cut;
    int told;             /* a piece has been handed out */
    struct rp_value rest; /* of a text that is handed out in pieces; nil: nothing is left over */
    size_t at;            /* of rest */
    int64_t role;
};

struct client {
    struct rp_alloc alloc;
    struct rp_weather *w;
    struct rp_client inner;
    struct open_call *open;
    size_t n, room;
};

/* ---- calls under way ------------------------------------------------------------------------- */

static struct open_call *find(struct client *c, uint32_t id)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->open[i].id == id)
            return &c->open[i];
    return NULL;
}

static void forget(struct client *c, struct open_call *call)
{
    size_t i = (size_t)(call - c->open);

    c->n--;
    memmove(call, call + 1, (c->n - i) * sizeof(*call));
}

static int remember(struct client *c, struct open_call call)
{
    if (c->n == c->room) {
        size_t room = c->room ? c->room * 2 : 8;
        void *more = c->alloc.resize(c->alloc.ctx, c->open, c->room * sizeof(*c->open),
                                     room * sizeof(*c->open));
        if (!more)
            return RP_ENOMEM;
        c->open = more;
        c->room = room;
    }
    c->open[c->n++] = call;
    return RP_OK;
}

/* ---- what is drawn --------------------------------------------------------------------------- */

static uint64_t delay_of(struct rp_weather *w)
{
    static const uint64_t delays[] = {0, 1, 2, 5, 20, 100, 1000};
    uint32_t n = sizeof(delays) / sizeof(*delays);

    if (!(w->on >> RP_STREAM_DELAY & 1))
        return delays[rp_tape_decide(w->tape, RP_STREAM_DELAY, n, 0)];
    return delays[rp_tape_draw(w->tape, RP_STREAM_DELAY, n)];
}

static int start(void *self, const struct rp_model_call *model, uint64_t now_ms, int64_t *number,
                 int *made)
{
    struct client *c = self;
    struct open_call call = {.id = model->id, .rest = rp_nil()};
    uint32_t cut = c->w->on >> RP_STREAM_CHUNKS & 1 ? 1 : 0;

    call.fault = (enum rp_model_fault)rp_weather_fault(c->w, RP_STREAM_MODEL, RP_MODEL_FAULTS);
    call.cut = (enum rp_cut)rp_tape_rare(c->w->tape, RP_STREAM_CHUNKS, RP_CUTS, cut, 2);
    call.due_ms = now_ms + delay_of(c->w);
    if (call.fault == RP_WEATHER_TIMEOUT)
        call.due_ms += 60000;
    RP_TRY(remember(c, call));
    int rc = c->inner.ops->start(c->inner.self, model, now_ms, number, made);
    if (rc != RP_OK)
        c->n--;
    return rc;
}

/* ---- replies that are spoilt ----------------------------------------------------------------- */

static const char *sentence(enum rp_model_fault fault)
{
    switch (fault) {
    case RP_WEATHER_STATUS:
        return "the service answered with status 500";
    case RP_WEATHER_RATE:
        return "the service answered with status 429: too many requests";
    case RP_WEATHER_TIMEOUT:
        return "the service did not answer within 60000 ms";
    case RP_WEATHER_CUT:
        return "the stream broke off before its end";
    case RP_WEATHER_MALFORMED:
        return "the reply is not valid JSON: byte 17";
    case RP_WEATHER_NONE:
    case RP_WEATHER_WRONG_TOOL:
    case RP_WEATHER_TWICE:
    case RP_WEATHER_EMPTY:
    case RP_WEATHER_REFUSAL:
    case RP_MODEL_FAULTS:
        break;
    }
    return NULL;
}

static int fail(struct client *c, struct open_call *call, struct rp_reply *reply)
{
    const char *why = sentence(call->fault);

    reply->kind = RP_REPLY_ERROR;
    reply->value = rp_nil();
    memcpy(reply->reason, why, strlen(why) + 1);
    c->inner.ops->cancel(c->inner.self, call->id);
    forget(c, call);
    return RP_OK;
}

static struct rp_value list_of_text(struct rp_heap *h, const char *text)
{
    return rp_list_of(h, 1, rp_content_text(h, rp_textz(h, text)));
}

/* Contents with the first call renamed or doubled; as they are when there is no call. */
static struct rp_value with_call(struct rp_heap *h, struct rp_value contents, int twice)
{
    struct rp_value out = rp_list();
    int done = 0;

    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value content = rp_at(contents, i), made = content;
        int first = !done && rp_kind(content) == RP_K_C_CALL;
        if (first && !twice)
            made = rp_content_call(h, rp_c_call_of(content)->id, rp_textz(h, "no_such_tool"),
                                   rp_c_call_of(content)->arguments);
        done |= first;
        if (rp_list_add(h, &out, made) != RP_OK)
            return rp_bad();
        if (first && twice && rp_list_add(h, &out, content) != RP_OK)
            return rp_bad();
    }
    return done ? out : contents;
}

static struct rp_value spoil_contents(struct rp_heap *h, enum rp_model_fault fault,
                                      struct rp_value contents)
{
    switch (fault) {
    case RP_WEATHER_WRONG_TOOL:
        return with_call(h, contents, 0);
    case RP_WEATHER_TWICE:
        return with_call(h, contents, 1);
    case RP_WEATHER_EMPTY:
        return rp_list();
    case RP_WEATHER_REFUSAL:
        return list_of_text(h, "I cannot help with that.");
    case RP_WEATHER_NONE:
    case RP_WEATHER_STATUS:
    case RP_WEATHER_RATE:
    case RP_WEATHER_TIMEOUT:
    case RP_WEATHER_CUT:
    case RP_WEATHER_MALFORMED:
    case RP_MODEL_FAULTS:
        break;
    }
    return contents;
}

static int spoil_whole(struct rp_heap *h, enum rp_model_fault fault, struct rp_value *response)
{
    struct rp_value from = rp_response_of(*response)->messages, messages = rp_list();

    for (uint32_t i = 0; i < rp_len(from); i++) {
        struct rp_message *m = rp_message_of(rp_at(from, i));
        struct rp_value contents = spoil_contents(h, fault, m->contents);
        if (contents.tag == RP_BAD)
            return RP_ENOMEM;
        RP_TRY(rp_list_add(h, &messages,
                           rp_message(h, (enum rp_role)m->role.u.i, m->author, contents)));
    }
    *response = rp_response(h, messages, rp_response_of(*response)->usage);
    return response->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

/* ---- streams --------------------------------------------------------------------------------- */

static int is_lead(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* How many bytes of the rest come next: a half, or one character, never less than one. */
static size_t piece_size(const struct open_call *call, struct rp_str s)
{
    size_t left = s.n - call->at;
    size_t n = call->cut == RP_CUT_HALVES && call->at == 0 ? left / 2 : left;

    if (call->cut == RP_CUT_CHARACTERS && call->at < 32)
        n = 1;
    n = n ? n : 1;
    while (n < left && !is_lead(s.s[call->at + n]))
        n++;
    return n < left ? n : left;
}

static int next_piece(struct open_call *call, struct rp_heap *h, struct rp_reply *reply)
{
    struct rp_str s = rp_str_of(call->rest);
    size_t n = piece_size(call, s);

    reply->kind = RP_REPLY_UPDATE;
    reply->value = rp_update(h, (enum rp_role)call->role, rp_nil(),
                             rp_list_of(h, 1, rp_content_text(h, rp_text(h, s.s + call->at, n))));
    call->at += n;
    if (call->at >= s.n)
        call->rest = rp_nil();
    return reply->value.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

/* A text that stands alone in its update is cut; the rest is handed out by the next polls, before
 * the run goes on. */
static int cut_update(struct open_call *call, struct rp_heap *h, struct rp_reply *reply)
{
    struct rp_update *u = rp_update_of(reply->value);

    if (rp_len(u->contents) != 1 || rp_kind(rp_at(u->contents, 0)) != RP_K_C_TEXT)
        return RP_OK;
    struct rp_value text = rp_c_text_of(rp_at(u->contents, 0))->text;
    if (rp_str_of(text).n < 2 || call->cut == RP_CUT_AS_IS)
        return RP_OK;
    call->rest = text;
    call->at = 0;
    call->role = u->role.u.i;
    if (call->cut != RP_CUT_EMPTY_FIRST || call->told)
        return next_piece(call, h, reply);
    reply->value = rp_update(h, (enum rp_role)call->role, rp_nil(), list_of_text(h, ""));
    return reply->value.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

static int spoil_update(struct open_call *call, struct rp_heap *h, struct rp_reply *reply)
{
    struct rp_update *u = rp_update_of(reply->value);
    int only_first = call->fault == RP_WEATHER_EMPTY || call->fault == RP_WEATHER_REFUSAL;
    struct rp_value contents =
        only_first && call->told ? rp_list() : spoil_contents(h, call->fault, u->contents);

    if (contents.tag == RP_BAD)
        return RP_ENOMEM;
    reply->value = rp_update(h, (enum rp_role)u->role.u.i, u->author, contents);
    if (reply->value.tag == RP_BAD)
        return RP_ENOMEM;
    return cut_update(call, h, reply);
}

/* ---- the client's calls ---------------------------------------------------------------------- */

static int ask_inner(struct client *c, struct open_call *call, uint64_t now_ms, struct rp_heap *h,
                     struct rp_reply *reply)
{
    RP_TRY(c->inner.ops->poll(c->inner.self, call->id, now_ms, h, reply));
    switch (reply->kind) {
    case RP_REPLY_NONE: /* it takes its time itself */
        call->due_ms = c->inner.ops->due(c->inner.self);
        return RP_OK;
    case RP_REPLY_UPDATE:
        RP_TRY(spoil_update(call, h, reply));
        call->told = 1;
        return RP_OK;
    case RP_REPLY_WHOLE:
        if (call->fault == RP_WEATHER_CUT)
            return fail(c, call, reply);
        RP_TRY(spoil_whole(h, call->fault, &reply->value));
        break;
    case RP_REPLY_END:
    case RP_REPLY_ERROR:
        break;
    }
    forget(c, call);
    return RP_OK;
}

static int poll(void *self, uint32_t id, uint64_t now_ms, struct rp_heap *heap,
                struct rp_reply *reply)
{
    struct client *c = self;
    struct open_call *call = find(c, id);

    reply->kind = RP_REPLY_NONE;
    reply->value = rp_nil();
    reply->reason[0] = '\0';
    if (!call)
        return RP_ENOTFOUND;
    if (now_ms < call->due_ms)
        return RP_OK;
    if (call->rest.tag == RP_TEXT)
        return next_piece(call, heap, reply);
    if (sentence(call->fault) && (call->fault != RP_WEATHER_CUT || call->told))
        return fail(c, call, reply);
    return ask_inner(c, call, now_ms, heap, reply);
}

static uint64_t due(void *self)
{
    const struct client *c = self;
    uint64_t first = UINT64_MAX;

    for (size_t i = 0; i < c->n; i++)
        first = c->open[i].due_ms < first ? c->open[i].due_ms : first;
    return first;
}

static void cancel(void *self, uint32_t id)
{
    struct client *c = self;
    struct open_call *call = find(c, id);

    if (call)
        forget(c, call);
    c->inner.ops->cancel(c->inner.self, id);
}

static int save(void *self, struct rp_heap *heap, struct rp_value *out)
{
    const struct client *c = self;

    return c->inner.ops->save(c->inner.self, heap, out);
}

/* Calls under way belong to what was before. */
static int load(void *self, struct rp_value saved)
{
    struct client *c = self;

    c->n = 0;
    return c->inner.ops->load(c->inner.self, saved);
}

static void free_client(void *self)
{
    struct client *c = self;
    struct rp_alloc alloc = c->alloc;

    c->inner.ops->free(c->inner.self);
    if (c->open)
        alloc.resize(alloc.ctx, c->open, c->room * sizeof(*c->open), 0);
    alloc.resize(alloc.ctx, c, sizeof(*c), 0);
}

int rp_weather_client(struct rp_weather *w, const struct rp_alloc *alloc, struct rp_client inner,
                      struct rp_client *out)
{
    static const struct rp_client_ops ops = {.start = start,
                                             .poll = poll,
                                             .due = due,
                                             .cancel = cancel,
                                             .save = save,
                                             .load = load,
                                             .free = free_client};
    struct client *c = alloc->resize(alloc->ctx, NULL, 0, sizeof(*c));

    if (!c) {
        inner.ops->free(inner.self);
        return RP_ENOMEM;
    }
    *c = (struct client){.alloc = *alloc, .w = w, .inner = inner};
    *out = (struct rp_client){&ops, c};
    return RP_OK;
}
