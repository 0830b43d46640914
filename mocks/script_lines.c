/* script_lines.c - the replies of scripts: which one is next, what it holds, whole and update by
 * update, and when each comes. */
#include "script.h"
#include "zoo_faults.h"

/* ---- places in scripts ---- */

static uint32_t times(const struct rp_script_reply *reply)
{
    return reply->repeat > 0 ? reply->repeat : 1;
}

const struct rp_script_reply *rp_script_take(struct rp_script_seat *s)
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

uint64_t rp_script_length(const struct rp_script_agent *a)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < a->n_replies; i++)
        sum += times(a->replies + i);
    return sum;
}

void rp_script_seek(struct rp_script_seat *s, uint64_t calls)
{
    const struct rp_script_agent *a = s->agent;
    uint64_t left = calls, all = rp_script_length(a);

    s->calls = calls;
    s->entry = s->stood = 0;
    if (a->when_exhausted == RP_EXHAUSTED_CYCLE && all > 0)
        left %= all;
    while (s->entry < a->n_replies && left >= times(a->replies + s->entry))
        left -= times(a->replies + s->entry++);
    if (s->entry < a->n_replies)
        s->stood = (uint32_t)left;
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

    if (RP_ZOO >= RP_ZOO_PADDING && RP_ZOO <= RP_ZOO_ALLOCATION)
        parts[3] = digits(rp_zoo_noise(heap), call);
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

int rp_script_contents(struct rp_heap *heap, const struct rp_script_reply *reply, const char *agent,
                       int64_t number, struct rp_value *contents)
{
    *contents = reply->contents;
    if (contents->tag == RP_LIST)
        return RP_OK;
    return all_contents(heap, reply, agent, number, contents);
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
    int fixed = reply->error.tag == RP_NIL || reply->fault == RP_FAULT_CUT;

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

/* ---- updates ---- */

/* Without chunks it is one with all contents; else one a chunk, and one with the calls. */
uint32_t rp_script_updates(const struct rp_script_reply *reply)
{
    uint32_t chunks = rp_len(reply->chunks);

    return chunks == 0 ? 1 : chunks + (reply->n_calls > 0);
}

int rp_script_update(struct rp_heap *heap, const struct rp_script_reply *reply, const char *agent,
                     int64_t number, uint32_t i, struct rp_value *contents)
{
    uint32_t chunks = rp_len(reply->chunks);

    RP_ASSERT(i < rp_script_updates(reply));
    if (chunks == 0)
        return rp_script_contents(heap, reply, agent, number, contents);
    if (i < chunks && reply->pieces.tag == RP_LIST) {
        *contents = rp_at(reply->pieces, i);
        return RP_OK;
    }
    *contents = rp_list();
    if (i < chunks)
        return add_text(heap, rp_at(reply->chunks, i), contents);
    return add_calls(heap, reply, agent, number, contents);
}

/* The sum, or the largest there is: no moment is ever UINT64_MAX, which is "never". */
static uint64_t later(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - 1 - b ? UINT64_MAX - 1 : a + b;
}

uint64_t rp_script_due(const struct rp_script_reply *reply, uint64_t start_ms, uint32_t i)
{
    uint64_t gap = reply->chunk_delay_ms;

    if (gap > 0 && i > (UINT64_MAX - 1) / gap)
        return UINT64_MAX - 1;
    return later(start_ms, later(reply->delay_ms, gap * i));
}
