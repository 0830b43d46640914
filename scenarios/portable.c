/* portable.c - lines of the portable trace: which events there are, their keys, their order. */
#include "portable.h"

#include <stdlib.h>

#define SCRATCH_MAX ((size_t)4 << 20) /* bytes of scratch that may pile up between two lines */

void rp_portable_init(struct rp_portable *p, const struct rp_alloc *alloc, struct rp_value known,
                      const struct rp_asked *asked, struct rp_sink sink)
{
    *p = (struct rp_portable){.asked = asked, .sink = sink};
    p->form = (struct rp_portable_form){.scratch = &p->scratch, .known = known};
    rp_heard_init(&p->heard, alloc);
    rp_heap_init(&p->scratch, alloc, 0, 0);
    rp_buf_init(&p->text, alloc, RP_TEXT_MAX);
}

void rp_portable_free(struct rp_portable *p)
{
    struct rp_alloc *alloc = &p->text.alloc;

    if (p->room > 0)
        alloc->resize(alloc->ctx, p->line, p->room * sizeof(*p->line), 0);
    rp_buf_free(&p->text);
    rp_heard_free(&p->heard);
    rp_heap_free(&p->scratch);
    p->line = NULL;
    p->room = p->n_lines = 0;
}

/* ---- groups of lines ------------------------------------------------------------------------- */

static struct rp_str name_of(const struct rp_portable_line *line)
{
    return (struct rp_str){line->text + line->at, line->name};
}

/* A total order: by executor, none first, then as they happened. */
static int compare_lines(const void *left, const void *right)
{
    const struct rp_portable_line *a = left, *b = right;

    if (a->has_name != b->has_name)
        return a->has_name - b->has_name;
    int order = rp_str_order(name_of(a), name_of(b));
    if (order != 0)
        return order;
    return a->at < b->at ? -1 : a->at > b->at;
}

static int flush(struct rp_portable *p)
{
    for (size_t i = 0; i < p->n_lines; i++)
        p->line[i].text = p->text.s;
    if (p->n_lines > 1)
        qsort(p->line, p->n_lines, sizeof(*p->line), compare_lines);
    for (size_t i = 0; i < p->n_lines; i++) {
        const struct rp_portable_line *line = &p->line[i];
        RP_TRY(p->sink.put(p->sink.ctx, line->text + line->at + line->name, line->n));
    }
    p->n_lines = 0;
    rp_buf_clear(&p->text);
    if (p->scratch.held > SCRATCH_MAX) {
        struct rp_alloc alloc = p->scratch.alloc;
        rp_heap_free(&p->scratch);
        rp_heap_init(&p->scratch, &alloc, 0, 0);
    }
    return RP_OK;
}

static int grow(struct rp_portable *p)
{
    struct rp_alloc *alloc = &p->text.alloc;
    size_t room = p->room ? p->room * 2 : 32;
    struct rp_portable_line *more;

    if (p->n_lines < p->room)
        return RP_OK;
    more = alloc->resize(alloc->ctx, p->line, p->room * sizeof(*more), room * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    p->line = more;
    p->room = room;
    return RP_OK;
}

/* Opens a line of the present turn; what is held back of another superstep goes first. */
static int open_line(struct rp_portable *p, int64_t step, const char *executor)
{
    struct rp_portable_line *line;

    if (p->n_lines > 0 && p->step != step)
        RP_TRY(flush(p));
    p->step = step;
    RP_TRY(grow(p));
    line = &p->line[p->n_lines];
    *line = (struct rp_portable_line){.at = p->text.n, .has_name = executor != NULL};
    RP_TRY(rp_buf_adds(&p->text, rp_str(executor)));
    line->name = p->text.n - line->at;
    return rp_buf_addc(&p->text, '{');
}

static int add_key(struct rp_portable *p, const char *key)
{
    struct rp_buf *b = &p->text;

    if (b->s[b->n - 1] != '{')
        RP_TRY(rp_buf_addc(b, ','));
    RP_TRY(rp_buf_addc(b, '"'));
    RP_TRY(rp_buf_addz(b, key));
    return rp_buf_addz(b, "\":");
}

static int add_text(struct rp_portable *p, const char *key, const char *z)
{
    RP_TRY(add_key(p, key));
    return rp_json_write_str(&p->text, rp_str(z));
}

static int add_int(struct rp_portable *p, const char *key, int64_t i)
{
    RP_TRY(add_key(p, key));
    return rp_buf_add_int(&p->text, i);
}

/* The keys that every line has, in two places of the alphabet. */
static int add_event_key(struct rp_portable *p, const char *event, const char *executor)
{
    RP_TRY(add_text(p, "event", event));
    return executor ? add_text(p, "executor", executor) : RP_OK;
}

static int close_line(struct rp_portable *p)
{
    struct rp_portable_line *line = &p->line[p->n_lines];

    RP_TRY(add_int(p, "step", p->step));
    RP_TRY(add_int(p, "turn", p->turn));
    RP_TRY(rp_buf_addz(&p->text, "}\n"));
    line->n = p->text.n - line->at - line->name;
    p->n_lines++;
    return RP_OK;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static int add_data(struct rp_portable *p, const struct rp_event *event)
{
    RP_TRY(add_key(p, "data"));
    if (event->kind == RP_EV_MAGENTIC)
        return rp_form_magentic(&p->text, event->data);
    if (event->kind == RP_EV_GROUP_CHAT || event->kind == RP_EV_HANDOFF_SENT)
        return rp_json_write(&p->text, event->data, 1);
    return rp_form_data(&p->text, &p->form, event->data);
}

/* What a store calls a checkpoint never shows: they are counted over the scenario. */
static struct rp_value checkpoint_number(const struct rp_portable *p, struct rp_value id)
{
    int64_t number = id.tag == RP_INT ? rp_asked_checkpoint(p->asked, id.u.i) : -1;

    return number < 0 ? rp_nil() : rp_int(number);
}

static int add_checkpoint(struct rp_portable *p, const struct rp_event *event)
{
    enum { NUMBER = 2, PREVIOUS = 4 };
    static const char *const keys[] = {"iteration", "messages", "number", "pending_requests",
                                       "previous"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        struct rp_value v = rp_map_get(event->data, keys[i]);
        if (i == NUMBER || i == PREVIOUS)
            v = checkpoint_number(p, v);
        RP_TRY(add_key(p, keys[i]));
        RP_TRY(rp_json_write(&p->text, v, 1));
    }
    return RP_OK;
}

static int has_data(enum rp_event_kind kind)
{
    return kind == RP_EV_OUTPUT || kind == RP_EV_INTERMEDIATE || kind == RP_EV_REQUEST_INFO ||
           kind == RP_EV_EXECUTOR_INVOKED || kind == RP_EV_GROUP_CHAT ||
           kind == RP_EV_HANDOFF_SENT || kind == RP_EV_MAGENTIC;
}

static int add_event(struct rp_portable *p, const struct rp_event *event)
{
    RP_TRY(open_line(p, event->step, event->executor));
    if (has_data(event->kind))
        RP_TRY(add_data(p, event));
    if (event->kind == RP_EV_FAILED) {
        RP_TRY(add_key(p, "error"));
        RP_TRY(rp_buf_addz(&p->text, "true"));
    }
    RP_TRY(add_event_key(p, rp_event_name(event->kind), event->executor));
    if (event->kind == RP_EV_CHECKPOINT)
        RP_TRY(add_checkpoint(p, event));
    if (event->kind == RP_EV_REQUEST_INFO)
        RP_TRY(add_int(p, "request", rp_asked_number(p->asked, event->name)));
    if (event->kind == RP_EV_STATUS)
        RP_TRY(add_text(p, "state", rp_state_name(event->state)));
    return close_line(p);
}

int rp_portable_turn(struct rp_portable *p)
{
    RP_TRY(flush(p));
    p->turn++;
    return RP_OK;
}

int rp_portable_event(struct rp_portable *p, const struct rp_event *event)
{
    if (event->kind == RP_EV_WARNING || event->kind == RP_EV_REQUEST_EXPIRED ||
        event->kind == RP_EV_REQUEST_CANCELLED || event->kind == RP_EV_CUSTOM)
        return RP_OK;
    return add_event(p, event);
}

int rp_portable_model_call(struct rp_portable *p, const struct rp_model_call *call, int64_t number)
{
    const char *agent = rp_agent_name(call->agent);

    RP_TRY(open_line(p, call->step, agent));
    RP_TRY(add_int(p, "call", number));
    RP_TRY(add_event_key(p, "model_call", agent));
    RP_TRY(add_key(p, "messages"));
    RP_TRY(rp_form_sent(&p->text, &p->form, call->messages));
    return close_line(p);
}

int rp_portable_raised(struct rp_portable *p)
{
    RP_TRY(open_line(p, 0, NULL));
    RP_TRY(add_key(p, "error"));
    RP_TRY(rp_buf_addz(&p->text, "true"));
    RP_TRY(add_event_key(p, "raised", NULL));
    return close_line(p);
}

int rp_portable_end(struct rp_portable *p)
{
    return flush(p);
}

/* ---- as an observer -------------------------------------------------------------------------- */

static int on_event(void *ctx, const struct rp_event *event)
{
    return rp_portable_event(ctx, event);
}

static int on_model_call(void *ctx, const struct rp_model_call *call, int64_t number, int made)
{
    return made ? rp_portable_model_call(ctx, call, number) : RP_OK;
}

static int on_model_reply(void *ctx, const struct rp_agent *agent, const struct rp_reply *reply)
{
    struct rp_portable *p = ctx;

    return p->form.heard ? rp_heard_reply(&p->heard, agent, reply) : RP_OK;
}

void rp_portable_hear(struct rp_portable *p)
{
    p->form.heard = &p->heard;
}

struct rp_observer rp_portable_observer(struct rp_portable *p)
{
    return (struct rp_observer){
        .event = on_event, .model_call = on_model_call, .model_reply = on_model_reply, .ctx = p};
}
