/* match_path.c - owns places in requests: JSON pointers, masks, paths and queries of URLs. */
#include "match_path.h"

#include <stdlib.h>
#include <string.h>

/* ---- pointers -------------------------------------------------------------------------------- */

/* The next letter of a pointer's part; "~0" and "~1" are one. */
static char letter(const char **at)
{
    char c = *(*at)++;

    if (c != '~' || (**at != '0' && **at != '1'))
        return c;
    return *(*at)++ == '0' ? '~' : '/';
}

static int is_key(const char *at, const char *end, struct rp_str key)
{
    size_t i = 0;

    while (at < end && i < key.n)
        if (letter(&at) != key.s[i++])
            return 0;
    return at >= end && i == key.n;
}

static int is_index(const char *at, const char *end, uint32_t index)
{
    uint64_t n = 0;

    if (at == end || end - at > 10 || (*at == '0' && end - at > 1))
        return 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return 0;
        n = n * 10 + (uint64_t)(*at - '0');
    }
    return n == index;
}

int rp_match_covers(const char *pointer, const struct rp_match_path *path)
{
    for (size_t i = 0; i < path->n; i++) {
        const struct rp_match_step *s = &path->step[i];
        const char *end;
        if (*pointer++ != '/')
            return 0;
        end = pointer + strcspn(pointer, "/");
        if (!(end - pointer == 1 && *pointer == '*') &&
            !(s->key.s ? is_key(pointer, end, s->key) : is_index(pointer, end, s->index)))
            return 0;
        pointer = end;
    }
    return *pointer == '\0';
}

void rp_match_write_path(const struct rp_match_path *path, char *out, size_t size)
{
    char number[16];
    size_t n = 0;

    for (size_t i = 0; i < path->n; i++) {
        struct rp_str key = path->step[i].key;
        if (!key.s) {
            uint32_t index = path->step[i].index;
            size_t at = sizeof(number);
            do
                number[--at] = (char)('0' + index % 10);
            while ((index /= 10) > 0);
            key = (struct rp_str){number + at, sizeof(number) - at};
        }
        if (n + 1 < size)
            out[n++] = '/';
        for (size_t k = 0; k < key.n && n + 2 < size; k++) {
            char c = key.s[k];
            if (c == '~' || c == '/')
                out[n++] = '~';
            out[n++] = (char)(c == '~' ? '0' : c == '/' ? '1' : (unsigned char)c < ' ' ? '?' : c);
        }
    }
    while (n > 0 && ((unsigned char)out[n - 1] & 0xc0) == 0x80 && n + 2 >= size)
        n--; /* cut inside a character */
    out[n] = '\0';
}

/* ---- masks ----------------------------------------------------------------------------------- */

static const char query_prefix[] = "url.query.";

int rp_match_check_mask(const char *mask, struct rp_error *err)
{
    size_t n = sizeof(query_prefix) - 1;

    if (mask[0] == '\0' || mask[0] == '/')
        return RP_OK;
    if (strncmp(mask, query_prefix, n) == 0 && mask[n] != '\0')
        return RP_OK;
    return rp_fail_at(err, RP_EARG, mask,
                      "is no mask; give a JSON pointer, such as /messages/0/content or "
                      "/tools/*/description, or url.query.NAME");
}

static void count_mask(const struct rp_match_opts *opts, size_t i, int count)
{
    if (count && opts->masked)
        opts->masked[i]++;
}

static size_t n_masks(const struct rp_match_opts *opts)
{
    return opts && opts->rule == RP_MATCH_STRUCTURAL ? opts->n_masks : 0;
}

int rp_match_is_masked(const struct rp_match_opts *opts, const struct rp_match_path *path,
                       int count)
{
    for (size_t i = 0; i < n_masks(opts); i++)
        if (rp_match_covers(opts->masks[i], path)) {
            count_mask(opts, i, count);
            return 1;
        }
    return 0;
}

int rp_match_is_query_masked(const struct rp_match_opts *opts, const char *name, size_t n,
                             int count)
{
    size_t prefix = sizeof(query_prefix) - 1;

    for (size_t i = 0; i < n_masks(opts); i++) {
        const char *mask = opts->masks[i];
        if (strncmp(mask, query_prefix, prefix) == 0 && strlen(mask + prefix) == n &&
            memcmp(mask + prefix, name, n) == 0) {
            count_mask(opts, i, count);
            return 1;
        }
    }
    return 0;
}

/* ---- URLs ------------------------------------------------------------------------------------ */

static int by_bytes(const void *a, const void *b)
{
    const struct rp_str *x = a, *y = b;
    int order = rp_str_order(*x, *y);

    return order != 0 ? order : (x->s > y->s) - (x->s < y->s); /* of one text: their places */
}

const char *rp_match_target(const char *url)
{
    const char *host = strstr(url, "://");
    const char *first = url + strcspn(url, "/?#");

    if (host && host <= first)
        return host + 3 + strcspn(host + 3, "/?#");
    return url;
}

/* The parameters that are not masked. */
static size_t split_query(const struct rp_match_opts *opts, const char *at, const char *end,
                          int count, struct rp_str *out)
{
    size_t n = 0;

    while (at <= end) {
        const char *next = memchr(at, '&', (size_t)(end - at));
        size_t length = (size_t)((next ? next : end) - at);
        const char *name = length ? memchr(at, '=', length) : NULL;
        if (length > 0 &&
            !rp_match_is_query_masked(opts, at, name ? (size_t)(name - at) : length, count))
            out[n++] = (struct rp_str){at, length};
        at += length + 1;
    }
    return n;
}

static int write_query(const struct rp_match_opts *opts, const char *at, const char *end, int count,
                       struct rp_buf *out)
{
    size_t most = 1, n;
    struct rp_str *all;
    int rc = RP_OK;

    for (const char *s = at; s < end; s++)
        most += *s == '&';
    all = out->alloc.resize(out->alloc.ctx, NULL, 0, most * sizeof(*all));
    if (!all)
        return RP_ENOMEM;
    n = split_query(opts, at, end, count, all);
    qsort(all, n, sizeof(*all), by_bytes);
    for (size_t i = 0; rc == RP_OK && i < n; i++) {
        rc = rp_buf_addc(out, i == 0 ? '?' : '&');
        if (rc == RP_OK)
            rc = rp_buf_adds(out, all[i]);
    }
    out->alloc.resize(out->alloc.ctx, all, most * sizeof(*all), 0);
    return rc;
}

int rp_match_write_target(const struct rp_match_opts *opts, const char *url, int count,
                          struct rp_buf *out)
{
    const char *path = rp_match_target(url), *query = path + strcspn(path, "?#");
    const char *end = query + strcspn(query, "#");

    if (path == query)
        RP_TRY(rp_buf_addc(out, '/'));
    else
        RP_TRY(rp_buf_add(out, path, (size_t)(query - path)));
    return query < end ? write_query(opts, query + 1, end, count, out) : RP_OK;
}

/* ---- what was redacted ----------------------------------------------------------------------- */

size_t rp_match_mark(const char *s, size_t n)
{
    static const char mark[] = "[redacted:";
    size_t i = sizeof(mark) - 1;

    if (n <= i || memcmp(s, mark, i) != 0 || s[i] < '0' || s[i] > '9')
        return 0;
    while (i < n && s[i] >= '0' && s[i] <= '9')
        i++;
    return i < n && s[i] == ']' ? i + 1 : 0;
}
