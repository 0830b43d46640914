/* place.h - where in a definition written as JSON a mistake stands, and the words for mistakes that
 * all such definitions share: unknown keys with what was meant, values of a wrong type. */
#ifndef RP_PLACE_H
#define RP_PLACE_H

#include "base/json.h"

/* A path like "all[1].not". All zero: the definition itself. What does not fit is left out. */
struct rp_place {
    size_t n;
    char s[256];
};

/* Each enters a part and returns what rp_place_leave takes to get back out. */
size_t rp_place_key(struct rp_place *p, struct rp_str key);
size_t rp_place_item(struct rp_place *p, uint32_t i);
void rp_place_leave(struct rp_place *p, size_t before);

/* "a text", "a list"; for messages. */
const char *rp_type_word(struct rp_value v);

/* The known word nearest to key, or NULL when none is near enough to have been meant. */
const char *rp_meant(struct rp_str key, const char *const *known, size_t n);

/* Each fills err and returns RP_EBUILD. */
int rp_wrong_type(struct rp_error *err, const struct rp_place *p, const char *wanted,
                  struct rp_value v);
/* Unknown key or word (what: "key", "operation") at p. Without a near one all known are listed. */
int rp_unknown(struct rp_error *err, const struct rp_place *p, const char *what, struct rp_str word,
               const char *const *known, size_t n);

#endif
