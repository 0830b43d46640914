/* core.h - the private seam of mocks/serve: answers while they are given, lanes, what was asked. */
#ifndef RP_SERVE_CORE_H
#define RP_SERVE_CORE_H

#include "engine/base/json.h"
#include "serve.h"

enum { RP_SERVE_HEADERS = 6 };

enum rp_serve_ending {
    RP_SERVE_ENDS,  /* the body is whole */
    RP_SERVE_CUT,   /* the connection breaks */
    RP_SERVE_NEVER, /* nothing comes, ever */
};

struct rp_serve_bytes { /* of the body, up to that place, come at that moment */
    size_t end;
    uint64_t due_ms;
};

/* An answer under way. One that the core makes itself is all there from the start, and only its
 * moments come later; one of the source is passed on. */
struct rp_serve_answer {
    uint32_t ticket; /* 0: nobody's */
    uint64_t seen;   /* number of its request among those remembered; 0: none */
    int status;
    struct rp_header headers[RP_SERVE_HEADERS];
    size_t n_headers;
    char length[24], retry[24]; /* values of headers */
    struct rp_buf body;
    struct rp_serve_bytes *pieces;
    size_t n_pieces, room;
    enum rp_serve_ending ending;
    uint64_t start_ms;
    uint64_t end_ms; /* when it breaks */
    int head_told, over;
    size_t told;     /* pieces */
    uint32_t source; /* the ticket there; 0: the core's own answer */
    enum rp_dialect dialect;
};

struct rp_serve_lane {
    char *name; /* owned, with its NUL */
    struct rp_script_seat seat;
    int64_t order; /* requests so far */
};

struct rp_serve_seen { /* a request that came */
    uint64_t number;   /* from 1 */
    int64_t order;
    uint32_t lane; /* RP_SERVE_NO_LANE: none was found */
    int status;    /* of the answer; 0: none yet, or broken off before */
    char *bytes;   /* owned: method, NUL, target, NUL, body */
    size_t n_method, n_target, n_body;
};
#define RP_SERVE_NO_LANE UINT32_MAX

struct rp_serve_prepared;

struct rp_serve {
    struct rp_serve_opts o;
    struct rp_heap heap; /* of the request being read */
    struct rp_serve_lane *lanes;
    size_t n_lanes, room_lanes;
    struct rp_serve_answer **answers; /* by slot; kept for reuse */
    size_t n_answers, n_open;
    uint32_t next_turn; /* the upper half of tickets */
    struct rp_transport source;
    uint64_t source_ms;         /* when the source was made */
    struct rp_serve_seen *seen; /* a ring */
    size_t seen_at, n_seen, room_seen, seen_bytes;
    uint64_t count, forgotten, models; /* requests; those remembered no more; those for models */
    struct rp_header *room;            /* for heads and exchanges that are passed on */
    size_t n_room;
    struct rp_buf url;
    struct rp_serve_prepared *prepared; /* a table of RP_SERVE_PREPARED */
};

/* ---- answers: core.c ---- */

/* Sets the head; the content type must live on. */
void rp_serve_head(struct rp_serve_answer *a, int status, const char *content_type);
void rp_serve_header(struct rp_serve_answer *a, const char *name, const char *value);
/* What was added to the body since the last piece comes at that moment. RP_ENOMEM. */
int rp_serve_piece(struct rp_serve_answer *a, uint64_t due_ms);
int rp_serve_piece_to(struct rp_serve_answer *a, size_t end, uint64_t due_ms);
/* The digits of n, at least width of them, before end, where a NUL is put; where they begin. */
char *rp_serve_digits(char *end, uint64_t n, int width);
/* The whole body is there: tells its length. */
void rp_serve_length(struct rp_serve_answer *a, size_t n);
/* An error in the words of the answer's dialect, at once. RP_ENOMEM. */
int rp_serve_refuse(struct rp_serve_answer *a, uint64_t now_ms, int status, const char *format,
                    ...);
/* Room for n headers in s->room. RP_ENOMEM. */
int rp_serve_room(struct rp_serve *s, size_t n);
/* Begins again: scripts and source from their start, requests forgotten. RP_ENOMEM. */
int rp_serve_reset(struct rp_serve *s, uint64_t now_ms);

/* ---- from a request to an answer: route.c ---- */

int rp_serve_route(struct rp_serve *s, const struct rp_exchange *request, uint64_t now_ms,
                   struct rp_serve_answer *a);

/* ---- lanes: lanes.c ---- */

/* Whose request it is; RP_SERVE_NO_LANE after the answer was made. RP_ENOMEM. */
int rp_serve_find_lane(struct rp_serve *s, const struct rp_exchange *request, struct rp_str model,
                       uint64_t now_ms, struct rp_serve_answer *a, uint32_t *lane);
int rp_serve_add_lane(struct rp_serve *s, struct rp_str name);
void rp_serve_free_lanes(struct rp_serve *s);

/* ---- what answers: scripted.c, prepared.c, passed_on.c ---- */

struct rp_serve_line { /* a reply being put into an answer */
    struct rp_serve *s;
    struct rp_serve_answer *a;
    const struct rp_script_reply *reply;
    const char *agent;
    int64_t number; /* which of the lane's calls it answers */
    uint32_t lane;
    struct rp_str model;
    uint64_t start_ms;
    int stream, usage; /* usage: the client wants it at the end of a stream */
};
/* The head of a reply that is whole, with its length where it is not streamed. */
void rp_serve_line_head(struct rp_serve_line *l);
/* Puts it in as it is, number its call's, without looking at what was prepared. */
int rp_serve_put_line(struct rp_serve_line *l);
/* Replies that stand often are the same but for the number in their ids: they are kept, and only
 * the number is put in. *done 0: it was not possible here, and the answer is untouched. */
int rp_serve_put_prepared(struct rp_serve_line *l, int *done);
void rp_serve_forget_prepared(struct rp_serve *s);
enum { RP_SERVE_DIGITS = 10 }; /* of the number in an id */

int rp_serve_scripted(struct rp_serve *s, uint32_t lane, enum rp_dialect dialect,
                      const struct rp_wire_request *request, uint64_t now_ms,
                      struct rp_serve_answer *a);
int rp_serve_pass_on(struct rp_serve *s, uint32_t lane, enum rp_dialect dialect,
                     const struct rp_wire_request *read, const struct rp_exchange *request,
                     uint64_t now_ms, struct rp_serve_answer *a);
/* The next piece of an answer that the source gives. */
int rp_serve_pass_back(struct rp_serve *s, struct rp_serve_answer *a, uint64_t now_ms,
                       struct rp_piece *piece);

/* ---- what was asked: seen.c ---- */

/* Remembers it, and forgets the oldest ones over the bounds. RP_ENOMEM: nothing has changed. */
int rp_serve_remember(struct rp_serve *s, const struct rp_exchange *request, uint64_t *number);
struct rp_serve_seen *rp_serve_find_seen(struct rp_serve *s, uint64_t number); /* or NULL */
struct rp_serve_seen *rp_serve_nth_seen(struct rp_serve *s, size_t i);
void rp_serve_forget(struct rp_serve *s);

/* ---- assertions: admin.c ---- */

int rp_serve_admin(struct rp_serve *s, const struct rp_exchange *request, uint64_t now_ms,
                   struct rp_serve_answer *a);

#endif
