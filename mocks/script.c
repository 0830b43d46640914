/* script.c - the scripted model client: owns each agent's place in its script and the calls that
 * are open. A reply is chosen and used up when its call starts; what polling makes of it are fresh
 * records around contents that all replies of an entry share. */
#include "script.h"

#include <stdlib.h>
#include <string.h>

#define NO_SEAT UINT32_MAX

enum { OPEN_MIN = 8, CACHE_SIZE = 64 }; /* powers of two */

/* An agent's place in its script. */
struct seat {
    const struct rp_script_agent *agent;
    uint64_t calls; /* made so far, also those that found nothing */
    uint32_t entry; /* of the next reply; n_replies: the script is at its end */
    uint32_t stood; /* how often that entry has stood already */
};

struct named {
    const char *name;
    uint32_t seat;
};

struct open_call {
    uint32_t id, seat;
    uint32_t told; /* updates given so far */
    int busy, stream;
    int64_t number;
    const struct rp_script_reply *reply; /* NULL: none was left */
};

struct cached {
    const struct rp_agent *agent;
    uint32_t seat;
};

struct script {
    struct rp_alloc alloc;
    uint32_t n;
    struct seat *seat;
    struct named *by_name; /* sorted */
    struct cached cache[CACHE_SIZE];
    struct open_call *open; /* a table by id, with linear probing */
    uint32_t n_open, room;
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

/* ---- places in scripts ---- */

static uint32_t times(const struct rp_script_reply *reply)
{
    return reply->repeat > 0 ? reply->repeat : 1;
}

/* The next reply, used up by this; NULL when none is left. */
static const struct rp_script_reply *take(struct seat *s)
{
    const struct rp_script_agent *a = s->agent;
    const struct rp_script_reply *reply;

    s->calls++;
    if (s->entry == a->n_replies && a->when_exhausted == RP_EXHAUSTED_CYCLE)
        s->entry = 0;
    if (s->entry == a->n_replies) {
        int again = a->when_exhausted == RP_EXHAUSTED_REPEAT_LAST && a->n_replies > 0;
        return again ? a->replies + a->n_replies - 1 : NULL;
    }
    reply = a->replies + s->entry;
    if (++s->stood >= times(reply)) {
        s->entry++;
        s->stood = 0;
    }
    return reply;
}

static uint64_t length(const struct rp_script_agent *a)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < a->n_replies; i++)
        sum += times(a->replies + i);
    return sum;
}

/* Puts an agent where it stands after so many calls. */
static void seek(struct seat *s, uint64_t calls)
{
    const struct rp_script_agent *a = s->agent;
    uint64_t left = calls, all = length(a);

    s->calls = calls;
    s->entry = s->stood = 0;
    if (a->when_exhausted == RP_EXHAUSTED_CYCLE && all > 0)
        left %= all;
    while (s->entry < a->n_replies && left >= times(a->replies + s->entry))
        left -= times(a->replies + s->entry++);
    if (s->entry < a->n_replies)
        s->stood = (uint32_t)left;
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
}

static int script_start(void *self, const struct rp_model_call *call, uint64_t now_ms,
                        int64_t *number, int *made)
{
    struct script *s = self;
    struct open_call *c;

    (void)now_ms;
    RP_TRY(make_room(s));
    c = entry_of(s, call->id);
    s->n_open += !c->busy;
    *c = (struct open_call){.id = call->id, .busy = 1, .stream = call->stream};
    c->seat = find_seat(s, call->agent);
    if (c->seat != NO_SEAT) {
        c->reply = take(s->seat + c->seat);
        c->number = (int64_t)s->seat[c->seat].calls;
    }
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

static uint64_t script_due(void *self)
{
    const struct script *s = self;

    return s->n_open > 0 ? 0 : UINT64_MAX;
}

/* ---- contents ---- */

static int has_default_id(const struct rp_script_call *call)
{
    return rp_str_of(call->id).n == 0;
}

/* The decimal digits of n, at the end of room. */
static struct rp_str digits(uint64_t n, char room[24])
{
    char *at = room + 24;

    do {
        *--at = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return (struct rp_str){at, (size_t)(room + 24 - at)};
}

/* call_<agent>_<call number>_<n>, both from 1. */
static struct rp_value default_id(struct rp_heap *heap, const char *agent, int64_t number,
                                  uint32_t n)
{
    char call[24], place[24];
    struct rp_str parts[] = {
        rp_str("call_"), rp_str(agent),    rp_str("_"), digits((uint64_t)number, call),
        rp_str("_"),     digits(n, place), {NULL, 0}};

    return rp_text_join(heap, parts);
}

static int add_calls(struct rp_heap *heap, const struct rp_script_reply *reply, const char *agent,
                     int64_t number, struct rp_value *contents)
{
    for (uint32_t i = 0; i < reply->n_calls; i++) {
        const struct rp_script_call *call = reply->calls + i;
        struct rp_value id = call->id;
        if (has_default_id(call))
            id = default_id(heap, agent, number, i + 1);
        RP_TRY(rp_list_add(heap, contents, rp_content_call(heap, id, call->name, call->arguments)));
    }
    return RP_OK;
}

static int add_text(struct rp_heap *heap, struct rp_value text, struct rp_value *contents)
{
    return text.tag == RP_NIL ? RP_OK : rp_list_add(heap, contents, rp_content_text(heap, text));
}

static int all_contents(struct rp_heap *heap, const struct rp_script_reply *reply,
                        const char *agent, int64_t number, struct rp_value *out)
{
    *out = rp_list();
    RP_TRY(add_text(heap, reply->text, out));
    return add_calls(heap, reply, agent, number, out);
}

/* A list without room to grow: whoever adds to it gets a list of his own. */
static void seal(struct rp_value list)
{
    if (list.u.vec)
        list.u.vec->cap = list.u.vec->fill;
}

static int prepare_pieces(struct rp_heap *heap, struct rp_value chunks, struct rp_value *pieces)
{
    for (uint32_t i = 0; i < rp_len(chunks); i++) {
        struct rp_value one = rp_list();
        RP_TRY(add_text(heap, rp_at(chunks, i), &one));
        seal(one);
        RP_TRY(rp_list_add(heap, pieces, one));
    }
    return RP_OK;
}

int rp_script_prepare(struct rp_heap *heap, struct rp_script_reply *reply)
{
    struct rp_value contents = rp_nil(), pieces = rp_list();
    int fixed = reply->error.tag == RP_NIL;

    for (uint32_t i = 0; i < reply->n_calls; i++)
        fixed = fixed && !has_default_id(reply->calls + i);
    if (fixed) {
        RP_TRY(all_contents(heap, reply, "", 0, &contents));
        seal(contents);
    }
    RP_TRY(prepare_pieces(heap, reply->chunks, &pieces));
    reply->contents = contents;
    reply->pieces = rp_len(pieces) > 0 ? pieces : rp_nil();
    return RP_OK;
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
    else
        rp_fail_at(&err, RP_ECLIENT, "", "the script of %s has no reply for its call %l",
                   s->seat[c->seat].agent->name, c->number);
    say(out, rp_str(err.text));
}

static int contents_of(const struct script *s, const struct open_call *c, struct rp_heap *heap,
                       struct rp_value *out)
{
    *out = c->reply->contents;
    if (out->tag == RP_LIST)
        return RP_OK;
    return all_contents(heap, c->reply, s->seat[c->seat].agent->name, c->number, out);
}

static int whole_reply(const struct script *s, const struct open_call *c, struct rp_heap *heap,
                       struct rp_reply *out)
{
    struct rp_value contents, message;

    RP_TRY(contents_of(s, c, heap, &contents));
    message = rp_message(heap, RP_ASSISTANT, rp_nil(), contents);
    out->value = rp_response(heap, rp_list_of(heap, 1, message), rp_nil());
    if (out->value.tag == RP_BAD)
        return RP_ENOMEM;
    out->kind = RP_REPLY_WHOLE;
    return RP_OK;
}

static int chunk_of(const struct open_call *c, struct rp_heap *heap, struct rp_value *contents)
{
    if (c->reply->pieces.tag == RP_LIST) {
        *contents = rp_at(c->reply->pieces, c->told);
        return RP_OK;
    }
    return add_text(heap, rp_at(c->reply->chunks, c->told), contents);
}

/* The contents of the next update; *end is set when all were told. */
static int next_contents(const struct script *s, const struct open_call *c, struct rp_heap *heap,
                         struct rp_value *contents, int *end)
{
    uint32_t chunks = rp_len(c->reply->chunks);

    *contents = rp_list();
    *end = 0;
    if (c->told < chunks)
        return chunk_of(c, heap, contents);
    if (chunks == 0 && c->told == 0)
        return contents_of(s, c, heap, contents);
    if (chunks > 0 && c->told == chunks && c->reply->n_calls > 0)
        return add_calls(heap, c->reply, s->seat[c->seat].agent->name, c->number, contents);
    *end = 1;
    return RP_OK;
}

static int next_update(const struct script *s, struct open_call *c, struct rp_heap *heap,
                       struct rp_reply *out)
{
    struct rp_value contents;
    int end;

    RP_TRY(next_contents(s, c, heap, &contents, &end));
    if (end) {
        out->kind = RP_REPLY_END;
        return RP_OK;
    }
    out->value = rp_update(heap, RP_ASSISTANT, rp_nil(), contents);
    if (out->value.tag == RP_BAD)
        return RP_ENOMEM;
    out->kind = RP_REPLY_UPDATE;
    c->told++;
    return RP_OK;
}

static int script_poll(void *self, uint32_t call, uint64_t now_ms, struct rp_heap *heap,
                       struct rp_reply *reply)
{
    struct script *s = self;
    struct open_call *c = find_call(s, call);

    (void)now_ms;
    reply->kind = RP_REPLY_NONE;
    reply->value = rp_nil();
    reply->reason[0] = '\0';
    if (!c)
        return RP_ENOTFOUND;
    if (!c->reply)
        say_exhausted(s, c, reply);
    else if (c->reply->error.tag == RP_TEXT)
        say(reply, rp_str_of(c->reply->error));
    else if (c->stream)
        RP_TRY(next_update(s, c, heap, reply));
    else
        RP_TRY(whole_reply(s, c, heap, reply));
    if (reply->kind != RP_REPLY_UPDATE)
        close_call(s, c);
    return RP_OK;
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
        seek(s->seat + i, 0);
    for (uint32_t i = 0; i < rp_map_len(saved); i++) {
        uint32_t at = search(s, rp_str_of(rp_map_key(saved, i)).s);
        seek(s->seat + at, (uint64_t)rp_map_value(saved, i).u.i);
    }
    if (s->n_open > 0)
        memset(s->open, 0, s->room * sizeof(*s->open));
    s->n_open = 0;
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
        s->seat[i] = (struct seat){.agent = agents + i};
        s->by_name[i] = (struct named){agents[i].name, i};
    }
    qsort(s->by_name, s->n, sizeof(*s->by_name), by_name);
    return RP_OK;
}

int rp_script_new(const struct rp_alloc *alloc, const struct rp_script_agent *agents, uint32_t n,
                  struct rp_client *out)
{
    static const struct rp_client_ops ops = {script_start, script_poll, script_due, script_cancel,
                                             script_save,  script_load, script_free};
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
