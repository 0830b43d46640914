/* graph.c - owns what the tests of graphs share. */
#include "tests/unit/graph.h"

#include <stdio.h>
#include <string.h>

struct rp_kit *kit;
struct faulty kit_memory;

struct rp_kit *kit_of(const struct rp_alloc *alloc)
{
    struct rp_kit *fresh = NULL;

    if (rp_kit_new(alloc, &fresh) == RP_OK)
        rp_heap_init(&fresh->heap, alloc, 0, 1);
    return fresh;
}

int kit_start(void **state)
{
    (void)state;
    faulty_init(&kit_memory, -1);
    kit = kit_of(&kit_memory.alloc);
    return kit == NULL;
}

int kit_stop(void **state)
{
    (void)state;
    rp_kit_free(kit);
    kit = NULL;
    return kit_memory.out != 0;
}

static int nothing(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)cx;
    (void)self;
    (void)data;
    return RP_OK;
}

void typed(struct rp_graph *g, const char *id, struct rp_type takes, struct rp_type sends,
           struct rp_type yields)
{
    const struct rp_handler handler = {takes, nothing, sends, yields};
    const struct rp_executor executor = {.id = id, .handlers = &handler, .n_handlers = 1};

    rp_graph_executor(g, &executor);
}

void plain(struct rp_graph *g, const char *id)
{
    typed(g, id, RP_T_TEXT, RP_T_TEXT, RP_T_TEXT);
}

struct rp_graph *graph_of(const char *ids, const struct rp_graph_opts *opts)
{
    struct rp_graph *g = rp_graph(kit, opts);
    char id[100];
    int n, first = 1;

    while (sscanf(ids, " %99s%n", id, &n) == 1) {
        plain(g, id);
        if (first)
            rp_graph_start(g, id);
        first = 0;
        ids += n;
    }
    return g;
}

void edge(struct rp_graph *g, const char *from, const char *to)
{
    rp_graph_edge(g, from, to, (struct rp_cond){0});
}

struct rp_agent *agent(const char *name)
{
    return rp_agent(kit, &(struct rp_agent_opts){.name = name}, NULL);
}

struct rp_value json(const char *text)
{
    struct rp_value v;

    assert_int_equal(rp_json_read(rp_kit_heap(kit), text, strlen(text), &v, NULL), RP_OK);
    return v;
}

int always(void *self, struct rp_value v)
{
    (void)self;
    (void)v;
    return 1;
}

struct rp_workflow *built(struct rp_graph *g)
{
    struct rp_error err = {0};
    struct rp_workflow *w = rp_graph_build(g, &err);

    if (!w)
        print_error("%s: %s\n", err.where, err.text);
    assert_non_null(w);
    return w;
}

const char *failure(struct rp_graph *g)
{
    static char line[600];
    struct rp_error err = {0};

    assert_null(rp_graph_build(g, &err));
    assert_int_equal(err.status, RP_EBUILD);
    snprintf(line, sizeof(line), "%s: %s", err.where, err.text);
    return line;
}
