/* remote_play.h - two agents, their services, a model client over a transport without a network, in
 * virtual time; and what is told as text. */
#ifndef TESTS_REMOTE_PLAY_H
#define TESTS_REMOTE_PLAY_H

#include "mocks/remote.h"
#include "tests/support/fake_transport.h"
#include "tests/support/faulty_alloc.h"

struct remote_play {
    struct faulty f;
    struct rp_kit *kit;
    struct rp_heap *heap; /* the kit's */
    struct rp_heap run;   /* where replies are made */
    struct rp_agent *anna, *bert, *nobody;
    struct rp_service services[2];
    struct fake_transport below;
    struct rp_client client;
    struct rp_tool extra;
    struct rp_model_call call; /* what the next one is like */
    uint64_t now_ms;
    char s[8192];
    size_t n;
};

/* The agents anna and bert, who has a tool, have services; a third one, nobody, has none. The next
 * call says "Hello". */
void remote_begin(struct remote_play *p);
/* After what is changed in the services. */
void remote_open_client(struct remote_play *p, const struct fake_answer *answers, size_t n);
/* Nothing is left, below neither. */
void remote_end(struct remote_play *p);

struct rp_value remote_json(struct remote_play *p, const char *text);
struct rp_agent *remote_agent(struct remote_play *p, const char *name, const char *instructions,
                              const struct rp_tool *tools, size_t n);
/* Begins a call of the play's kind; tells its number. Returns its id. */
uint32_t remote_start(struct remote_play *p, const struct rp_agent *who);
/* Hears a call to its end, or until nothing more is due; tells all of it. */
void remote_hear(struct remote_play *p, uint32_t id);

#endif
