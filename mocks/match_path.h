/* match_path.h - where one is in a JSON document while it is walked, and whether a mask covers that
 * place. */
#ifndef RP_MATCH_PATH_H
#define RP_MATCH_PATH_H

#include "engine/base/json.h"
#include "match.h"

struct rp_match_step {
    struct rp_str key; /* s NULL: of a list */
    uint32_t index;
};
struct rp_match_path {
    struct rp_match_step step[RP_JSON_DEPTH_MAX + 1];
    size_t n;
};

/* Does the JSON pointer name this place? "*" stands for any one step. */
int rp_match_covers(const char *pointer, const struct rp_match_path *path);
/* Is the place masked? Counts it where count is set. */
int rp_match_is_masked(const struct rp_match_opts *opts, const struct rp_match_path *path,
                       int count);
/* The query's parameter of that name (n bytes)? */
int rp_match_is_query_masked(const struct rp_match_opts *opts, const char *name, size_t n,
                             int count);
/* The place as a JSON pointer, cut where it does not fit. */
void rp_match_write_path(const struct rp_match_path *path, char *out, size_t size);

/* Where a URL's path begins, behind the host. */
const char *rp_match_target(const char *url);
/* Path and query of a URL, the query sorted and without what is masked. */
int rp_match_write_target(const struct rp_match_opts *opts, const char *url, int count,
                          struct rp_buf *out);
/* Length of the mark "[redacted:NUMBER]" that stands at s; 0: none. */
size_t rp_match_mark(const char *s, size_t n);

#endif
