/* remote_ask.c - owns how a model call becomes an exchange, and what must not be sent. */
#include "remote_ask.h"

#include "url.h"

#include <string.h>

/* ---- the address ----------------------------------------------------------------------------- */

static int refuse(struct rp_error *err, const char *format, const char *agent, const char *what,
                  const char *more)
{
    return rp_fail_at(err, RP_ECLIENT, "", format, agent, what, more);
}

static const char *key_name(const struct rp_service *s)
{
    return s->api_key_env ? s->api_key_env : "the API key";
}

static int check_url(const struct rp_service *s, const struct rp_url *url, struct rp_error *err)
{
    if (!rp_url_is(url, "http") && !rp_url_is(url, "https"))
        return refuse(err, "the base URL of %s is not one of http:// or https://: %s", s->agent,
                      s->base_url, NULL);
    if (url->user.n > 0)
        return refuse(err,
                      "the base URL of %s holds a user name or password; take it out and give the "
                      "key in an environment variable (api_key_env)",
                      s->agent, NULL, NULL);
    if (url->fragment.n > 0)
        return refuse(err, "the base URL of %s has a part behind \"#\", which cannot be sent: %s",
                      s->agent, s->base_url, NULL);
    if (s->api_key && rp_url_is(url, "http") && !rp_url_is_loopback(url) && !s->plain_http)
        return refuse(err,
                      "%s would be sent over plain http for %s; use https, or, where the network "
                      "is trusted, --plain-http",
                      key_name(s), s->agent, NULL);
    return RP_OK;
}

/* The dialect's path goes between the base URL's path and its query. */
static int write_url(struct rp_asking *a, const struct rp_service *s, struct rp_error *err)
{
    struct rp_url url;
    struct rp_str base = rp_str(s->base_url);

    if (!s->base_url)
        return refuse(err, "no base URL is known for the model of %s; give %s or %s", s->agent,
                      "--base-url", "service.base_url");
    if (!rp_url_split(s->base_url, &url))
        return refuse(err, "the base URL of %s is no address such as https://host/v1: %s", s->agent,
                      s->base_url, NULL);
    RP_TRY(check_url(s, &url, err));
    if (url.query.n > 0)
        base.n = (size_t)(url.query.s - base.s) - 1;
    while (base.n > 0 && base.s[base.n - 1] == '/')
        base.n--;
    RP_TRY(rp_buf_adds(&a->url, base));
    RP_TRY(rp_buf_addz(&a->url, rp_dialect_path(s->dialect)));
    if (url.query.n == 0)
        return RP_OK;
    RP_TRY(rp_buf_addc(&a->url, '?'));
    return rp_buf_adds(&a->url, url.query);
}

/* ---- the body -------------------------------------------------------------------------------- */

static int add_tool(struct rp_asking *a, const struct rp_tool *tool, struct rp_value *list)
{
    struct rp_value map = rp_map();

    RP_TRY(rp_map_put(&a->heap, &map, "name", rp_textz(&a->heap, tool->name)));
    RP_TRY(rp_map_put(&a->heap, &map, "description", rp_textz(&a->heap, tool->description)));
    RP_TRY(rp_map_put(&a->heap, &map, "parameters", tool->parameters));
    return rp_list_add(&a->heap, list, map);
}

static int add_tools(struct rp_asking *a, const struct rp_model_call *call, struct rp_value *list)
{
    const struct rp_tool *own;
    size_t n = rp_agent_tools(call->agent, &own);

    *list = rp_list();
    for (size_t i = 0; i < n; i++)
        RP_TRY(add_tool(a, own + i, list));
    for (size_t i = 0; i < call->n_extra; i++)
        RP_TRY(add_tool(a, call->extra_tools + i, list));
    return RP_OK;
}

/* What the call itself says must not be said by an option beside it. */
static int check_option(const struct rp_service *s, struct rp_str key, struct rp_error *err)
{
    static const char *const set[RP_DIALECTS][6] = {
        [RP_DIALECT_CHAT] = {"messages", "stream", "tools"},
        [RP_DIALECT_RESPONSES] = {"input", "instructions", "stream", "tools"},
        [RP_DIALECT_ANTHROPIC] = {"messages", "system", "stream", "tools"},
    };

    for (const char *const *one = set[s->dialect]; *one; one++)
        if (rp_str_equal(key, rp_str(*one)))
            return refuse(err,
                          "%s has an option \"%s\", which the scenario itself sets; take it out",
                          s->agent, *one, NULL);
    return RP_OK;
}

/* Options that say what the request itself says; the rest goes as it is. */
static int take_option(struct rp_asking *a, const struct rp_service *s, struct rp_wire_request *r,
                       struct rp_str key, struct rp_value value, struct rp_error *err)
{
    if (value.tag == RP_NIL)
        return RP_OK;
    RP_TRY(check_option(s, key, err));
    if (rp_str_equal(key, rp_str("model")) && value.tag == RP_TEXT) {
        r->model = value;
        return RP_OK;
    }
    if (rp_str_equal(key, rp_str("tool_choice")) && value.tag == RP_TEXT) {
        if (r->tool_choice.tag == RP_NIL && rp_len(r->tools) > 0)
            r->tool_choice = value;
        return RP_OK;
    }
    return rp_map_put_str(&a->heap, &r->options, key, value);
}

static int add_options(struct rp_asking *a, const struct rp_service *s,
                       const struct rp_model_call *call, struct rp_wire_request *r,
                       struct rp_error *err)
{
    struct rp_value usual = s->options, own = call->kwargs;

    r->options = rp_map();
    for (uint32_t i = 0; i < rp_map_len(usual); i++) {
        struct rp_str key = rp_str_of(rp_map_key(usual, i));
        if (!rp_map_has(own, key.s))
            RP_TRY(take_option(a, s, r, key, rp_map_value(usual, i), err));
    }
    for (uint32_t i = 0; i < rp_map_len(own); i++)
        RP_TRY(take_option(a, s, r, rp_str_of(rp_map_key(own, i)), rp_map_value(own, i), err));
    return RP_OK;
}

static int fill(struct rp_asking *a, const struct rp_service *s, const struct rp_model_call *call,
                struct rp_wire_request *r, struct rp_error *err)
{
    *r = (struct rp_wire_request){.messages = call->messages, .format = call->format};
    r->stream = call->stream;
    r->model = rp_textz(&a->heap, s->model);
    r->instructions = rp_textz(&a->heap, rp_agent_instructions(call->agent));
    RP_TRY(add_tools(a, call, &r->tools));
    if (call->tools_off && rp_len(r->tools) > 0)
        r->tool_choice = rp_textz(&a->heap, "none");
    RP_TRY(add_options(a, s, call, r, err));
    if (r->model.tag == RP_BAD || r->instructions.tag == RP_BAD || r->tool_choice.tag == RP_BAD)
        return RP_ENOMEM;
    return RP_OK;
}

static int write_body(struct rp_asking *a, const struct rp_service *s,
                      const struct rp_model_call *call, struct rp_error *err)
{
    struct rp_wire_request r;
    int rc;

    RP_TRY(fill(a, s, call, &r, err));
    if (r.model.tag != RP_TEXT)
        return refuse(err, "no model is named for %s; give %s or %s", s->agent, "--model",
                      "service.model");
    a->model = r.model;
    rc = rp_wire_write_request(s->dialect, &r, &a->body);
    if (rc == RP_ENOMEM || rc == RP_OK)
        return rc;
    return refuse(err, "the request of %s cannot be said in the dialect %s: %s", s->agent,
                  rp_dialect_name(s->dialect), rp_status_text(rc));
}

/* ---- headers --------------------------------------------------------------------------------- */

/* A token, as HTTP calls it. */
static int is_header_name(const char *z)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    const char *at = z;

    while ((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') ||
           (*at && strchr(marks, *at)))
        at++;
    return at > z && !*at;
}

static int is_header_value(const char *z)
{
    for (; *z; z++)
        if (((unsigned char)*z < 0x20 && *z != '\t') || *z == 0x7f)
            return 0;
    return 1;
}

/* Into a->text: name NUL before after NUL. */
static int add_header(struct rp_asking *a, const char *name, const char *before, const char *after)
{
    RP_TRY(rp_buf_add(&a->text, name, strlen(name) + 1));
    RP_TRY(rp_buf_addz(&a->text, before));
    RP_TRY(rp_buf_add(&a->text, after, strlen(after) + 1));
    a->n_headers++;
    return RP_OK;
}

/* Unless the service's own headers have one of that name. */
static int add_usual(struct rp_asking *a, const struct rp_service *s, const char *name,
                     const char *before, const char *after)
{
    for (uint32_t i = 0; i < rp_map_len(s->headers); i++) {
        struct rp_header own = {rp_str_of(rp_map_key(s->headers, i)).s, ""};
        if (rp_header_find(&own, 1, name))
            return RP_OK;
    }
    return add_header(a, name, before, after);
}

static int add_key(struct rp_asking *a, const struct rp_service *s, struct rp_error *err)
{
    if (!s->api_key)
        return RP_OK;
    if (!is_header_value(s->api_key) || !s->api_key[0])
        return refuse(err, "%s is empty or holds a line break or control character, for %s",
                      key_name(s), s->agent, NULL);
    if (s->dialect == RP_DIALECT_ANTHROPIC)
        return add_usual(a, s, "x-api-key", "", s->api_key);
    return add_usual(a, s, "Authorization", "Bearer ", s->api_key);
}

static int check_header(const struct rp_service *s, struct rp_str name, struct rp_str value,
                        struct rp_error *err)
{
    if (!is_header_name(name.s) || strlen(name.s) != name.n)
        return refuse(err, "\"%s\" is no name of an HTTP header (%s of %s)", name.s, "service",
                      s->agent);
    if (!is_header_value(value.s) || strlen(value.s) != value.n)
        return refuse(err, "the header %s of %s holds a line break or control character", name.s,
                      s->agent, NULL);
    return RP_OK;
}

static int add_own(struct rp_asking *a, const struct rp_service *s, struct rp_error *err)
{
    if (s->lane_header)
        RP_TRY(check_header(s, rp_str(s->lane_header), rp_str(s->agent), err));
    if (s->organization)
        RP_TRY(check_header(s, rp_str("OpenAI-Organization"), rp_str(s->organization), err));
    for (uint32_t i = 0; i < rp_map_len(s->headers); i++) {
        struct rp_str name = rp_str_of(rp_map_key(s->headers, i));
        struct rp_str value = rp_str_of(rp_map_value(s->headers, i));
        RP_TRY(check_header(s, name, value, err));
        RP_TRY(add_header(a, name.s, "", value.s));
    }
    return RP_OK;
}

static int list_headers(struct rp_asking *a)
{
    const char *at = a->text.s;

    a->headers = a->alloc.resize(a->alloc.ctx, NULL, 0, a->n_headers * sizeof(*a->headers));
    if (!a->headers)
        return RP_ENOMEM;
    a->room = a->n_headers;
    for (size_t i = 0; i < a->n_headers; i++) {
        a->headers[i].name = at;
        a->headers[i].value = at + strlen(at) + 1;
        at = a->headers[i].value + strlen(a->headers[i].value) + 1;
    }
    return RP_OK;
}

static int write_headers(struct rp_asking *a, const struct rp_service *s, int stream,
                         struct rp_error *err)
{
    RP_TRY(add_usual(a, s, "Content-Type", "", "application/json"));
    RP_TRY(add_usual(a, s, "Accept", "", stream ? "text/event-stream" : "application/json"));
    RP_TRY(add_key(a, s, err));
    if (s->dialect == RP_DIALECT_ANTHROPIC)
        RP_TRY(add_usual(a, s, "anthropic-version", "", "2023-06-01"));
    else if (s->organization)
        RP_TRY(add_usual(a, s, "OpenAI-Organization", "", s->organization));
    RP_TRY(add_own(a, s, err));
    if (s->lane_header)
        RP_TRY(add_header(a, s->lane_header, "", s->agent));
    return list_headers(a);
}

/* ---- all of it ------------------------------------------------------------------------------- */

void rp_asking_free(struct rp_asking *a)
{
    rp_buf_free(&a->url);
    rp_buf_free(&a->body);
    rp_buf_free(&a->text);
    if (a->headers)
        a->alloc.resize(a->alloc.ctx, a->headers, a->room * sizeof(*a->headers), 0);
    rp_heap_free(&a->heap);
}

static void point(const struct rp_asking *a, const struct rp_service *s,
                  const struct rp_model_call *call, struct rp_exchange *x)
{
    *x = (struct rp_exchange){.method = "POST", .url = a->url.s, .stream = call->stream};
    x->headers = a->headers;
    x->n_headers = a->n_headers;
    x->body = a->body.s;
    x->n_body = a->body.n;
    x->lane = s->agent;
    x->dialect = rp_dialect_name(s->dialect);
    x->model = rp_str_of(a->model).s;
}

int rp_asking_make(struct rp_asking *a, const struct rp_alloc *alloc,
                   const struct rp_service *service, const struct rp_model_call *call,
                   struct rp_exchange *x, struct rp_error *err)
{
    *a = (struct rp_asking){.alloc = *alloc};
    rp_heap_init(&a->heap, alloc, 0, 0);
    rp_buf_init(&a->url, alloc, RP_TEXT_MAX);
    rp_buf_init(&a->body, alloc, RP_WIRE_BODY_MAX);
    rp_buf_init(&a->text, alloc, RP_TEXT_MAX);
    RP_TRY(write_url(a, service, err));
    RP_TRY(write_body(a, service, call, err));
    RP_TRY(write_headers(a, service, call->stream, err));
    point(a, service, call, x);
    return RP_OK;
}
