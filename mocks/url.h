/* url.h - the parts of an address, as they stand in it. */
#ifndef RP_URL_H
#define RP_URL_H

#include "engine/base/env.h"

struct rp_url {                /* parts that are not there are empty */
    struct rp_str scheme;      /* "https" */
    struct rp_str user;        /* "name:password" */
    struct rp_str host, port;  /* host: "[::1]" with its brackets */
    struct rp_str path, query; /* query: behind the "?" */
    struct rp_str fragment;    /* behind the "#" */
};

/* 0 when it is no address of the form SCHEME://HOST...; the parts point into url. */
int rp_url_split(const char *url, struct rp_url *out);
/* Does the host mean this machine itself? */
int rp_url_is_loopback(const struct rp_url *url);
/* Is the scheme, without regard to case, this one? */
int rp_url_is(const struct rp_url *url, const char *scheme);

#endif
