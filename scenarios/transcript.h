/* transcript.h - a run as a person reads it: who says what, who calls which tool, what is asked and
 * answered, and how the turns end. For eyes only; the portable trace is the record. */
#ifndef RP_TRANSCRIPT_H
#define RP_TRANSCRIPT_H

#include "asked.h"
#include "load.h"
#include "mocks/world.h"
#include "sink.h"

enum { RP_SAID_MAX = 64 };

struct rp_transcript {
    struct rp_sink sink;
    int colour;
    const struct rp_asked *asked; /* borrowed; numbers of requests */
    struct rp_buf out;            /* one piece of output */
    struct rp_heap scratch;
    int is_graph;                    /* values between operations are shown */
    size_t width;                    /* of the column of names */
    int64_t step;                    /* shown last */
    int64_t call_step;               /* of the model call made last */
    int failed;                      /* this turn's failure stands already */
    const struct rp_agent *speaking; /* whose streamed text stands in an open line */
    uint64_t said[RP_SAID_MAX]; /* digests of what was said last: an output does not repeat it */
    size_t n_said;
    int64_t noted_step; /* of the last note that something said is an output, and whose */
    uint64_t noted;
};

/* asked may be set later, before the first event. Allocates nothing. */
void rp_transcript_init(struct rp_transcript *t, const struct rp_alloc *alloc, struct rp_sink sink,
                        int colour);
void rp_transcript_free(struct rp_transcript *t);

/* Each returns RP_OK, RP_ENOMEM, RP_ELIMIT or what the sink returned. */
int rp_transcript_title(struct rp_transcript *t, const struct rp_scenario *s);
/* number from 1; what the turn brings. */
int rp_transcript_turn(struct rp_transcript *t, int64_t number,
                       const struct rp_scenario_turn *turn);
/* The error in which a turn ended, where there was one. */
int rp_transcript_raised(struct rp_transcript *t, const struct rp_error *err);
/* The last lines: state of the run, digest of its trace. */
int rp_transcript_end(struct rp_transcript *t, const struct rp_run *run, const char *digest);

struct rp_observer rp_transcript_observer(struct rp_transcript *t);

#endif
