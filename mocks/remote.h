/* remote.h - a model client that speaks a dialect (wire.h) over a transport (transport.h): real,
 * recording or replaying, it does not know which.
 *
 * An agent's calls are numbered from 1, those that are refused before they reach the service
 * included. What the call gives as kwargs goes over the service's options; null takes an option
 * away; "model" in either names the model. A call is refused, and nothing is sent, when: the agent
 * has no service, no base URL or no model; the base URL is not http or https, or has a user name or
 * a fragment; a header cannot be sent as it is; a key would go over plain http to another machine,
 * unless the service says plain_http.
 *
 * An exchange is heard to its end even when its outcome is clear before, so that a recorder below
 * has all of it. */
#ifndef RP_REMOTE_H
#define RP_REMOTE_H

#include "client.h"
#include "transport.h"
#include "wire/wire.h"

/* Where one agent's model is; strings and values borrowed, they outlive the client. */
struct rp_service {
    const char *agent;
    enum rp_dialect dialect;
    const char *model;
    const char *base_url;     /* "https://host/v1" */
    const char *api_key;      /* secret; NULL: none is sent */
    const char *api_key_env;  /* the variable that held it, for messages; may be NULL */
    const char *organization; /* may be NULL */
    const char *lane_header;  /* a header that carries the agent's name; NULL: none */
    struct rp_value headers;  /* map of texts, or nil */
    struct rp_value options;  /* map for rp_wire_request.options, or nil; call kwargs win over it */
    int plain_http;           /* a key may go over plain http to another machine */
};

/* A client for these agents; any other agent's call fails. transport is taken, also on error.
 * RP_ENOMEM. */
int rp_remote_new(const struct rp_alloc *alloc, const struct rp_service *services, size_t n,
                  struct rp_transport transport, struct rp_client *out);

#endif
