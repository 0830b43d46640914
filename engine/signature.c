/* signature.c - owns a workflow's signature (R-SIG): what a checkpoint and a graph must agree on.
 *
 * It is the SHA-256 of this object as compact JSON with the keys of all objects sorted:
 *
 *   {"executors": {ID: TYPE, ...}, "groups": {GROUP: null, ...}, "start": ID}
 *
 * TYPE is the type's name, or for a nested workflow {"type": NAME, "workflow": its signature}.
 * GROUP is the text of an edge group, written in the same way:
 *
 *   {"edges": {SOURCE: {TARGET: CONDITION, ...}, ...}, "kind": KIND, "selection": NAME}
 *
 * CONDITION is the name of the function, null when there is none or it has no name, or the
 * condition itself when it is JSON; it is null in selections and switches, whose rules do not
 * count. NAME is that of the selecting function, null if it has none. No two edges join the same
 * executors, so no two groups have the same text. Everything is an object and keys are sorted: the
 * order in which executors and edges were added does not count. Each executor's edge from its own
 * input is left out: it says nothing that the executor does not. */
#include "base/sha256.h"
#include "flow_build.h"

enum { SCRATCH_CHUNK = 16 << 10 };

struct signing {
    const struct rp_workflow *w;
    struct rp_heap heap;
    struct rp_buf text;
};

static int put(struct signing *s, struct rp_value *map, const char *key, struct rp_value value)
{
    return rp_map_add(&s->heap, map, rp_textz(&s->heap, key), value);
}

/* ---- executors ---- */

static int describe_executor(struct signing *s, uint32_t i, struct rp_value *out)
{
    const struct rp_workflow *child = s->w->node[i].child;
    struct rp_value type = rp_textz(&s->heap, rp_workflow_executor_type(s->w, i));
    struct rp_value nested = rp_map();

    *out = type;
    if (!child)
        return RP_OK;
    RP_TRY(put(s, &nested, "type", type));
    RP_TRY(put(s, &nested, "workflow", rp_textz(&s->heap, child->signature)));
    *out = nested;
    return RP_OK;
}

static int describe_executors(struct signing *s, struct rp_value *out)
{
    *out = rp_map();
    for (uint32_t i = 0; i < s->w->n_nodes; i++) {
        struct rp_value type;
        RP_TRY(describe_executor(s, i, &type));
        RP_TRY(rp_map_add(&s->heap, out, s->w->node[i].id_text, type));
    }
    return RP_OK;
}

/* ---- edge groups ---- */

static const char *kind_name(const struct rp_group *group)
{
    switch (group->kind) {
    case RP_SINGLE:
        return "single";
    case RP_FAN_OUT:
        return "fan_out";
    case RP_SELECT:
        return group->select ? "select" : "select_rules";
    case RP_SWITCH:
        return "switch";
    case RP_FAN_IN:
        return "fan_in";
    }
    return "unknown";
}

static struct rp_value condition_of(struct signing *s, const struct rp_group *group)
{
    if (group->when.fn)
        return rp_textz(&s->heap, group->when.name);
    return group->when.json;
}

static int describe_edges(struct signing *s, const struct rp_group *group, struct rp_value *out)
{
    const struct rp_node *node = s->w->node;
    struct rp_value condition = condition_of(s, group);

    *out = rp_map();
    for (uint32_t i = 0; i < group->n_from; i++) {
        struct rp_value targets = rp_map();
        for (uint32_t k = 0; k < group->n_to; k++)
            RP_TRY(rp_map_add(&s->heap, &targets, node[group->to[k]].id_text, condition));
        RP_TRY(rp_map_add(&s->heap, out, node[group->from[i]].id_text, targets));
    }
    return RP_OK;
}

static int write_sorted(struct signing *s, struct rp_value v)
{
    rp_buf_clear(&s->text);
    return rp_json_write(&s->text, v, 1);
}

static int describe_group(struct signing *s, const struct rp_group *group, struct rp_value *out)
{
    struct rp_value map = rp_map(), edges;

    RP_TRY(describe_edges(s, group, &edges));
    RP_TRY(put(s, &map, "edges", edges));
    RP_TRY(put(s, &map, "kind", rp_textz(&s->heap, kind_name(group))));
    RP_TRY(put(s, &map, "selection", rp_textz(&s->heap, group->name)));
    RP_TRY(write_sorted(s, map));
    *out = rp_text(&s->heap, s->text.s, s->text.n);
    return RP_OK;
}

static int describe_groups(struct signing *s, struct rp_value *out)
{
    *out = rp_map();
    for (uint32_t i = 0; i < s->w->n_groups; i++) {
        struct rp_value text;
        RP_TRY(describe_group(s, &s->w->group[i], &text));
        RP_TRY(rp_map_add(&s->heap, out, text, rp_nil()));
    }
    return RP_OK;
}

/* ---- the whole ---- */

static int describe(struct signing *s)
{
    struct rp_value map = rp_map(), executors, groups;

    RP_TRY(describe_executors(s, &executors));
    RP_TRY(describe_groups(s, &groups));
    RP_TRY(put(s, &map, "executors", executors));
    RP_TRY(put(s, &map, "groups", groups));
    RP_TRY(put(s, &map, "start", s->w->node[s->w->start].id_text));
    return write_sorted(s, map);
}

int rp_flow_sign(struct rp_workflow *w)
{
    struct signing s = {.w = w};
    struct rp_sha256 digest;
    size_t chunk = w->kit->heap.chunk;
    int rc;

    rp_heap_init(&s.heap, &w->kit->alloc, 0, chunk < SCRATCH_CHUNK ? chunk : SCRATCH_CHUNK);
    rp_buf_init(&s.text, &w->kit->alloc, RP_TEXT_MAX);
    rc = describe(&s);
    if (rc == RP_OK) {
        rp_sha256_init(&digest);
        rp_sha256_add(&digest, s.text.s, s.text.n);
        rp_sha256_hex(&digest, w->signature);
    }
    rp_buf_free(&s.text);
    rp_heap_free(&s.heap);
    return rc;
}
