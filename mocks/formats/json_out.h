/* json_out.h - writing JSON by hand, in a fixed order of keys. What is added to a buffer that has
 * failed is lost: its `failed` is looked at once, at the end. */
#ifndef RP_FORMATS_JSON_OUT_H
#define RP_FORMATS_JSON_OUT_H

#include "mocks/cassette.h"

/* Each puts "key": first, and a comma where one is due; key NULL: an item of a list. Of a text each
 * byte that is no UTF-8 becomes U+FFFD. */
void rp_out_key(struct rp_buf *b, const char *key);
void rp_out_text(struct rp_buf *b, const char *key, const char *z);
void rp_out_str(struct rp_buf *b, const char *key, struct rp_str s);
void rp_out_int(struct rp_buf *b, const char *key, int64_t i);
void rp_out_uint(struct rp_buf *b, const char *key, uint64_t i);
void rp_out_raw(struct rp_buf *b, const char *key, const char *json);
void rp_out_open(struct rp_buf *b, const char *key, char bracket);
void rp_out_close(struct rp_buf *b, char bracket);
/* s with U+FFFD for each byte that is no UTF-8. */
void rp_out_clean(struct rp_buf *b, struct rp_str s);

#endif
