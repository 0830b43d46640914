/* url.c - takes addresses apart. */
#include "url.h"

#include <string.h>

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static int same(struct rp_str a, const char *z)
{
    size_t i = 0;

    while (i < a.n && z[i] && lower(a.s[i]) == lower(z[i]))
        i++;
    return i == a.n && !z[i];
}

/* What stands before the first of these characters, all when there is none; *s moves behind it. */
static struct rp_str take(struct rp_str *s, const char *before)
{
    struct rp_str part = {s->s, 0};

    while (part.n < s->n && !strchr(before, s->s[part.n]))
        part.n++;
    s->s += part.n;
    s->n -= part.n;
    return part;
}

static void split_authority(struct rp_str all, struct rp_url *out)
{
    struct rp_str rest = all;

    for (size_t i = all.n; i > 0; i--) {
        if (all.s[i - 1] != '@')
            continue;
        out->user = (struct rp_str){all.s, i - 1};
        rest = (struct rp_str){all.s + i, all.n - i};
        break;
    }
    if (rest.n > 0 && rest.s[0] == '[') {
        out->host = take(&rest, "]");
        if (rest.n > 0) {
            out->host.n++;
            rest.s++;
            rest.n--;
        }
    } else {
        out->host = take(&rest, ":");
    }
    if (rest.n > 0)
        out->port = (struct rp_str){rest.s + 1, rest.n - 1};
}

int rp_url_split(const char *url, struct rp_url *out)
{
    const char *colon = strstr(url, "://");
    struct rp_str rest;

    *out = (struct rp_url){0};
    if (!colon || colon == url)
        return 0;
    out->scheme = (struct rp_str){url, (size_t)(colon - url)};
    rest = rp_str(colon + 3);
    split_authority(take(&rest, "/?#"), out);
    out->path = take(&rest, "?#");
    if (rest.n > 0 && rest.s[0] == '?') {
        out->query = take(&rest, "#");
        out->query.s++;
        out->query.n--;
    }
    if (rest.n > 0)
        out->fragment = (struct rp_str){rest.s + 1, rest.n - 1};
    return out->host.n > 0;
}

int rp_url_is(const struct rp_url *url, const char *scheme)
{
    return same(url->scheme, scheme);
}

static int is_127(struct rp_str host)
{
    if (host.n < 4 || memcmp(host.s, "127.", 4) != 0)
        return 0;
    for (size_t i = 4; i < host.n; i++)
        if (host.s[i] != '.' && (host.s[i] < '0' || host.s[i] > '9'))
            return 0;
    return 1;
}

int rp_url_is_loopback(const struct rp_url *url)
{
    struct rp_str host = url->host, end = host;

    if (host.n > 10) {
        end.s += host.n - 10;
        end.n = 10;
    }
    return same(host, "localhost") || same(end, ".localhost") || same(host, "[::1]") ||
           is_127(host);
}
