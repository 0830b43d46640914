/* graph.h - what the tests of graphs share: a kit whose every object is an allocation of its own,
 * executors that only say their types, and errors as one line of text. */
#ifndef TESTS_GRAPH_H
#define TESTS_GRAPH_H

#include "engine/flow.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

extern struct rp_kit *kit; /* of the test that runs */
extern struct faulty kit_memory;

int kit_start(void **state);
int kit_stop(void **state); /* fails when a byte is left */
/* A kit from alloc, in objects of their own; NULL without memory. */
struct rp_kit *kit_of(const struct rp_alloc *alloc);
#define IN_KIT(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

/* Adds an executor of these types. */
void typed(struct rp_graph *g, const char *id, struct rp_type takes, struct rp_type sends,
           struct rp_type yields);
/* Takes, sends and yields texts. */
void plain(struct rp_graph *g, const char *id);
/* plain executors named in the words of ids; the first is the start. */
struct rp_graph *graph_of(const char *ids, const struct rp_graph_opts *opts);
void edge(struct rp_graph *g, const char *from, const char *to);

struct rp_agent *agent(const char *name);
struct rp_value json(const char *text); /* in the kit's heap */
int always(void *self, struct rp_value v);
#define LIST_OF(...)                                                                               \
    ((struct rp_names){RP_PICK_LIST, (const char *const[]){__VA_ARGS__},                           \
                       sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)})

struct rp_workflow *built(struct rp_graph *g); /* fails the test when it cannot be built */
const char *failure(struct rp_graph *g);       /* "place: reason"; it must be RP_EBUILD */

#endif
