/* route.c - owns which endpoint a request is for, and what is asked of it before anything answers:
 * method, content type, a body that is understood, a lane. */
#include "core.h"

#include <string.h>

struct place {
    struct rp_str path; /* without "/v1" and the query */
    int dialect;        /* -1: none of theirs */
};

static int begins(struct rp_str s, const char *with)
{
    size_t n = strlen(with);

    return s.n >= n && memcmp(s.s, with, n) == 0;
}

static struct place place_of(const char *target)
{
    struct place at = {{target, strcspn(target, "?")}, -1};

    if (begins(at.path, "/v1/"))
        at.path = (struct rp_str){target + 3, at.path.n - 3};
    for (int d = 0; d < RP_DIALECTS; d++)
        if (rp_str_equal(at.path, rp_str(rp_dialect_path((enum rp_dialect)d))))
            at.dialect = d;
    return at;
}

/* In whose words errors are told where the path does not say it. */
static enum rp_dialect words_of(const struct rp_exchange *request, struct place at)
{
    if (at.dialect >= 0)
        return (enum rp_dialect)at.dialect;
    if (begins(at.path, rp_dialect_path(RP_DIALECT_ANTHROPIC)) ||
        rp_header_find(request->headers, request->n_headers, "anthropic-version"))
        return RP_DIALECT_ANTHROPIC;
    return RP_DIALECT_CHAT;
}

int rp_serve_refusal(const char *path, int status, const char *text, struct rp_buf *out)
{
    enum rp_dialect words = words_of(&(struct rp_exchange){.url = path}, place_of(path));

    return rp_wire_write_error(words, status, NULL, text, out);
}

/* ---- models ---- */

static int put_model(struct rp_serve_answer *a, const char *name)
{
    rp_buf_addz(&a->body, "{\"id\":");
    rp_json_write_str(&a->body, rp_str(name));
    if (a->dialect == RP_DIALECT_ANTHROPIC) {
        rp_buf_addz(&a->body, ",\"type\":\"model\",\"display_name\":");
        rp_json_write_str(&a->body, rp_str(name));
        return rp_buf_addz(&a->body, ",\"created_at\":\"1970-01-01T00:00:00Z\"}");
    }
    return rp_buf_addz(&a->body, ",\"object\":\"model\",\"created\":0,\"owned_by\":\"reprise\"}");
}

static int put_models(struct rp_serve *s, struct rp_serve_answer *a)
{
    int anthropic = a->dialect == RP_DIALECT_ANTHROPIC;

    rp_buf_addz(&a->body, anthropic ? "{\"data\":[" : "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < s->n_lanes; i++) {
        if (i > 0)
            rp_buf_addc(&a->body, ',');
        RP_TRY(put_model(a, s->lanes[i].name));
    }
    if (!anthropic)
        return rp_buf_addz(&a->body, "]}");
    rp_buf_addz(&a->body, "],\"has_more\":false,\"first_id\":");
    if (s->n_lanes == 0)
        return rp_buf_addz(&a->body, "null,\"last_id\":null}");
    rp_json_write_str(&a->body, rp_str(s->lanes[0].name));
    rp_buf_addz(&a->body, ",\"last_id\":");
    rp_json_write_str(&a->body, rp_str(s->lanes[s->n_lanes - 1].name));
    return rp_buf_addz(&a->body, "}");
}

static int is_get(const struct rp_exchange *request)
{
    return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

static int refuse_method(struct rp_serve_answer *a, const struct rp_exchange *request,
                         const char *allowed, uint64_t now_ms)
{
    RP_TRY(rp_serve_refuse(a, now_ms, 405, "%s is not possible here, only %s", request->method,
                           allowed));
    rp_serve_header(a, "Allow", allowed);
    return RP_OK;
}

static int tell_models(struct rp_serve *s, const struct rp_exchange *request, struct rp_str rest,
                       uint64_t now_ms, struct rp_serve_answer *a)
{
    if (!is_get(request))
        return refuse_method(a, request, "GET, HEAD", now_ms);
    if (rest.n == 0) {
        RP_TRY(put_models(s, a));
    } else {
        size_t i = 0;
        while (i < s->n_lanes &&
               !rp_str_equal(rp_str(s->lanes[i].name), (struct rp_str){rest.s + 1, rest.n - 1}))
            i++;
        if (i == s->n_lanes)
            return rp_serve_refuse(a, now_ms, 404,
                                   "there is no such model; GET /v1/models lists "
                                   "them");
        RP_TRY(put_model(a, s->lanes[i].name));
    }
    rp_serve_head(a, 200, "application/json");
    rp_serve_length(a, a->body.n);
    return rp_serve_piece(a, now_ms);
}

/* ---- calls of models ---- */

/* "application/json", whatever stands behind it. */
static int is_json(const char *type)
{
    static const char json[] = "application/json";
    size_t n = sizeof(json) - 1;

    for (size_t i = 0; i < n; i++) {
        char c = type[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != json[i])
            return 0;
    }
    return type[n] == '\0' || type[n] == ';' || type[n] == ' ' || type[n] == '\t';
}

static int answer_read(struct rp_serve *s, const struct rp_exchange *request,
                       const struct rp_wire_request *read, uint64_t now_ms,
                       struct rp_serve_answer *a)
{
    uint32_t lane;

    RP_TRY(rp_serve_find_lane(s, request, rp_str_of(read->model), now_ms, a, &lane));
    if (lane == RP_SERVE_NO_LANE)
        return RP_OK;
    s->lanes[lane].order++;
    rp_serve_find_seen(s, a->seen)->lane = lane;
    rp_serve_find_seen(s, a->seen)->order = s->lanes[lane].order;
    if (s->o.source)
        return rp_serve_pass_on(s, lane, a->dialect, read, request, now_ms, a);
    return rp_serve_scripted(s, lane, a->dialect, read, now_ms, a);
}

static int answer_call(struct rp_serve *s, const struct rp_exchange *request, uint64_t now_ms,
                       struct rp_serve_answer *a)
{
    const char *type = rp_header_find(request->headers, request->n_headers, "Content-Type");
    struct rp_wire_request read;
    struct rp_error err = {0};
    int rc;

    if (strcmp(request->method, "POST") != 0)
        return refuse_method(a, request, "POST", now_ms);
    s->models++;
    if (!type || !is_json(type))
        return rp_serve_refuse(a, now_ms, 415,
                               "the body's Content-Type is %s, but only "
                               "application/json is understood here",
                               type ? type : "missing");
    rc = rp_wire_read_request(a->dialect, &s->heap, request->body, request->n_body, &read, &err);
    if (rc == RP_OK)
        rc = answer_read(s, request, &read, now_ms, a);
    else if (rc != RP_ENOMEM)
        rc = rp_serve_refuse(a, now_ms, 400, "the body is not understood: %s%s%s", err.where,
                             err.where[0] ? ": " : "", err.text[0] ? err.text : rp_status_text(rc));
    return rc;
}

int rp_serve_route(struct rp_serve *s, const struct rp_exchange *request, uint64_t now_ms,
                   struct rp_serve_answer *a)
{
    struct place at = place_of(request->url);

    a->dialect = words_of(request, at);
    if (begins(at.path, "/reprise/"))
        return rp_serve_admin(s, request, now_ms, a);
    RP_TRY(rp_serve_remember(s, request, &a->seen));
    if (at.dialect >= 0)
        return answer_call(s, request, now_ms, a);
    if (begins(at.path, "/models") && (at.path.n == 7 || at.path.s[7] == '/'))
        return tell_models(s, request, (struct rp_str){at.path.s + 7, at.path.n - 7}, now_ms, a);
    return rp_serve_refuse(a, now_ms, 404,
                           "there is no such endpoint; there are /v1/chat/completions, "
                           "/v1/responses, /v1/messages and /v1/models");
}
