/* interact.h - asks a person for answers to open requests, line by line. */
#ifndef RP_INTERACT_H
#define RP_INTERACT_H

#include "play.h"
#include "transcript.h"

#include <stdio.h>

struct rp_interact {
    FILE *in;                         /* borrowed */
    struct rp_heap heap;              /* of the answers */
    struct rp_transcript *transcript; /* borrowed; prompts go there */
    struct rp_scenario_answer *answer;
    size_t room;
    char *line;
    size_t line_room;
    int ended; /* the input has */
};

void rp_interact_init(struct rp_interact *x, const struct rp_alloc *alloc, FILE *in,
                      struct rp_transcript *transcript);
void rp_interact_free(struct rp_interact *x);

/* Asks for an answer to each open request; *turn brings what was answered (n_answers 0: the input
 * ended first), good until the next call. RP_ENOMEM or what the transcript returned. */
int rp_interact_ask(struct rp_interact *x, const struct rp_play *play,
                    struct rp_scenario_turn *turn);

#endif
