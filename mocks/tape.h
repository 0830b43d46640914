/* tape.h - every decision of a run that its scenario does not fix, in labelled streams. A decision
 * is a number below the number of its options, and 0 is always the plain one: the canonical order,
 * no delay, no fault. So a tape is told by the few decisions that deviate, and one that ends early
 * goes on plainly. Decisions come from the streams of a seed, or from another tape; in both cases
 * they are kept. A new draw in one stream moves nothing in another.
 *
 * As text, version 1: "1", then for each stream that deviates a semicolon, its letter and the
 * deviations "position=value" in order, separated by commas: "1;r4=1,9=2;m0=3". Positions count the
 * decisions of that stream from 0. A value beyond the options of its decision is taken modulo their
 * number, so any tape plays. */
#ifndef RP_TAPE_H
#define RP_TAPE_H

#include "engine/base/buf.h"
#include "engine/base/status.h"

/* X(NAME, letter, what is decided). Letters are part of the format: never reuse one. */
#define RP_STREAM_LIST(X)                                                                          \
    X(READY, 'r', "which of the ready executors runs next")                                        \
    X(DELAY, 'd', "how long a model call takes")                                                   \
    X(CHUNKS, 'c', "how a streamed reply is cut")                                                  \
    X(MODEL, 'm', "what goes wrong with a model call")                                             \
    X(TOOL, 't', "what goes wrong with a tool, or how long it takes")                              \
    X(STORE, 's', "whether saving a checkpoint fails")                                             \
    X(CRASH, 'x', "whether the process dies, or is put back to its last checkpoint")               \
    X(PEOPLE, 'p', "how people answer")                                                            \
    X(CLOCK, 'k', "whether the clock jumps")

enum rp_stream {
#define X(NAME, letter, what) RP_STREAM_##NAME,
    RP_STREAM_LIST(X)
#undef X
        RP_STREAMS
};
const char *rp_stream_text(enum rp_stream stream); /* what is decided */
char rp_stream_letter(enum rp_stream stream);

struct rp_deviation {
    uint32_t at, value;
};
struct rp_deviations { /* of one stream, in order of position */
    struct rp_deviation *d;
    uint32_t n, room;
};

/* A stream of integers: the same on every machine. */
struct rp_dice {
    uint64_t state;
};
struct rp_dice rp_dice_of(uint64_t seed, const char *label);
uint64_t rp_dice_next(struct rp_dice *dice);
uint32_t rp_dice_below(struct rp_dice *dice, uint32_t n); /* n > 0 */
int rp_dice_chance(struct rp_dice *dice, uint32_t in, uint32_t of);

struct rp_tape {
    struct rp_alloc alloc;
    struct rp_deviations kept[RP_STREAMS]; /* what was decided */
    uint32_t drawn[RP_STREAMS];            /* how many decisions */
    struct rp_dice dice[RP_STREAMS];
    const struct rp_tape *from; /* borrowed; NULL: the seed decides */
    uint32_t next[RP_STREAMS];  /* of from */
    int failed;                 /* RP_ENOMEM, sticky: a deviation could not be kept */
};

void rp_tape_init(struct rp_tape *t, const struct rp_alloc *alloc); /* allocates nothing */
void rp_tape_free(struct rp_tape *t);
/* Empties it, keeping its memory; decisions will come from that seed's streams, or from a tape. */
void rp_tape_from_seed(struct rp_tape *t, uint64_t seed);
void rp_tape_from_tape(struct rp_tape *t, const struct rp_tape *from);

/* A decision of n options (n > 0), drawn evenly. */
uint32_t rp_tape_draw(struct rp_tape *t, enum rp_stream stream, uint32_t n);
/* A decision that is plain except in `in` of `of` cases. */
uint32_t rp_tape_rare(struct rp_tape *t, enum rp_stream stream, uint32_t n, uint32_t in,
                      uint32_t of);
/* A decision that somebody else proposes where the tape does not say otherwise. */
uint32_t rp_tape_decide(struct rp_tape *t, enum rp_stream stream, uint32_t n, uint32_t proposed);
/* Does it play another tape? Then proposals are not asked for. */
static inline int rp_tape_plays(const struct rp_tape *t)
{
    return t->from != NULL;
}

/* Deviations of all streams. */
uint32_t rp_tape_deviations(const struct rp_tape *t);
/* Copies what was kept in from. RP_ENOMEM: t is empty. */
int rp_tape_copy(struct rp_tape *t, const struct rp_tape *from);
/* Takes out the i-th deviation, counted over all streams; later ones move down. */
void rp_tape_drop(struct rp_tape *t, uint32_t i);
int rp_tape_equal(const struct rp_tape *a, const struct rp_tape *b);
/* RP_ENOMEM, RP_ELIMIT (out's ceiling). */
int rp_tape_write(const struct rp_tape *t, struct rp_buf *out);
/* Reads the text form into an empty tape. RP_EPARSE with where "character N"; RP_ENOMEM. */
int rp_tape_read(struct rp_tape *t, const char *text, struct rp_error *err);

#endif
