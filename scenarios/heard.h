/* heard.h - what models said that are not scripted. A trace shows the texts that somebody wrote and
 * replaces those that the engine made up; a scenario's own texts are in its file, these come with
 * the replies: each piece, and the pieces of a stream joined as they are folded. */
#ifndef RP_HEARD_H
#define RP_HEARD_H

#include "mocks/client.h"

#include "engine/base/buf.h"

struct rp_heard_open; /* a stream under way */
struct rp_heard {
    struct rp_alloc alloc;
    struct rp_str *text; /* owned, sorted by bytes, each once */
    size_t n, room;
    struct rp_heard_open *open;
    size_t n_open, open_room;
};

void rp_heard_init(struct rp_heard *h, const struct rp_alloc *alloc); /* allocates nothing */
void rp_heard_free(struct rp_heard *h);
/* RP_ENOMEM. */
int rp_heard_reply(struct rp_heard *h, const struct rp_agent *agent, const struct rp_reply *reply);
int rp_heard_has(const struct rp_heard *h, struct rp_str s);

#endif
