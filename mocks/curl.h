/* curl.h - a transport over libcurl's multi interface: the only one that opens connections. HTTP/2
 * where TLS offers it; http and https only; no redirect is followed (a 3xx is told as it is); no
 * signals. Its clock is real: milliseconds since it was made.
 *
 * A body that comes compressed (gzip, deflate and what libcurl knows besides) is told decoded, and
 * then without the headers Content-Encoding and Content-Length, which would not be true of it. */
#ifndef RP_CURL_H
#define RP_CURL_H

#include "transport.h"

#ifndef RP_CURL_HEAD_MAX
#define RP_CURL_HEAD_MAX ((size_t)256 << 10) /* bytes of all headers of one reply */
#endif

struct rp_curl_opts {
    uint64_t connect_ms; /* 0: 10,000 */
    uint64_t whole_ms;   /* of one exchange; 0: 600,000 */
    uint64_t silence_ms; /* without a byte, once the reply has begun; 0: 60,000 */
    size_t body_max;     /* bytes, decoded; 0: RP_WIRE_BODY_MAX */
    const char *proxy;   /* NULL: as the environment says, for other machines; "": none */
    const char *ca_file; /* NULL: the system's */
};

/* Strings are copied. RP_ENOMEM, RP_ECLIENT: libcurl cannot be set up. */
int rp_curl_new(const struct rp_alloc *alloc, const struct rp_curl_opts *opts,
                struct rp_transport *out);

#endif
