/* script.c - the scripted model client: owns each agent's place in its script and the calls that
 * are open. A reply is chosen and used up when its call starts; what polling makes of it are fresh
 * records around contents that all replies of an entry share. */
#include "script.h"

#include <stdlib.h>
#include <string.h>

#define NO_SEAT UINT32_MAX

enum { OPEN_MIN = 8, CACHE_SIZE = 64 }; /* powers of two */

struct named {
    const char *name;
    uint32_t seat;
};

struct open_call {
    uint32_t id, seat;
    uint32_t told;          /* updates given so far */
    int busy, stream, late; /* late: it has to be waited for */
    int64_t number;
    uint64_t start_ms;
    const struct rp_script_reply *reply; /* NULL: none was left */
};

struct cached {
    const struct rp_agent *agent;
    uint32_t seat;
};

struct script {
    struct rp_alloc alloc;
    uint32_t n;
    struct rp_script_seat *seat;
    struct named *by_name; /* sorted */
    struct cached cache[CACHE_SIZE];
    struct open_call *open; /* a table by id, with linear probing */
    uint32_t n_open, room;
    uint32_t n_late; /* of the open calls */
};

/* ---- finding an agent ---- */

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    if (order != 0)
        return order;
    return x->seat < y->seat ? -1 : x->seat > y->seat;
}

static uint32_t search(const struct script *s, const char *name)
{
    uint32_t from = 0, to = s->n;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (strcmp(s->by_name[middle].name, name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    if (from < s->n && strcmp(s->by_name[from].name, name) == 0)
        return s->by_name[from].seat;
    return NO_SEAT;
}

/* The cache is asked by address but believed by name, so a new agent at an old address is safe. */
static uint32_t find_seat(struct script *s, const struct rp_agent *agent)
{
    const char *name = rp_agent_name(agent);
    struct cached *c = s->cache + ((uintptr_t)agent / 64) % CACHE_SIZE;

    if (c->agent == agent && strcmp(s->seat[c->seat].agent->name, name) == 0)
        return c->seat;
    uint32_t seat = search(s, name);
    if (seat != NO_SEAT)
        *c = (struct cached){agent, seat};
    return seat;
}

/* ---- open calls ---- */

/* The call of that id, or the free entry where it belongs. */
static struct open_call *entry_of(struct script *s, uint32_t id)
{
    uint32_t at = id & (s->room - 1);

    while (s->open[at].busy && s->open[at].id != id)
        at = (at + 1) & (s->room - 1);
    return s->open + at;
}

static struct open_call *find_call(struct script *s, uint32_t id)
{
    struct open_call *c = s->room > 0 ? entry_of(s, id) : NULL;

    return c && c->busy ? c : NULL;
}

/* Room for one more call, a quarter of the table staying free. */
static int make_room(struct script *s)
{
    struct script wider = *s;
    size_t size = sizeof(*s->open);

    if (s->n_open + 1 <= s->room - s->room / 4 && s->room > 0)
        return RP_OK;
    wider.room = s->room > 0 ? 2 * s->room : OPEN_MIN;
    wider.open = s->alloc.resize(s->alloc.ctx, NULL, 0, wider.room * size);
    if (!wider.open)
        return RP_ENOMEM;
    memset(wider.open, 0, wider.room * size);
    for (uint32_t i = 0; i < s->room; i++)
        if (s->open[i].busy)
            *entry_of(&wider, s->open[i].id) = s->open[i];
    if (s->open)
        s->alloc.resize(s->alloc.ctx, s->open, s->room * size, 0);
    s->open = wider.open;
    s->room = wider.room;
    return RP_OK;
}

/* Later entries move up into the hole, unless that would put them before where they belong. */
static void close_call(struct script *s, struct open_call *c)
{
    uint32_t hole = (uint32_t)(c - s->open), at = hole, mask = s->room - 1;
    uint32_t late = (uint32_t)c->late;

    for (;;) {
        at = (at + 1) & mask;
        if (!s->open[at].busy)
            break;
        if (((at - s->open[at].id) & mask) >= ((at - hole) & mask)) {
            s->open[hole] = s->open[at];
            hole = at;
        }
    }
    s->open[hole].busy = 0;
    s->n_open--;
    s->n_late -= late;
}

static int script_start(void *self, const struct rp_model_call *call, uint64_t now_ms,
                        int64_t *number, int *made)
{
    struct script *s = self;
    struct open_call *c;

    RP_TRY(make_room(s));
    c = entry_of(s, call->id);
    if (c->busy)
        close_call(s, c);
    c = entry_of(s, call->id);
    s->n_open++;
    *c = (struct open_call){.id = call->id, .busy = 1, .stream = call->stream, .start_ms = now_ms};
    c->seat = find_seat(s, call->agent);
    if (c->seat != NO_SEAT) {
        c->reply = rp_script_take(s->seat + c->seat);
        c->number = (int64_t)s->seat[c->seat].calls;
    }
    c->late = c->reply && (c->reply->delay_ms > 0 || c->reply->chunk_delay_ms > 0);
    s->n_late += (uint32_t)c->late;
    *number = c->number;
    *made = c->reply != NULL;
    return RP_OK;
}

static void script_cancel(void *self, uint32_t call)
{
    struct script *s = self;
    struct open_call *c = find_call(s, call);

    if (c)
        close_call(s, c);
}

/* ---- replies ---- */

/* An error's reason, cut between two characters where it is too long. */
static void say(struct rp_reply *out, struct rp_str why)
{
    size_t n = why.n < sizeof(out->reason) ? why.n : sizeof(out->reason) - 1;

    while (n < why.n && n > 0 && ((unsigned char)why.s[n] & 0xc0) == 0x80)
        n--;
    memcpy(out->reason, why.s, n);
    out->reason[n] = '\0';
    out->kind = RP_REPLY_ERROR;
}

static void say_exhausted(const struct script *s, const struct open_call *c, struct rp_reply *out)
{
    struct rp_error err = {0};

    if (c->seat == NO_SEAT)
        rp_fail_at(&err, RP_ECLIENT, "", "no script answers for this agent");
    else if (s->seat[c->seat].agent->n_replies == 0)
        rp_fail_at(&err, RP_ECLIENT, "",
                   "%s has no script; give it one, or play with --cassette or --base-url",
                   s->seat[c->seat].agent->name);
    else
        rp_fail_at(&err, RP_ECLIENT, "", "the script of %s has no reply for its call %l",
                   s->seat[c->seat].agent->name, c->number);
    say(out, rp_str(err.text));
}

/* What a reply that is a failure has in front of it: updates. */
static uint32_t updates_of(const struct open_call *c)
{
    uint32_t n = rp_script_updates(c->reply);

    if (c->reply->error.tag == RP_NIL)
        return n;
    if (c->reply->fault != RP_FAULT_CUT)
        return 0;
    return c->reply->cut_after < n ? c->reply->cut_after : n;
}

/* When the next piece of that call comes. The end of a stream comes with its last update, a
 * connection breaks when the next one would have come. */
static uint64_t due_of(const struct open_call *c)
{
    uint32_t i;

    if (!c->reply)
        return c->start_ms;
    i = c->stream ? c->told : rp_script_updates(c->reply) - 1;
    if (c->reply->error.tag == RP_NIL && i == rp_script_updates(c->reply))
        i--;
    if (updates_of(c) == 0)
        i = 0;
    return rp_script_due(c->reply, c->start_ms, i);
}

static int whole_reply(const struct script *s, const struct open_call *c, struct rp_heap *heap,
                       struct rp_reply *out)
{
    struct rp_value contents, message;

    RP_TRY(rp_script_contents(heap, c->reply, s->seat[c->seat].agent->name, c->number, &contents));
    message = rp_message(heap, RP_ASSISTANT, rp_nil(), contents);
    out->value = rp_response(heap, rp_list_of(heap, 1, message), rp_nil());
    if (out->value.tag == RP_BAD)
        return RP_ENOMEM;
    out->kind = RP_REPLY_WHOLE;
    return RP_OK;
}

static int next_update(const struct script *s, struct open_call *c, struct rp_heap *heap,
                       struct rp_reply *out)
{
    const char *agent = s->seat[c->seat].agent->name;
    struct rp_value contents;

    RP_TRY(rp_script_update(heap, c->reply, agent, c->number, c->told, &contents));
    out->value = rp_update(heap, RP_ASSISTANT, rp_nil(), contents);
    if (out->value.tag == RP_BAD)
        return RP_ENOMEM;
    out->kind = RP_REPLY_UPDATE;
    c->told++;
    return RP_OK;
}

static int next_piece(const struct script *s, struct open_call *c, struct rp_heap *heap,
                      struct rp_reply *out)
{
    if (!c->reply)
        say_exhausted(s, c, out);
    else if (c->stream && c->told < updates_of(c))
        return next_update(s, c, heap, out);
    else if (c->reply->error.tag == RP_TEXT)
        say(out, rp_str_of(c->reply->error));
    else if (!c->stream)
        return whole_reply(s, c, heap, out);
    else
        out->kind = RP_REPLY_END;
    return RP_OK;
}

static int script_poll(void *self, uint32_t call, uint64_t now_ms, struct rp_heap *heap,
                       struct rp_reply *reply)
{
    struct script *s = self;
    struct open_call *c = find_call(s, call);

    reply->kind = RP_REPLY_NONE;
    reply->value = rp_nil();
    reply->reason[0] = '\0';
    if (!c)
        return RP_ENOTFOUND;
    if (c->late && due_of(c) > now_ms)
        return RP_OK;
    RP_TRY(next_piece(s, c, heap, reply));
    if (reply->kind != RP_REPLY_UPDATE)
        close_call(s, c);
    return RP_OK;
}

/* Replies that come at once need no look at each call. */
static uint64_t script_due(void *self)
{
    const struct script *s = self;
    uint64_t first = UINT64_MAX;

    if (s->n_open > s->n_late)
        return 0;
    if (s->n_open == 0)
        return UINT64_MAX;
    for (uint32_t i = 0; i < s->room; i++)
        if (s->open[i].busy && due_of(s->open + i) < first)
            first = due_of(s->open + i);
    return first;
}

/* ---- positions ---- */

/* Agents that were never called are left out. */
static int script_save(void *self, struct rp_heap *heap, struct rp_value *out)
{
    const struct script *s = self;
    struct rp_value map = rp_map();

    for (uint32_t i = 0; i < s->n; i++)
        if (s->seat[i].calls > 0)
            RP_TRY(rp_map_add(heap, &map, rp_textz(heap, s->seat[i].agent->name),
                              rp_int((int64_t)s->seat[i].calls)));
    *out = map;
    return RP_OK;
}

static int check_saved(const struct script *s, struct rp_value saved)
{
    if (saved.tag != RP_MAP && saved.tag != RP_NIL)
        return RP_ETYPE;
    for (uint32_t i = 0; i < rp_map_len(saved); i++) {
        struct rp_value calls = rp_map_value(saved, i);
        if (calls.tag != RP_INT || calls.u.i < 0 || calls.u.i > INT64_MAX / 2)
            return RP_ETYPE;
        if (search(s, rp_str_of(rp_map_key(saved, i)).s) == NO_SEAT)
            return RP_ENOTFOUND;
    }
    return RP_OK;
}

/* Calls that are still open belong to what was before, and are forgotten. */
static int script_load(void *self, struct rp_value saved)
{
    struct script *s = self;

    RP_TRY(check_saved(s, saved));
    for (uint32_t i = 0; i < s->n; i++)
        rp_script_seek(s->seat + i, 0);
    for (uint32_t i = 0; i < rp_map_len(saved); i++) {
        uint32_t at = search(s, rp_str_of(rp_map_key(saved, i)).s);
        rp_script_seek(s->seat + at, (uint64_t)rp_map_value(saved, i).u.i);
    }
    if (s->n_open > 0)
        memset(s->open, 0, s->room * sizeof(*s->open));
    s->n_open = s->n_late = 0;
    return RP_OK;
}

/* ---- life ---- */

static void script_free(void *self)
{
    struct script *s = self;
    struct rp_alloc alloc;

    if (!s)
        return;
    alloc = s->alloc;
    if (s->open)
        alloc.resize(alloc.ctx, s->open, s->room * sizeof(*s->open), 0);
    if (s->by_name)
        alloc.resize(alloc.ctx, s->by_name, s->n * sizeof(*s->by_name), 0);
    if (s->seat)
        alloc.resize(alloc.ctx, s->seat, s->n * sizeof(*s->seat), 0);
    alloc.resize(alloc.ctx, s, sizeof(*s), 0);
}

static int sit_down(struct script *s, const struct rp_script_agent *agents)
{
    if (s->n == 0)
        return RP_OK;
    s->seat = s->alloc.resize(s->alloc.ctx, NULL, 0, s->n * sizeof(*s->seat));
    s->by_name = s->alloc.resize(s->alloc.ctx, NULL, 0, s->n * sizeof(*s->by_name));
    if (!s->seat || !s->by_name)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < s->n; i++) {
        s->seat[i] = (struct rp_script_seat){.agent = agents + i};
        s->by_name[i] = (struct named){agents[i].name, i};
    }
    qsort(s->by_name, s->n, sizeof(*s->by_name), by_name);
    return RP_OK;
}

int rp_script_new(const struct rp_alloc *alloc, const struct rp_script_agent *agents, uint32_t n,
                  struct rp_client *out)
{
    static const struct rp_client_ops ops = {
        .start = script_start,
        .poll = script_poll,
        .due = script_due,
        .cancel = script_cancel,
        .save = script_save,
        .load = script_load,
        .free = script_free,
    };
    struct script *s = alloc->resize(alloc->ctx, NULL, 0, sizeof(*s));

    if (!s)
        return RP_ENOMEM;
    memset(s, 0, sizeof(*s));
    s->alloc = *alloc;
    s->n = n;
    if (sit_down(s, agents) != RP_OK) {
        script_free(s);
        return RP_ENOMEM;
    }
    *out = (struct rp_client){&ops, s};
    return RP_OK;
}
