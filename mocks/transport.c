/* transport.c - what every transport needs: names of failures, headers by name. */
#include "transport.h"

#include <string.h>

static const char *const names[] = {
    [RP_FAILURE_NONE] = "none",       [RP_FAILURE_RESOLVE] = "resolve",
    [RP_FAILURE_CONNECT] = "connect", [RP_FAILURE_TLS] = "tls",
    [RP_FAILURE_TIMEOUT] = "timeout", [RP_FAILURE_RESET] = "reset",
    [RP_FAILURE_LENGTH] = "length",   [RP_FAILURE_ENCODING] = "encoding",
    [RP_FAILURE_SIZE] = "size",       [RP_FAILURE_MISS] = "miss",
    [RP_FAILURE_OTHER] = "other",
};

const char *rp_failure_name(enum rp_failure failure)
{
    RP_ASSERT((size_t)failure < sizeof(names) / sizeof(*names));
    return names[failure];
}

int rp_failure_of(const char *name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static int same_name(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

const char *rp_header_find(const struct rp_header *headers, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (same_name(headers[i].name, name))
            return headers[i].value;
    return NULL;
}
