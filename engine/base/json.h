/* json.h - strict JSON (RFC 8259) into values and canonical JSON out of them.
 *
 * Reading: UTF-8 without byte order mark; white space around the value; nothing after it. Integers
 * (no fraction, no exponent) of 64 bits become RP_INT, longer ones RP_DIGITS with their digits;
 * "-0" is RP_DIGITS; any other number a double, refused when beyond a double's range. An escaped
 * lone surrogate and a key that stands twice in one object are refused; \u0000 is kept. Nesting up
 * to RP_JSON_DEPTH_MAX; no recursion deeper than that.
 *
 * Writing: no spaces; of strings only ", \ and what is below U+0020 is escaped (\b \t \n \f \r,
 * else \u00xx in small letters); numbers as scenario.md says. */
#ifndef RP_JSON_H
#define RP_JSON_H

#include "buf.h"
#include "value.h"

/* Reads s into h. On RP_EPARSE err->where is "line L, column C" (both from 1, columns in
 * characters) and err->text the reason; *out untouched. RP_ENOMEM, RP_ELIMIT (a text or list too
 * long, s of 4 GiB or more). err may be NULL. */
int rp_json_read(struct rp_heap *h, const char *s, size_t n, struct rp_value *out,
                 struct rp_error *err);

/* Is s strict JSON? *out as of rp_json_read when it is; returns RP_OK or RP_EPARSE (no error text,
 * cheap for texts that are plainly not JSON; also what is over a limit), RP_ENOMEM. */
int rp_json_try(struct rp_heap *h, struct rp_str s, struct rp_value *out);

/* Adds v as compact JSON, keys in their order (sorted: by code point when sort is true, at every
 * depth). nil is null; a record is RP_ETYPE, so is a real that is not finite; nested deeper than
 * RP_JSON_DEPTH_MAX is RP_ELIMIT. The text of b is unchanged unless RP_OK. */
int rp_json_write(struct rp_buf *b, struct rp_value v, int sort);
/* Adds s as a JSON string with its quotes. */
int rp_json_write_str(struct rp_buf *b, struct rp_str s);
/* v as compact JSON (not sorted), a text in h. RP_BAD when there is no memory or v has a record. */
struct rp_value rp_json_text(struct rp_heap *h, struct rp_value v);

#endif
