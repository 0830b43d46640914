/* portable_data.h - values of a run in the forms that the portable trace gives them: `data`, M and
 * contents of scenario.md, with generated text replaced. */
#ifndef RP_PORTABLE_DATA_H
#define RP_PORTABLE_DATA_H

#include "heard.h"

#include "engine/reprise.h"

struct rp_portable_form {
    struct rp_heap *scratch; /* for parsing arguments and results */
    struct rp_value known;   /* K: list of texts sorted by bytes, each once; nil: replace nothing */
    const struct rp_heard *heard; /* texts that are as good; NULL: none */
};

/* Each adds JSON with sorted keys. RP_OK, RP_ENOMEM, RP_ELIMIT: too long or nested too deep; what
 * was added then is of no use. */
int rp_form_data(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v);
/* Messages as a service is sent them: no author, no approval contents, none without contents. */
int rp_form_sent(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value messages);
/* The map of a magentic event, its ledger shown as answers by name. */
int rp_form_magentic(struct rp_buf *b, struct rp_value data);

#endif
