/* match.h - which recording answers a request.
 *
 * What was redacted is not known any more: a place "[redacted:NUMBER]" of a recording is equal to
 * any text that stands there, and to any value where it is all of a text. In canonical forms the
 * number is left out. */
#ifndef RP_MATCH_H
#define RP_MATCH_H

#include "cassette.h"

enum rp_match {
    RP_MATCH_STRICT,     /* method, path and query, and the whole canonical body are equal */
    RP_MATCH_STRUCTURAL, /* likewise, but for the masked paths */
    RP_MATCH_SEQUENCE    /* lane, order and attempt are equal, whatever is asked */
};
const char *rp_match_name(enum rp_match rule); /* "strict" */
int rp_match_of(const char *name);             /* -1: none */

/* A mask is a JSON pointer into the body, "*" for any one step ("/messages/0/content",
 * "/tools/" "*" "/description"), or "url.query.NAME". */
struct rp_match_opts {
    enum rp_match rule;
    const char *const *masks;
    size_t n_masks;
    uint64_t *masked; /* counts, one for each mask, of the places masked; may be NULL */
};

/* Is it a pointer or "url.query.NAME"? RP_EARG: what is wrong, and the remedy. */
int rp_match_check_mask(const char *mask, struct rp_error *err);

/* The canonical form of a request: METHOD, path with sorted query, then the body: JSON with sorted
 * keys, or the bytes as they are. Lines; for digests and for people. What a structural rule masks
 * is left out, in lists "[masked]" stands for it. opts NULL: strict. RP_ENOMEM, RP_ELIMIT. */
int rp_match_canonical(const struct rp_match_opts *opts, const char *method, const char *url,
                       const char *body, size_t n, struct rp_buf *out);
/* SHA-256 of it, hexadecimal. */
int rp_match_digest(const struct rp_alloc *alloc, const struct rp_match_opts *opts,
                    const char *method, const char *url, const char *body, size_t n, char out[65]);

struct rp_difference {
    char path[160]; /* JSON pointer, "body", "method" or "url"; "" when there is none */
    /* Compact JSON, or the text where there is none; of a long text what is around the difference,
     * cut with ellipses; "(absent)". */
    char recorded[200], asked[200];
    uint32_t count; /* of all differences */
};
/* Compares two requests: method, path and query, body; the first difference in document order.
 * RP_ENOMEM. */
int rp_match_compare(const struct rp_alloc *alloc, const struct rp_match_opts *opts,
                     const struct rp_interaction *recorded, const struct rp_exchange *asked,
                     struct rp_difference *out);
/* The same of two values, made anywhere. */
int rp_match_values(const struct rp_match_opts *opts, struct rp_value recorded,
                    struct rp_value asked, struct rp_difference *out);

#endif
