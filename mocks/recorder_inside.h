/* recorder_inside.h - what the files of the recorder share: the index of recordings, the positions
 * of one instance, its open exchanges. */
#ifndef RP_RECORDER_INSIDE_H
#define RP_RECORDER_INSIDE_H

#include "cassette_db.h"
#include "recorder.h"

#define RP_NO_TRACK UINT32_MAX

/* ---- the index: recordings in queues by lane and digest -------------------------------------- */

struct rp_track { /* one recording */
    int64_t id, order;
    uint32_t attempt, lane, queue;
    uint32_t next;       /* of its queue, in order of id */
    unsigned marked : 1; /* a part of its request was redacted */
    unsigned used : 1;   /* by any instance */
    unsigned gone : 1;   /* not in the cassette: not yet, or no more */
    unsigned fresh : 1;  /* recorded by this recorder: nothing takes its place any more */
};
struct rp_queue {
    unsigned char key[32]; /* of the request, as the rule has it */
    uint32_t lane, first, last;
};
struct rp_raw { /* request bytes that lead to a queue */
    uint64_t hash[2];
    uint32_t queue; /* number + 1; 0: free */
};
struct rp_index {
    struct rp_alloc alloc;
    char **lanes; /* names */
    struct rp_track *tracks;
    struct rp_queue *queues;
    uint32_t *slots; /* open addressing: number of the queue + 1, 0: free */
    uint32_t n_lanes, n_tracks, n_queues, n_slots;
    uint32_t lanes_room, tracks_room, queues_room;
    uint32_t marked;     /* tracks that are */
    struct rp_raw *raws; /* open addressing */
    uint32_t n_raws, raws_room;
};

void rp_index_free(struct rp_index *x);
/* RP_NO_TRACK: none. */
uint32_t rp_index_lane(const struct rp_index *x, const char *lane);
uint32_t rp_index_queue(const struct rp_index *x, uint32_t lane, const unsigned char key[32]);
/* A track that is gone until rp_index_keep. RP_ENOMEM: nothing has changed. */
int rp_index_add(struct rp_index *x, const char *lane, const unsigned char key[32],
                 struct rp_track track, uint32_t *out);
/* The track has that id from now on, and takes its place in its queue. */
void rp_index_keep(struct rp_index *x, uint32_t track, int64_t id);

/* recorder_raw.c: a request that is byte for byte that of a recording leads to its queue, or to
 * RP_NO_TRACK. RP_ENOMEM. */
int rp_index_add_raw(struct rp_index *x, const struct rp_cassette_key *k, uint32_t queue);
uint32_t rp_index_raw(const struct rp_index *x, const struct rp_exchange *asked);

/* ---- the recorder ---------------------------------------------------------------------------- */

struct rp_recorder {
    struct rp_recorder_opts opts;
    struct rp_alloc alloc;
    struct rp_transport inner; /* self NULL: none */
    struct rp_redact *redact, *own_redact;
    enum rp_mode mode; /* ONCE has become NONE or NEW */
    struct rp_index index;
    struct rp_ledger ledger;
    int64_t *unused; /* room for all tracks */
    uint32_t unused_room;
    char **reports;
    size_t n_reports, reports_room;
    int64_t next_id;
    uint64_t began_us;
    uint64_t woke_us; /* the system's clock when the last wait in real time ended; 0: none has */
    int has_begun, noted;
    struct rp_buf scratch;
};

/* Adds a sentence to what rp_recorder_report tells. RP_ENOMEM. */
int rp_recorder_tell(struct rp_recorder *r, const struct rp_buf *text);
/* Room for the numbers of all tracks. RP_ENOMEM. */
int rp_recorder_reserve(struct rp_recorder *r);
/* The piece's text, cut at a character where it is too long. */
void rp_piece_say(struct rp_piece *piece, const char *text);
/* As the index keeps it: of the request as the rule has it; count: masks are counted. RP_ENOMEM. */
int rp_recorder_key(struct rp_recorder *r, const struct rp_exchange *asked, int count,
                    unsigned char key[32]);
struct rp_exchange rp_exchange_of(const struct rp_interaction *i);

/* ---- one instance ---------------------------------------------------------------------------- */

enum rp_take_kind { RP_TAKE_PLAYS, RP_TAKE_PASSES, RP_TAKE_FAILS };
struct rp_take { /* an open exchange */
    uint32_t ticket;
    enum rp_take_kind kind;
    struct rp_interaction *asked; /* the request; reply parts empty */
    uint32_t track;               /* that answers it, that it takes the place of, or that it is
                                     compared with */
    /* PLAYS */
    struct rp_interaction *played;
    size_t next;            /* piece: 0 the head, 1.. the chunks, then the end */
    size_t offset;          /* bytes of the body that came */
    uint64_t at_us;         /* when, on the caller's clock */
    uint64_t from_us;       /* when its request was sent, on that clock */
    uint64_t not_before_ms; /* others come first */
    uint64_t polled;        /* number of its last poll */
    uint64_t refused[2];    /* of the last two that were, for order's sake */
    /* PASSES */
    uint32_t inner;
    int64_t id; /* reserved */
    uint64_t began_us, last_us, head_us;
    int status;
    size_t n_headers;
    struct rp_buf headers, body, chunks;
    /* FAILS */
    uint64_t failed_ms;
    struct rp_piece failure;
};

struct rp_deck { /* self of a transport */
    struct rp_recorder *r;
    struct rp_take **open; /* in order of start */
    size_t n_open, room;
    uint32_t next_ticket;
    uint64_t now_ms, polls;
    int failed;          /* memory ran out where it could not be told */
    unsigned char *used; /* a bit for each track */
    size_t used_size;
    struct rp_deck_queue {
        uint32_t last;  /* up to this track all are used or gone; RP_NO_TRACK: not yet known */
        uint32_t asked; /* how often it was asked for */
    } * queue;
    uint32_t queues; /* room */
};

/* recorder_find.c: the recording for that request which this instance has not used yet. *track
 * RP_NO_TRACK: there is none. It is not yet used. RP_ENOMEM, and what reading the cassette gives.
 */
int rp_deck_find(struct rp_deck *d, const struct rp_exchange *asked, uint32_t *track,
                 struct rp_error *err);
int rp_deck_use(struct rp_deck *d, uint32_t track); /* RP_ENOMEM */
int rp_deck_has_used(const struct rp_deck *d, uint32_t track);
void rp_deck_reset(struct rp_deck *d);

/* recorder_miss.c: why there is none, for a person. */
int rp_deck_miss(struct rp_deck *d, const struct rp_exchange *asked, struct rp_buf *out,
                 struct rp_error *err);
/* The request without its secrets; the caller's. RP_ENOMEM. */
int rp_recorder_hide(struct rp_recorder *r, const struct rp_exchange *asked,
                     struct rp_interaction **out);

/* replay.c */
int rp_take_play(struct rp_deck *d, struct rp_take *t, uint64_t now_ms, struct rp_error *err);
uint64_t rp_take_due(const struct rp_deck *d, const struct rp_take *t);
/* *over: that was the last piece. */
void rp_take_next(struct rp_deck *d, struct rp_take *t, uint64_t now_ms, struct rp_piece *piece,
                  int *over);

/* recorder_tape.c */
void rp_recorder_woke(struct rp_recorder *r); /* a wait in real time has ended */
extern const char rp_cut_text[];              /* of a recording that its caller cut */
int rp_take_record(struct rp_deck *d, struct rp_take *t, const struct rp_exchange *asked,
                   uint64_t now_ms);
int rp_take_pass(struct rp_deck *d, struct rp_take *t, uint64_t now_ms, struct rp_piece *piece,
                 int *over);
/* The caller wants no more of it. */
int rp_take_cut(struct rp_deck *d, struct rp_take *t);

/* recorder_diff.c: compares the reply, redacted, with the recording. */
int rp_take_compare(struct rp_deck *d, struct rp_take *t, const struct rp_interaction *now,
                    struct rp_error *err);

#endif
