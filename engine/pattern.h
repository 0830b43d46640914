/* pattern.h - what the orchestration builders share: participants as nodes, a person who reviews
 * them, names, output designation. */
#ifndef RP_PATTERN_H
#define RP_PATTERN_H

#include "exec_basic.h"

/* A pattern under construction: its graph, and the participants' ids. */
struct rp_pattern {
    struct rp_kit *kit;
    struct rp_graph *g;
    const struct rp_participant *p;
    const char **id; /* of each participant */
    uint32_t n;
    struct rp_error err; /* first error found before the graph had one */
};

/* name NULL: "PATTERN:a,b,c" (decision 12). RP_OK, or the status in p->err. */
int rp_pattern_begin(struct rp_pattern *p, struct rp_kit *kit, const char *pattern,
                     const char *name, const struct rp_participant *participants, size_t n);
/* Adds participant i as a node. reviewed: 0, 1, or 2 for one whose approved response is an output
 * (R-APP). takes_reset: magentic's agents. */
struct rp_add {
    enum rp_context_mode context;
    int reviewed, takes_reset;
};
void rp_pattern_add(struct rp_pattern *p, uint32_t i, struct rp_add how);
/* Is participant i chosen by names? Unknown names are refused with the place. */
int rp_pattern_chosen(const struct rp_names *names, const char *id);
void rp_pattern_check_names(struct rp_pattern *p, const struct rp_names *names, const char *place);
/* Resolves the designation (R-ORC-1 to 3). always: an executor that stays an output, or NULL;
 * first_default: participants from this one on are outputs by default (n: none). */
void rp_pattern_outputs(struct rp_pattern *p, const struct rp_names *outputs,
                        const struct rp_names *intermediates, const char *always,
                        uint32_t first_default);
struct rp_workflow *rp_pattern_build(struct rp_pattern *p, struct rp_error *err);

/* n bytes copied into the kit; NULL when n is 0 or without memory. */
void *rp_kit_copy(struct rp_kit *kit, const void *from, size_t n);
const char *const *rp_kit_strings(struct rp_kit *kit, const char *const *z, size_t n);
/* Index of a participant's id; p->n when there is none. */
uint32_t rp_pattern_find(const struct rp_pattern *p, const char *id);
/* Records an error; the first one counts. */
void rp_pattern_fail(struct rp_pattern *p, const char *where, const char *format, const char *a);
/* A predicate given to a pattern: JSON is checked, with the place in front. */
void rp_pattern_check_cond(struct rp_pattern *p, const struct rp_cond *cond, const char *place);

#endif
