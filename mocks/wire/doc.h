/* doc.h - a JSON text being read by a dialect: its values with their places, so that what is
 * refused is refused with its path and the offset of its byte, and the named rules it needed.
 *
 * A place is a chain on the caller's C stack: rp_wire_key(&up, "choices") and so on. A key that is
 * absent and one that is null are the same: a place whose value is nil. */
#ifndef RP_WIRE_DOC_H
#define RP_WIRE_DOC_H

#include "wire.h"

struct rp_wire_doc {
    const char *s; /* the JSON text, n bytes; borrowed */
    size_t n;
    size_t base; /* where s stands in the body */
    const size_t
        *line; /* where the lines of s begin in the body, from the second on; may be NULL */
    size_t n_lines;
    int by_path;          /* err->where is the path; else "byte N", and the path is in the text */
    uint64_t rules;       /* needed so far */
    struct rp_error *err; /* filled by a refusal; NULL will do */
};

struct rp_wire_at {
    struct rp_value v;
    const struct rp_wire_at *up; /* NULL: the whole document */
    const char *key;             /* in a map; NULL: item index of a list */
    uint32_t index;
};

/* Parses doc->s into h. RP_EPARSE: refused, err->where is "byte N". RP_ELIMIT, RP_ENOMEM. */
int rp_wire_parse(struct rp_wire_doc *doc, struct rp_heap *h, struct rp_wire_at *root);

struct rp_wire_at rp_wire_key(const struct rp_wire_at *up, const char *key);
struct rp_wire_at rp_wire_item(const struct rp_wire_at *up, uint32_t i);

static inline void rp_wire_rule(struct rp_wire_doc *doc, enum rp_wire_rule rule)
{
    doc->rules |= RP_BIT(rule);
}

/* Refuses what stands there; format as of rp_fail_at. Always RP_EPARSE. */
int rp_wire_refuse(const struct rp_wire_doc *doc, const struct rp_wire_at *at, const char *format,
                   ...);
/* The offset in the body of byte i of doc->s. */
size_t rp_wire_offset(const struct rp_wire_doc *doc, size_t i);

/* Each refuses a value of another type; nil is given as nil: out->s NULL, *out nil, *has 0. */
int rp_wire_text(const struct rp_wire_doc *doc, const struct rp_wire_at *at, struct rp_str *out);
int rp_wire_int(const struct rp_wire_doc *doc, const struct rp_wire_at *at, int64_t *out, int *has);
int rp_wire_list(const struct rp_wire_doc *doc, const struct rp_wire_at *at);
int rp_wire_map(const struct rp_wire_doc *doc, const struct rp_wire_at *at);
/* The same, but nil is refused too. */
int rp_wire_need_text(const struct rp_wire_doc *doc, const struct rp_wire_at *at,
                      struct rp_str *out);
int rp_wire_need_list(const struct rp_wire_doc *doc, const struct rp_wire_at *at);
int rp_wire_need_map(const struct rp_wire_doc *doc, const struct rp_wire_at *at);

#endif
