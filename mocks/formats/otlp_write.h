/* otlp_write.h - the conversation of an exchange as attributes of a span. */
#ifndef RP_FORMATS_OTLP_WRITE_H
#define RP_FORMATS_OTLP_WRITE_H

#include "formats_own.h"
#include "json_out.h"

void rp_otlp_put_text(struct rp_buf *b, const char *key, struct rp_str s);
void rp_otlp_put_int(struct rp_buf *b, const char *key, int64_t i);
/* What request and reply say, as attributes of gen_ai; what cannot be read is noted. RP_ENOMEM,
 * RP_ELIMIT. */
int rp_otlp_put_call(struct rp_export *ex, const struct rp_interaction *it);

/* What a service said when it refused, for the span's status; "" in h where it is not known. */
int rp_otlp_refusal(struct rp_heap *h, const struct rp_interaction *it, struct rp_value *out);

#endif
