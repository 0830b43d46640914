/* recorder.h - transports around a cassette: one records what passes, one replays what was
 * recorded, and the modes that people know from VCR tools join the two. */
#ifndef RP_RECORDER_H
#define RP_RECORDER_H

#include "match.h"
#include "redact.h"

/* An exchange that its caller cancels is recorded as far as it came, as failed (RP_FAILURE_OTHER,
 * "cancelled ..."). When it is replayed the caller is expected to cancel it again: it fails ten
 * minutes after its last piece. */
enum rp_mode {
    RP_MODE_NONE, /* replays only; a miss fails; the default, and no socket is ever opened */
    RP_MODE_ONCE, /* records when the cassette is new, replays else; a miss fails */
    RP_MODE_NEW,  /* replays what is recorded, records what is not */
    RP_MODE_ALL,  /* asks the service always and records anew */
    RP_MODE_DIFF  /* asks the service always, records nothing, reports where it drifts */
};
int rp_mode_of(const char *name); /* -1: none */
const char *rp_mode_name(enum rp_mode mode);

struct rp_recorder_opts {
    struct rp_alloc alloc;
    struct rp_cassette *cassette; /* borrowed */
    struct rp_redact *redact;     /* borrowed */
    enum rp_mode mode;
    struct rp_match_opts match; /* borrowed parts */
    int immediate;              /* replay without the recorded gaps */
    /* Microseconds that only grow; NULL: the system's monotonic clock where the inner transport
     * waits in real time, else the milliseconds that the caller gives. */
    uint64_t (*clock_us)(void *ctx);
    void *clock_ctx;
    const char *(*now)(void *ctx); /* the date of a recording; NULL: it is not kept */
    void *now_ctx;
};

struct rp_ledger { /* what replaying has come to */
    uint64_t replayed, recorded, missed, drifted;
    uint64_t unused; /* recordings that nobody has asked for */
    const int64_t *unused_ids;
    uint64_t masked_places; /* structural matching */
};

struct rp_recorder;
/* inner: the real transport, taken, also on error; self NULL where the mode never needs one
 * (RP_EARG where it does). The recorder outlives the transports that rp_recorder_transport makes:
 * each instance of a workflow has its own positions, the cassette is shared. */
int rp_recorder_new(const struct rp_recorder_opts *opts, struct rp_transport inner,
                    struct rp_recorder **out, struct rp_error *err);
void rp_recorder_free(struct rp_recorder *r);
int rp_recorder_transport(struct rp_recorder *r, struct rp_transport *out); /* RP_ENOMEM */
/* What the ledger says by now. */
struct rp_ledger rp_recorder_ledger(struct rp_recorder *r);
/* Misses and drifts, one sentence each, in order; NULL after the last. */
const char *rp_recorder_report(struct rp_recorder *r, size_t i);

#endif
