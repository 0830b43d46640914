/* guess.c - what a recorded request is, told by itself. */
#include "import.h"

#include "engine/base/utf8.h"

#include "mocks/wire/wire.h"

#include <string.h>
#include <strings.h>

/* ---- by the URL ------------------------------------------------------------------------------ */

/* Does its path end so? */
static int path_ends(const char *url, const char *with)
{
    size_t n = strcspn(url, "?#"), k = strlen(with);

    while (n > 0 && url[n - 1] == '/')
        n--;
    return n >= k && memcmp(url + n - k, with, k) == 0;
}

static int is_shaped(enum rp_dialect dialect, struct rp_value json)
{
    if (dialect == RP_DIALECT_RESPONSES)
        return rp_map_has(json, "input");
    return rp_map_get(json, "messages").tag == RP_LIST;
}

const char *rp_guess_by_url(const char *method, const char *url, struct rp_value json)
{
    if (strcasecmp(method, "POST") != 0)
        return NULL;
    for (int i = 0; i < RP_DIALECTS; i++) {
        enum rp_dialect dialect = (enum rp_dialect)i;
        if (path_ends(url, rp_dialect_path(dialect)) && is_shaped(dialect, json))
            return rp_dialect_name(dialect);
    }
    return NULL;
}

/* ---- by the shape ---------------------------------------------------------------------------- */

static int of_reply(struct rp_value json, struct rp_str reply)
{
    if (rp_map_get(json, "choices").tag == RP_LIST)
        return RP_DIALECT_CHAT;
    if (rp_map_get(json, "output").tag == RP_LIST)
        return RP_DIALECT_RESPONSES;
    if (rp_is_text(rp_map_get(json, "type"), "message"))
        return RP_DIALECT_ANTHROPIC;
    if (json.tag != RP_NIL)
        return -1;
    if (rp_contains(reply, rp_str("\"message_start\"")))
        return RP_DIALECT_ANTHROPIC;
    if (rp_contains(reply, rp_str("\"response.")))
        return RP_DIALECT_RESPONSES;
    return rp_contains(reply, rp_str("\"choices\"")) ? RP_DIALECT_CHAT : -1;
}

static int of_request(struct rp_value json)
{
    if (rp_map_get(json, "messages").tag == RP_LIST)
        return rp_map_has(json, "system") ? RP_DIALECT_ANTHROPIC : RP_DIALECT_CHAT;
    return rp_map_has(json, "input") && rp_map_has(json, "model") ? RP_DIALECT_RESPONSES : -1;
}

const char *rp_guess_by_shape(struct rp_value request, struct rp_value json, struct rp_str reply)
{
    int dialect = of_reply(json, reply);

    if (of_request(request) < 0)
        return NULL;
    if (dialect < 0)
        dialect = of_request(request);
    return rp_dialect_name((enum rp_dialect)dialect);
}

int rp_guess_stream(const struct rp_interaction *it, struct rp_value json)
{
    const char *type = rp_header_find(it->headers, it->n_headers, "content-type");

    if (it->status == 200 && type)
        return strncasecmp(type, "text/event-stream", 17) == 0;
    return rp_is_true(rp_map_get(json, "stream"));
}
