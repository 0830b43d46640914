/* show.h - a play before a reader's eyes: its transcript turn by turn, the answers that a person
 * gives in between, the digest of its trace at the end. */
#ifndef RP_SHOW_H
#define RP_SHOW_H

#include "interact.h"

#include "engine/base/sha256.h"

struct rp_show {
    const struct rp_scenario *scenario; /* borrowed */
    struct rp_play *play;
    struct rp_transcript transcript;
    struct rp_observer watch;
    struct rp_interact interact;
    struct rp_sha256 digest;
    int64_t turns;
};

/* To standard output; a person's answers come from standard input. Must not be moved afterwards. */
void rp_show_init(struct rp_show *s, const struct rp_alloc *alloc,
                  const struct rp_scenario *scenario);
void rp_show_free(struct rp_show *s);

/* Each returns RP_OK, or what stopped the show: errors of rp_play_new and rp_play_turn. */

/* The title, and the play: of opts the trace and the observer are set here. */
int rp_show_begin(struct rp_show *s, const struct rp_play_opts *opts, struct rp_error *err);
int rp_show_turn(struct rp_show *s, const struct rp_scenario_turn *turn, struct rp_error *err);
/* A person answers what is open, as long as there is something and someone. */
int rp_show_answers(struct rp_show *s, struct rp_error *err);
int rp_show_end(struct rp_show *s);

/* All of it: the title, every turn, the end; the exit status, after an error was told. interactive:
 * the scenario's own answers are left out, and a person is asked after every turn. */
int rp_show_scenario(const struct rp_scenario *scenario, const struct rp_play_opts *opts,
                     int interactive);

#endif
