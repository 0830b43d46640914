/* load_util.h - what all readers of a scenario use: the place where a value stands in the file, for
 * errors, and values taken out of objects with their types checked. Private to load*.c. */
#ifndef RP_LOAD_UTIL_H
#define RP_LOAD_UTIL_H

#include "load.h"

/* Names with numbers, for looking up; a name keeps the first number that it was given. */
struct rp_load_index {
    uint32_t *slot; /* number + 1; 0 is free */
    const char **name;
    uint32_t room, n;
};

/* One scenario being loaded. */
struct rp_loader {
    struct rp_scenario *s;
    struct rp_kit *kit;
    struct rp_heap *heap; /* the kit's */
    const char *path;
    const char *expected; /* what should stand in the file */
    struct rp_error *err;
    struct rp_agent **agent; /* as many as s->n_agents */
    struct rp_load_index agents;
    struct rp_service service; /* of all agents that do not say otherwise */
    int has_service;
    uint32_t n_shown;
    char where[sizeof(((struct rp_error *)NULL)->where)];
    char shown[4][64];
};

/* A value and the place where it stands: key of up's object, or item of up's array. */
struct rp_spot {
    const struct rp_spot *up; /* NULL: the whole file */
    const char *key;          /* NULL: item */
    uint32_t item;
    struct rp_value v; /* nil also where nothing stands: see rp_load_has */
};

enum rp_need { RP_OPTIONAL, RP_REQUIRED };

struct rp_spot rp_load_key(const struct rp_spot *object, const char *key);
struct rp_spot rp_load_item(const struct rp_spot *array, uint32_t i);
/* The i-th entry of an object: its key is the file's own. */
struct rp_spot rp_load_entry(const struct rp_spot *object, uint32_t i);
int rp_load_has(const struct rp_spot *spot); /* does anything stand there? */

/* "FILE: agents[1].model", in the loader's own room until the next call. Where it is too long, the
 * front of the place gives way to dots, and before it the front of the file's path. */
const char *rp_load_where(struct rp_loader *l, const struct rp_spot *spot);
/* The same with a place inside of what stands there, after the joint ("." or ": "). */
const char *rp_load_where_in(struct rp_loader *l, const struct rp_spot *spot, const char *joint,
                             const char *rest);
/* A text of the file fit for a message: without control characters, cut when long. Good for the
 * next three calls. */
const char *rp_load_show(struct rp_loader *l, const char *text);
/* Reports RP_EBUILD at that place; the format is that of rp_fail_at. */
#define rp_load_fail(l, spot, ...)                                                                 \
    rp_fail_at((l)->err, RP_EBUILD, rp_load_where((l), (spot)), __VA_ARGS__)

/* Zeroed memory that lives as long as the scenario, for n items; NULL without memory. */
void *rp_load_take(struct rp_loader *l, size_t n, size_t size);

/* Is it an object that has none but these keys (ended by NULL)? Names the first key that is not,
 * and what may have been meant. */
int rp_load_keys(struct rp_loader *l, const struct rp_spot *spot, const char *const *keys);
/* Which one of these keys (ended by NULL) the object has: two exclude each other; *which is -1
 * where none stands and that is fine. */
int rp_load_one_of(struct rp_loader *l, const struct rp_spot *spot, const char *const *keys,
                   enum rp_need need, int *which);
/* Each gets the value under that key with its place in *out, its type checked; out->v is nil where
 * an optional one is absent. */
int rp_load_object(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                   enum rp_need need, struct rp_spot *out);
int rp_load_text(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                 enum rp_need need, struct rp_spot *out);
/* least: how many items it has at least, where it stands. */
int rp_load_array(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                  enum rp_need need, uint32_t least, struct rp_spot *out);
int rp_load_bool(struct rp_loader *l, const struct rp_spot *spot, const char *key, int *out);
/* A text for calls that take a C string: without U+0000; *out NULL where it is absent. */
int rp_load_string(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                   enum rp_need need, const char **out);
/* The same, and not empty. */
int rp_load_name(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                 enum rp_need need, const char **out);
/* One of these words (ended by NULL); *which is 0 where it is absent. */
int rp_load_word(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                 const char *const *words, int *which);
/* A 64-bit integer from least on; absent: *out is left as it is. */
int rp_load_int(struct rp_loader *l, const struct rp_spot *spot, const char *key, enum rp_need need,
                int64_t least, int64_t *out);
/* A count of 32 bits, likewise. */
int rp_load_count(struct rp_loader *l, const struct rp_spot *spot, const char *key, uint32_t least,
                  uint32_t *out);

/* Checks of what stands at a spot itself. */
int rp_load_is_object(struct rp_loader *l, const struct rp_spot *spot);
int rp_load_is_text(struct rp_loader *l, const struct rp_spot *spot);
int rp_load_is_name(struct rp_loader *l, const struct rp_spot *spot, const char **out);
int rp_load_is_int(struct rp_loader *l, const struct rp_spot *spot, int64_t least, int64_t *out);
/* An array of texts. */
int rp_load_are_texts(struct rp_loader *l, const struct rp_spot *array);
/* An array of names, none twice; *out in the kit. */
int rp_load_are_names(struct rp_loader *l, const struct rp_spot *array, const char ***out);

#define RP_LOAD_NONE UINT32_MAX
/* Room for n names. RP_ENOMEM. */
int rp_load_index_init(struct rp_loader *l, struct rp_load_index *index, uint32_t n);
/* Gives a name, which must live on, the next number. RP_ESTATE: it has one already. */
int rp_load_index_add(struct rp_load_index *index, const char *name);
uint32_t rp_load_index_find(const struct rp_load_index *index, const char *name);
/* Is the name at that spot known to the index? what: "agent". Else names what may have been meant.
 */
int rp_load_known(struct rp_loader *l, const struct rp_spot *spot,
                  const struct rp_load_index *index, const char *what, const char *name,
                  uint32_t *out);

/* The `service` of an object goes over what stands in *out; *is_there is set where there is one. */
int rp_load_service(struct rp_loader *l, const struct rp_spot *object, struct rp_service *out,
                    int *is_there);
/* What goes wrong with a reply whose contents were read, and its delays. */
int rp_load_fault(struct rp_loader *l, const struct rp_spot *reply, struct rp_script_reply *out);
/* The parts of a scenario. */
int rp_load_agents(struct rp_loader *l, const struct rp_spot *root);
int rp_load_workflow(struct rp_loader *l, const struct rp_spot *root);
int rp_load_graph(struct rp_loader *l, const struct rp_spot *graph, struct rp_workflow **out);
int rp_load_timeouts(struct rp_loader *l, const struct rp_spot *root);
int rp_load_expect(struct rp_loader *l, const struct rp_spot *root);
int rp_load_turns(struct rp_loader *l, const struct rp_spot *root);
/* What an object answers; its other keys are the caller's to check. */
int rp_load_answer(struct rp_loader *l, const struct rp_spot *answer,
                   struct rp_scenario_answer *out);
/* An array of answers; *out in the kit. by_id: a request may be named by its id. */
int rp_load_answers(struct rp_loader *l, const struct rp_spot *all, int by_id,
                    const struct rp_scenario_answer **out);

/* ---- of load_workflow.c, for load_graph.c too ---- */

/* output_from and intermediate_output_from. */
int rp_load_outputs(struct rp_loader *l, const struct rp_spot *workflow, struct rp_names *outputs,
                    struct rp_names *intermediates);
/* A CONDITION, or a TEST when test is set, under that key; all zero where an optional one is
 * absent. */
int rp_load_cond(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                 enum rp_need need, int test, struct rp_cond *out);
/* An agent of the scenario named under that key; *out NULL where an optional one is absent. */
int rp_load_agent_of(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                     enum rp_need need, struct rp_agent **out);
/* RP_OK when w is not NULL; else what the builder said in *said, at the place of that workflow. */
int rp_load_built(struct rp_loader *l, const struct rp_spot *workflow, const struct rp_workflow *w,
                  const struct rp_error *said);

#endif
