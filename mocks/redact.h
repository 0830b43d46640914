/* redact.h - takes secrets out of what is about to be written: cassettes, journals, reports. */
#ifndef RP_REDACT_H
#define RP_REDACT_H

#include "cassette.h"

/* Rules, one text each:
 *   header:NAME       its value
 *   query:NAME        of URLs
 *   key:NAME          of JSON objects at any depth, also in JSON inside texts ("*_token" may
 *                     begin or end with a star)
 *   json:/POINTER     into request and reply bodies ("*" is any one step)
 *   pattern:REGEX     POSIX extended, in any text
 *   text:SECRET       that text, also percent-encoded, JSON-escaped or in base64
 * The default rules (rp_redact_default) always apply too: authorization, proxy-authorization,
 * x-api-key, api-key, cookie, set-cookie, openai-organization headers; key, api_key, token, sig
 * queries; keys that name secrets; patterns of well-known keys. What is found becomes
 * "[redacted:NUMBER]", the same text the same number within one redactor. */
struct rp_redact;
int rp_redact_new(const struct rp_alloc *alloc, const char *const *rules, size_t n,
                  struct rp_redact **out, struct rp_error *err); /* RP_EARG: a rule is wrong */
void rp_redact_free(struct rp_redact *r);
int rp_redact_add(struct rp_redact *r, const char *rule, struct rp_error *err);
const char *const *rp_redact_default(size_t *n);
/* The rules that were given, as a JSON list of texts, to go with what was redacted; nothing when
 * there are none. A text: rule keeps its secret for itself: it is left out. RP_ENOMEM. */
int rp_redact_write_rules(const struct rp_redact *r, struct rp_buf *out);
/* Adds the rules of such a list. RP_EARG, RP_EPARSE, RP_ENOMEM. */
int rp_redact_read_rules(struct rp_redact *r, const char *list, struct rp_error *err);

/* Any text: patterns and secrets. *changed counts replacements. RP_ENOMEM, RP_ELIMIT. */
int rp_redact_text(struct rp_redact *r, const char *s, size_t n, struct rp_buf *out,
                   uint64_t *changed);
/* A body: JSON, server-sent events of JSON, or any text. chunks: their lengths are set anew so that
 * they add up; a secret that spans several falls into the first. */
int rp_redact_body(struct rp_redact *r, const char *s, size_t n, struct rp_buf *out,
                   struct rp_body_chunk *chunks, size_t n_chunks, uint64_t *changed);
int rp_redact_url(struct rp_redact *r, const char *url, struct rp_buf *out, uint64_t *changed);
/* A header's value. */
int rp_redact_header(struct rp_redact *r, const char *name, const char *value, struct rp_buf *out,
                     uint64_t *changed);
/* All of an interaction; the copy is the caller's: rp_interaction_free. */
int rp_redact_interaction(struct rp_redact *r, const struct rp_interaction *from,
                          struct rp_interaction **out, uint64_t *changed);

#endif
