/* props_summary.c - owns summaries of runs, and what two of them say of each other: the same
 * decisions (I11), another order (I12), a second time (I13), a restore in between (I22). */
#include "props_inside.h"

/* ---- gathering --------------------------------------------------------------------------------
 */

static void does(struct rp_props *p, uint32_t who, uint64_t what)
{
    uint64_t *at = RP_IN(&p->now.does, uint64_t, who);

    *at = rp_print_mix(*at, what);
}

/* After a restore open requests are told again: no news. */
static int is_retold(const struct rp_props *p, const struct rp_event *ev)
{
    return p->resumes && !p->stepped && ev->step == 0;
}

static void note(struct rp_props *p, const struct rp_event *ev, uint32_t who)
{
    uint64_t h = rp_print_mix(17, (uint64_t)ev->kind);

    switch (ev->kind) {
    case RP_EV_OUTPUT:
        h = rp_print_mix(h, rp_print_whole(ev->data));
        if (who < p->f.n_nodes) {
            uint64_t *out = RP_IN(&p->now.outs, uint64_t, who);
            *out = rp_print_mix(*out, h);
        }
        break;
    case RP_EV_REQUEST_INFO:
        if (is_retold(p, ev))
            return;
        h = rp_print_mix(h, rp_print_id(rp_str(ev->name)));
        h = rp_print_mix(h, rp_print_value(ev->data));
        break;
    case RP_EV_INTERMEDIATE:
    case RP_EV_GROUP_CHAT:
    case RP_EV_HANDOFF_SENT:
    case RP_EV_MAGENTIC:
        h = rp_print_mix(h, rp_print_value(ev->data));
        break;
    case RP_EV_EXECUTOR_INVOKED:
        h = rp_print_mix(h, ev->name ? rp_print_id(rp_str(ev->name)) : ev->n_sources);
        break;
    case RP_EV_EXECUTOR_COMPLETED:
        h = rp_print_mix(h, (uint64_t)rp_len(ev->data) << 32 | ev->n_sent);
        break;
    case RP_EV_EXECUTOR_FAILED:
    case RP_EV_REQUEST_EXPIRED:
    case RP_EV_REQUEST_CANCELLED:
        break;
    case RP_EV_STARTED:
    case RP_EV_STATUS:
    case RP_EV_FAILED:
    case RP_EV_WARNING:
    case RP_EV_SUPERSTEP_STARTED:
    case RP_EV_SUPERSTEP_COMPLETED:
    case RP_EV_CHECKPOINT:
    case RP_EV_CUSTOM:
        return;
    }
    does(p, who, h);
}

void rp_summary_event(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    uint32_t who = node == RP_NO_ONE ? p->f.n_nodes : node;

    p->events = rp_print_mix(p->events, (uint64_t)ev->kind << 40 | (uint64_t)ev->state << 32 | who);
    p->events = rp_print_mix(p->events, (uint64_t)ev->step);
    note(p, ev, who);
}

void rp_summary_model(struct rp_props *p, const struct rp_model_call *call, uint32_t agent)
{
    uint32_t n = rp_len(call->messages);
    uint64_t h = rp_print_mix(19, n);

    if (n > 0)
        h = rp_print_mix(h, rp_print_value(rp_at(call->messages, n - 1)));
    p->events = rp_print_mix(p->events, h);
    does(p, p->f.n_nodes + 1 + agent, h);
    if (p->f.agent[agent].shared)
        p->sensitive = 1;
}

void rp_summary_tool(struct rp_props *p, const struct rp_tool_call *call)
{
    uint32_t agent = rp_props_agent(p, call->agent);
    uint64_t h = rp_print_id(rp_str_of(call->call_id));

    p->events = rp_print_mix(p->events, h);
    if (agent != RP_NO_ONE)
        does(p, p->f.n_nodes + 1 + agent, rp_print_mix(23, h));
}

void rp_props_summary(const struct rp_props *p, const struct rp_run *run, struct rp_summary *out)
{
    uint32_t n = p->now.does.n, outs = p->now.outs.n;

    *out = (struct rp_summary){.events = p->events,
                               .state = rp_run_digest(run),
                               .n_executors = outs,
                               .sensitive =
                                   p->sensitive || (p->f.pattern == RP_GRAPH && p->f.has_children)};
    for (uint32_t i = 0; i < n; i++)
        out->does[i % RP_SUMMARY_MAX] =
            rp_print_mix(out->does[i % RP_SUMMARY_MAX], *RP_IN(&p->now.does, uint64_t, i));
    for (uint32_t i = 0; i < outs; i++)
        out->outputs[i % RP_SUMMARY_MAX] =
            rp_print_mix(out->outputs[i % RP_SUMMARY_MAX], *RP_IN(&p->now.outs, uint64_t, i));
    for (uint32_t i = 0; i < outs && i < RP_SUMMARY_MAX; i++)
        out->executor[i] = p->f.node[i].id;
}

/* ---- comparing --------------------------------------------------------------------------------
 */

/* The first executor of which two rows differ; RP_NO_ONE: none. */
static uint32_t differs(const uint64_t *a, const uint64_t *b)
{
    for (uint32_t i = 0; i < RP_SUMMARY_MAX; i++)
        if (a[i] != b[i])
            return i;
    return RP_NO_ONE;
}

static int say(struct rp_violation *out, enum rp_property property, const char *executor,
               const char *what, const char *text)
{
    struct rp_error said;
    size_t i;

    *out = (struct rp_violation){.property = property};
    for (i = 0; executor && executor[i] && i + 1 < sizeof(out->executor); i++)
        out->executor[i] = executor[i];
    for (i = 0; what[i] && i + 1 < sizeof(out->what); i++)
        out->what[i] = what[i];
    rp_fail_at(&said, RP_ESTATE, "", "%s", text);
    for (i = 0; said.text[i] && i + 1 < sizeof(out->text); i++)
        out->text[i] = said.text[i];
    return 1;
}

static const char *executor_at(const struct rp_summary *s, uint32_t i)
{
    return i < s->n_executors && i < RP_SUMMARY_MAX ? s->executor[i] : NULL;
}

static int same_in_all(const struct rp_summary *a, const struct rp_summary *b,
                       enum rp_property property, struct rp_violation *out)
{
    uint32_t i = differs(a->does, b->does);

    if (i != RP_NO_ONE)
        return say(out, property, executor_at(a, i), "does something else",
                   "the second run does something else than the first one");
    i = differs(a->outputs, b->outputs);
    if (i != RP_NO_ONE)
        return say(out, property, executor_at(a, i), "other outputs",
                   "the second run gives other outputs than the first one");
    if (a->events != b->events)
        return say(out, property, NULL, "other events",
                   "what happens comes in another order the second time");
    if (a->state != b->state)
        return say(out, property, NULL, "another state",
                   "the second run ends in another state than the first one");
    return 0;
}

int rp_summary_same(const struct rp_summary *a, const struct rp_summary *b,
                    struct rp_violation *out)
{
    return same_in_all(a, b, RP_P_11, out);
}

int rp_summary_again(const struct rp_summary *first, const struct rp_summary *second,
                     struct rp_violation *out)
{
    return same_in_all(first, second, RP_P_13, out);
}

int rp_summary_order(const struct rp_summary *a, const struct rp_summary *b,
                     struct rp_violation *out)
{
    uint32_t i;

    if (a->sensitive || b->sensitive)
        return 0;
    i = differs(a->outputs, b->outputs);
    if (i == RP_NO_ONE)
        return 0;
    return say(out, RP_P_12, executor_at(a, i), "other outputs",
               "another order of the ready executors gives other outputs");
}

int rp_summary_restored(const struct rp_summary *whole, const struct rp_summary *restored,
                        struct rp_violation *out)
{
    uint32_t i = differs(whole->does, restored->does);

    if (i != RP_NO_ONE)
        return say(out, RP_P_22, executor_at(whole, i), "goes on otherwise",
                   "after the restore the run does something else than the one that was never "
                   "stopped");
    i = differs(whole->outputs, restored->outputs);
    if (i == RP_NO_ONE)
        return 0;
    return say(out, RP_P_22, executor_at(whole, i), "other outputs",
               "after the restore the run gives other outputs than the one that was never "
               "stopped");
}
