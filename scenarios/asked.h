/* asked.h - the numbers of requests. A scenario and its trace call a request by its number, the
 * engine by an id; which is which depends on the branch of history that a resume goes back to. */
#ifndef RP_ASKED_H
#define RP_ASKED_H

#include "engine/reprise.h"

struct rp_asked {
    struct rp_heap heap;
    struct rp_value now;   /* map of id to number and kind, in this branch of history */
    struct rp_value tools; /* the same of tool requests, in all branches: their ids are call ids */
    struct rp_value marks; /* list: what `now` was when each checkpoint was made */
    struct rp_value ids;   /* list: what the store calls the checkpoint with each mark */
    struct rp_value all;   /* list: of request i + 1 its id, then its call or nil, as a list */
    int64_t first;         /* the number of the first checkpoint with a mark */
    int adopted;           /* checkpoints have the numbers that the store gives them */
};

/* What is known of a request. */
struct rp_asked_request {
    const char *id;       /* NULL: it does not exist in this branch of history */
    unsigned kind;        /* record kind of its data; 0: a plain value, or no id */
    struct rp_value call; /* of a tool request: RP_K_C_CALL; else nil. In rp_asked's heap */
};

void rp_asked_init(struct rp_asked *a, const struct rp_alloc *alloc);
void rp_asked_free(struct rp_asked *a);

/* Takes note of a REQUEST_INFO or CHECKPOINT event; others are ignored. Must see each event before
 * anyone asks for its number. RP_ENOMEM. */
int rp_asked_event(struct rp_asked *a, const struct rp_event *event);
/* A checkpoint is being restored: numbers are again as they were when it was made. Returns what
 * they were until now, for rp_asked_return when nothing comes of it. */
struct rp_value rp_asked_resume(struct rp_asked *a, int64_t checkpoint);
void rp_asked_return(struct rp_asked *a, struct rp_value before);

/* History goes on from a checkpoint that the store calls id and that another history made: its open
 * requests, a list of RP_K_REQUEST, get the numbers from 1 on, and checkpoints keep the numbers of
 * the store. Before anything else happened. RP_ENOMEM. */
int rp_asked_adopt(struct rp_asked *a, int64_t id, struct rp_value requests);

int64_t rp_asked_count(const struct rp_asked *a);
int64_t rp_asked_checkpoints(const struct rp_asked *a); /* made so far */
/* A checkpoint's number in this history by the id that the store gave it, -1 when it has none; and
 * the id by its number, which must be one of those made so far. */
int64_t rp_asked_checkpoint(const struct rp_asked *a, int64_t id);
int64_t rp_asked_checkpoint_id(const struct rp_asked *a, int64_t number);
/* The number of a request in this branch of history; 0: it has none. */
int64_t rp_asked_number(const struct rp_asked *a, const char *id);
/* RP_ENOTFOUND: the number was never given. */
int rp_asked_find(const struct rp_asked *a, int64_t number, struct rp_asked_request *out);

#endif
