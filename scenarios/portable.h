/* portable.h - events of the engine as the portable trace of scenario.md: what any implementation
 * of the same orchestrations must print for a scenario. Lines of one superstep are held back until
 * it is over, sorted by executor and handed on. */
#ifndef RP_PORTABLE_H
#define RP_PORTABLE_H

#include "asked.h"
#include "mocks/world.h"
#include "portable_data.h"
#include "sink.h"

struct rp_portable_line {
    const char *text;   /* set for sorting */
    size_t at, name, n; /* in text: the executor's name, name bytes; then the line, n bytes */
    int has_name;
};

struct rp_portable {
    const struct rp_asked *asked; /* borrowed; has seen every event before it comes here */
    struct rp_sink sink;
    struct rp_heap scratch;
    struct rp_portable_form form;
    struct rp_heard heard;
    struct rp_buf text; /* the lines held back */
    struct rp_portable_line *line;
    size_t n_lines, room;
    int64_t turn, step; /* of the lines held back */
};

/* known: K of scenario.md, a list of texts sorted by bytes; borrowed. Allocates nothing. p must not
 * be moved afterwards. */
void rp_portable_init(struct rp_portable *p, const struct rp_alloc *alloc, struct rp_value known,
                      const struct rp_asked *asked, struct rp_sink sink);
void rp_portable_free(struct rp_portable *p);
/* The models are not scripted: what they say is shown as if it stood in the scenario. The observer
 * must see their replies. */
void rp_portable_hear(struct rp_portable *p);

/* Each returns RP_OK, RP_ENOMEM, RP_ELIMIT (a line too long, a value nested too deep), or what the
 * sink returned. */
int rp_portable_turn(struct rp_portable *p); /* the next turn begins */
int rp_portable_event(struct rp_portable *p, const struct rp_event *event);
int rp_portable_model_call(struct rp_portable *p, const struct rp_model_call *call, int64_t number);
int rp_portable_raised(struct rp_portable *p);
int rp_portable_end(struct rp_portable *p); /* hands on what is still held back */

/* The callbacks above as an observer. */
struct rp_observer rp_portable_observer(struct rp_portable *p);

#endif
