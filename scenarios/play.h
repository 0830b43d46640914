/* play.h - one scenario played: its turns on its workflow, with scripted models and tools. */
#ifndef RP_PLAY_H
#define RP_PLAY_H

#include "asked.h"
#include "journal.h"
#include "load.h"
#include "mocks/weather.h"
#include "mocks/world.h"
#include "sink.h"

struct rp_play_opts {
    struct rp_alloc alloc;
    const struct rp_store *store; /* borrowed; NULL: a passing one, if the scenario wants any */
    struct rp_error *err;         /* told why rp_play_new has failed; may be NULL */
    const struct rp_client_maker *models; /* borrowed; NULL: the scenario's scripts */
    struct rp_weather *weather;           /* borrowed; over models and tools; NULL: always fair */
    struct rp_chooser chooser;            /* pick NULL: the canonical order */
    int stream;                           /* every turn streams, whatever the scenario says */
    struct rp_sink trace;                 /* of the portable trace; put NULL: none */
    const struct rp_observer *watch;      /* sees everything after the trace did; NULL: nobody */
    const struct rp_observer *also;       /* likewise, after watch */
    uint64_t steps_max;                   /* of one turn; 0: RP_STAGE_STEPS_MAX */
    struct rp_journal *journal; /* borrowed, of this play alone; outlives it; NULL: none is kept */
};

struct rp_play;

/* scenario is borrowed. *out owned by the caller, untouched on error. RP_ENOMEM, RP_ESTORE. */
int rp_play_new(const struct rp_scenario *scenario, const struct rp_play_opts *opts,
                struct rp_play **out);
void rp_play_free(struct rp_play *p);

/* The play goes on where another one stopped, maybe that of another process: at checkpoint id of
 * its store, by a first turn that resumes it. The checkpoint's open requests get the numbers from 1
 * on; checkpoints have the numbers that the store gives them. Errors of rp_store_read; RP_EARG: the
 * play has no store. */
int rp_play_adopt(struct rp_play *p, int64_t id, struct rp_error *err);

/* Plays a turn, of the scenario or of the caller's own making. RP_OK when it came to its end, be it
 * a bad one: rp_play_error tells. Else the play is over: the errors of rp_stage_play. */
int rp_play_turn(struct rp_play *p, const struct rp_scenario_turn *turn, struct rp_error *err);
/* The last lines of the trace; what its sink returned. */
int rp_play_end(struct rp_play *p);
/* All turns of the scenario, and the end. */
int rp_play_all(struct rp_play *p, struct rp_error *err);

/* How the last turn ended: RP_OK or the status of its error, *err filled (may be NULL). */
int rp_play_error(const struct rp_play *p, struct rp_error *err);
/* The instance that the next turn goes to. */
const struct rp_run *rp_play_run(const struct rp_play *p);
const struct rp_asked *rp_play_asked(const struct rp_play *p);

#endif
