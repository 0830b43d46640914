/* serve_tape.h - a cassette as what a server answers from, or records to. */
#ifndef RP_SERVE_TAPE_H
#define RP_SERVE_TAPE_H

#include "mocks/recorder.h"
#include "mocks/serve/serve.h"

struct rp_serve_tape_opts { /* borrowed for the tape's life */
    struct rp_alloc alloc;
    const char *cassette;
    int record; /* asks the service and records all; else replays only */
    struct rp_match_opts match;
    int immediate;             /* without the recorded gaps */
    const char *const *redact; /* rules, beside those that always apply */
    size_t n_redact;
};

struct rp_serve_tape;
/* *out owned by the caller. Errors as of rp_cassette_open, rp_redact_new, rp_recorder_new. */
int rp_serve_tape_open(const struct rp_serve_tape_opts *opts, struct rp_serve_tape **out,
                       struct rp_error *err);
void rp_serve_tape_close(struct rp_serve_tape *t); /* after the server was freed */
/* Sets what comes from the tape: source, ledger, ctx, lanes, and the base URLs that none was told
 * for, as they were recorded. RP_ENOMEM, RP_EPARSE, RP_EIO: the cassette cannot be read. */
int rp_serve_tape_serves(struct rp_serve_tape *t, struct rp_serve_opts *opts, struct rp_error *err);
struct rp_ledger rp_serve_tape_ledger(struct rp_serve_tape *t);
const char *rp_serve_tape_report(struct rp_serve_tape *t, size_t i); /* NULL after the last */

#endif
