/* weather.h - misfortune for a run: models and tools that fail, dawdle or talk nonsense, stores
 * that refuse, processes that die, people and clocks that do as they like. Each kind is off in half
 * of the seeds (swarm testing); what happens is decided on a tape, at the same positions whether a
 * kind is on or not, so a tape alone repeats it. */
#ifndef RP_WEATHER_H
#define RP_WEATHER_H

#include "client.h"
#include "tape.h"
#include "world.h"

enum rp_model_fault {
    RP_WEATHER_NONE,
    RP_WEATHER_STATUS,     /* the service answers 500 */
    RP_WEATHER_RATE,       /* 429 */
    RP_WEATHER_TIMEOUT,    /* nothing for a minute */
    RP_WEATHER_CUT,        /* the stream breaks after its first piece */
    RP_WEATHER_MALFORMED,  /* the reply is no JSON */
    RP_WEATHER_WRONG_TOOL, /* a call names a tool that there is not */
    RP_WEATHER_TWICE,      /* a call comes twice, with one id */
    RP_WEATHER_EMPTY,      /* a reply without contents */
    RP_WEATHER_REFUSAL,    /* a refusal in place of the reply */
    RP_MODEL_FAULTS
};
enum rp_tool_fault { RP_TOOL_FINE, RP_TOOL_FAILS, RP_TOOL_SLOW, RP_TOOL_VERY_SLOW, RP_TOOL_FAULTS };
enum rp_people_fault {
    RP_PEOPLE_FINE,
    RP_PEOPLE_LATE,  /* an hour of virtual time first */
    RP_PEOPLE_TWICE, /* the same answers again */
    RP_PEOPLE_WRONG, /* an answer of a wrong kind first */
    RP_PEOPLE_NEVER,
    RP_PEOPLE_FAULTS
};
/* Values of stream CRASH: the first decision of a run says whether it has a store to come back
 * from (1), each later one what happens after a superstep, or after the checkpoint with which a
 * turn begins. */
enum rp_crash {
    RP_CRASH_NONE,
    RP_CRASH_DIES,     /* the process dies; another one goes on from the last checkpoint */
    RP_CRASH_IN_PLACE, /* the turn is given up, and the same instance goes on from there */
    RP_CRASHES
};

/* Ways to cut a streamed text. */
enum rp_cut { RP_CUT_AS_IS, RP_CUT_HALVES, RP_CUT_CHARACTERS, RP_CUT_EMPTY_FIRST, RP_CUTS };

struct rp_weather {
    struct rp_tape *tape; /* borrowed */
    uint32_t on;          /* RP_BIT of the streams in which something may happen */
    uint32_t in, of;      /* how often: in of so many cases */
    uint32_t left;        /* faults that may still happen; delays and cuts are none */
};

/* Draws which kinds are on in the runs of this seed, out of `allowed`; at most `faults` faults. */
void rp_weather_draw(struct rp_weather *w, struct rp_tape *tape, uint64_t seed, uint32_t allowed,
                     uint32_t faults);

/* A client around inner, which is taken, also on error. RP_ENOMEM. */
int rp_weather_client(struct rp_weather *w, const struct rp_alloc *alloc, struct rp_client inner,
                      struct rp_client *out);
struct rp_tool_weather rp_weather_tools(struct rp_weather *w);
/* A store around inner, which is borrowed; free does nothing. */
struct rp_weather_store {
    struct rp_weather *w;
    const struct rp_store *inner;
};
struct rp_store rp_weather_store(struct rp_weather_store *s);
/* 1: the run of that tape has a store although its scenario wants none. That is no fault. */
static inline uint32_t rp_tape_keeps_store(const struct rp_tape *tape)
{
    const struct rp_deviations *k = &tape->kept[RP_STREAM_CRASH];
    return k->n > 0 && k->d[0].at == 0;
}
/* A decision of that stream: 0, or what goes wrong, if any fault is left. */
uint32_t rp_weather_fault(struct rp_weather *w, enum rp_stream stream, uint32_t n);

#endif
