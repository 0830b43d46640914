/* curl_fail.c - why an exchange over libcurl broke off, for programs and for people. */
#include "curl_easy.h"

#include <stdio.h>
#include <string.h>

static int announced(const struct rp_transfer *t, curl_off_t *length)
{
    return curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, length) == CURLE_OK &&
           *length >= 0;
}

/* Bytes that are no HTTP, for example what an earlier reply on the same connection has said beyond
 * its length; libcurl takes them for HTTP/0.9. A fresh connection may do better. */
static int is_no_http(const struct rp_transfer *t)
{
    return t->status == 0 && strstr(t->error, "HTTP/0.9");
}

static enum rp_failure failure_of(const struct rp_transfer *t)
{
    curl_off_t length;

    if (t->stopped != RP_FAILURE_NONE)
        return t->stopped;
    if (strstr(t->error, "chunked-encoding"))
        return RP_FAILURE_ENCODING;
    if (is_no_http(t))
        return RP_FAILURE_RESET;
    switch ((int)t->code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return RP_FAILURE_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return RP_FAILURE_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return RP_FAILURE_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return RP_FAILURE_TIMEOUT;
    case CURLE_PARTIAL_FILE:
        return announced(t, &length) ? RP_FAILURE_LENGTH : RP_FAILURE_RESET;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return RP_FAILURE_RESET;
    case CURLE_BAD_CONTENT_ENCODING:
        return RP_FAILURE_ENCODING;
    default:
        return RP_FAILURE_OTHER;
    }
}

static const char *curl_says(const struct rp_transfer *t)
{
    return t->error[0] ? t->error : curl_easy_strerror(t->code);
}

/* Is the connection there (and its TLS)? */
static int is_connected(const struct rp_transfer *t)
{
    curl_off_t us = 0;

    curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &us);
    return us > 0;
}

static void say_timeout(const struct rp_transfer *t, char *to, size_t n)
{
    unsigned long long came = t->came;

    if (t->stopped == RP_FAILURE_TIMEOUT)
        snprintf(to, n, "%s sent nothing for %llu ms in the middle of its reply (%llu bytes came)",
                 t->host, (unsigned long long)t->limits.silence_ms, came);
    else if (!is_connected(t))
        snprintf(to, n, "no connection to %s within %llu ms; is the service running?", t->host,
                 (unsigned long long)t->limits.connect_ms);
    else
        snprintf(to, n, "no whole reply from %s within %llu ms (%llu bytes came)", t->host,
                 (unsigned long long)t->limits.whole_ms, came);
}

static void say_reset(const struct rp_transfer *t, char *to, size_t n)
{
    if (is_no_http(t))
        snprintf(to, n, "%s answered with bytes that are no HTTP", t->host);
    else if (t->status == 0)
        snprintf(to, n, "%s closed the connection before it answered", t->host);
    else
        snprintf(to, n,
                 "%s broke the connection in the middle of its reply (%llu bytes of the body came)",
                 t->host, (unsigned long long)t->came);
}

static void say_length(const struct rp_transfer *t, char *to, size_t n)
{
    curl_off_t length = 0, came = 0;

    announced(t, &length);
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &came);
    snprintf(to, n,
             "the reply of %s ended after %lld of the %lld bytes that its Content-Length announces",
             t->host, (long long)came, (long long)length);
}

static void say_size(const struct rp_transfer *t, char *to, size_t n)
{
    if (!t->head_whole)
        snprintf(to, n, "the headers of the reply of %s are longer than %llu bytes, the limit",
                 t->host, (unsigned long long)RP_CURL_HEAD_MAX);
    else
        snprintf(to, n, "the reply of %s is longer than %llu bytes, the limit, and was stopped",
                 t->host, (unsigned long long)t->limits.body_max);
}

static void say(const struct rp_transfer *t, enum rp_failure failure, char *to, size_t n)
{
    switch (failure) {
    case RP_FAILURE_RESOLVE:
        snprintf(to, n, "no address is known for %s; is the base URL right, is there a network?",
                 t->host);
        break;
    case RP_FAILURE_CONNECT:
        snprintf(to, n, "no connection to %s; is the service running, is the base URL right?",
                 t->host);
        break;
    case RP_FAILURE_TLS:
        snprintf(to, n, "no secure connection to %s: %s", t->host, curl_says(t));
        break;
    case RP_FAILURE_TIMEOUT:
        say_timeout(t, to, n);
        break;
    case RP_FAILURE_RESET:
        say_reset(t, to, n);
        break;
    case RP_FAILURE_LENGTH:
        say_length(t, to, n);
        break;
    case RP_FAILURE_ENCODING:
        snprintf(to, n, "the reply of %s cannot be decoded: %s", t->host, curl_says(t));
        break;
    case RP_FAILURE_SIZE:
        say_size(t, to, n);
        break;
    case RP_FAILURE_NONE:
    case RP_FAILURE_MISS:
    case RP_FAILURE_OTHER:
        snprintf(to, n, "the exchange with %s failed: %s", t->host,
                 t->stopped ? "a header of its reply holds a zero byte" : curl_says(t));
        break;
    }
}

void rp_transfer_failed(const struct rp_transfer *t, struct rp_piece *out)
{
    out->kind = RP_PIECE_FAILED;
    out->failure = failure_of(t);
    say(t, out->failure, out->text, sizeof(out->text));
}
