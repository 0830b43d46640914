/* cassette_edit.h - changes to exchanges of a cassette, each told in words. */
#ifndef RP_CASSETTE_EDIT_H
#define RP_CASSETTE_EDIT_H

#include "checkpoint_words.h"
#include "mocks/redact.h"

struct rp_cassette_edit {
    const char *const *set; /* "POINTER=JSON" in the reply, "request:POINTER=JSON" in the request */
    size_t n_set;
    const struct rp_str *body; /* of the reply; NULL: as it is */
    int status;                /* 0: as it is */
    const char *lane;          /* NULL: as it is; else the exchange becomes that lane's last call */
};
/* Changes one exchange: its digest, content-length and pieces are made anew where they have to be,
 * and secrets are taken out. RP_EARG: what is asked does not go, nothing has changed. */
int rp_cassette_edit(struct rp_buf *out, struct rp_cassette *c, int64_t id,
                     const struct rp_cassette_edit *edit, struct rp_redact *redact,
                     struct rp_error *err);
/* Exchanges and tool results of a lane become those of another, behind what it has. RP_ENOTFOUND:
 * there is no such lane. */
int rp_cassette_rename_lane(struct rp_buf *out, struct rp_cassette *c, const char *from,
                            const char *to, struct rp_error *err);

#endif
