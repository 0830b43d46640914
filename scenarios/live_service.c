/* live_service.c - where the models of a scenario are, and their keys: the only place that looks
 * into the environment for a secret. */
#include "live_inside.h"

#include "mocks/url.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *base_url, *host, *api_key_env;
} usual[RP_DIALECTS] = {
    [RP_DIALECT_CHAT] = {"https://api.openai.com/v1", "api.openai.com", "OPENAI_API_KEY"},
    [RP_DIALECT_RESPONSES] = {"https://api.openai.com/v1", "api.openai.com", "OPENAI_API_KEY"},
    [RP_DIALECT_ANTHROPIC] = {"https://api.anthropic.com/v1", "api.anthropic.com",
                              "ANTHROPIC_API_KEY"},
};

/* The first that is said. */
static const char *first(const char *a, const char *b, const char *c)
{
    if (a)
        return a;
    return b ? b : c;
}

static int set_dialect(const struct rp_live *l, struct rp_service *s, struct rp_error *err)
{
    const char *name = first(l->words->dialect, l->dialect, NULL);

    if (!name)
        return RP_OK;
    if (rp_dialect_of(name) < 0)
        return rp_fail_at(err, RP_EARG, rp_cassette_path(l->cassette),
                          "its note \"dialect\" is no dialect: %s; say --dialect", name);
    s->dialect = (enum rp_dialect)rp_dialect_of(name);
    return RP_OK;
}

/* The variable that holds the key of a service's own host, when no other is named. */
static const char *usual_key_env(const struct rp_service *s)
{
    struct rp_url url;

    if (!rp_url_split(s->base_url, &url) || !rp_str_equal(url.host, rp_str(usual[s->dialect].host)))
        return NULL;
    return usual[s->dialect].api_key_env;
}

/* A key is for the header alone: wherever else it may turn up, it is not written. */
static int hide_key(struct rp_live *l, const char *key, struct rp_error *err)
{
    struct rp_buf rule;
    int rc;

    if (!l->redact)
        return RP_OK;
    rp_buf_init(&rule, &l->alloc, RP_TEXT_MAX);
    rp_buf_addz(&rule, "text:");
    rc = rp_buf_addz(&rule, key);
    if (rc == RP_OK)
        rc = rp_redact_add(l->redact, rule.s, err);
    rp_buf_free(&rule);
    return rc;
}

static int set_key(struct rp_live *l, struct rp_service *s, struct rp_error *err)
{
    s->api_key_env = first(l->words->api_key_env, s->api_key_env, usual_key_env(s));
    if (!s->api_key_env || !l->asks)
        return RP_OK;
    s->api_key = getenv(s->api_key_env);
    if (!s->api_key || !s->api_key[0])
        return rp_fail_at(err, RP_EARG, "",
                          "the environment variable %s is not set; it holds the API key for the "
                          "model of %s",
                          s->api_key_env, s->agent);
    return hide_key(l, s->api_key, err);
}

static int resolve(struct rp_live *l, struct rp_service *s, struct rp_error *err)
{
    const struct rp_live_words *w = l->words;

    RP_TRY(set_dialect(l, s, err));
    s->model = first(w->model, l->model, s->model);
    s->base_url = first(w->base_url, l->asks ? NULL : l->base_url, s->base_url);
    if (!s->base_url)
        s->base_url = usual[s->dialect].base_url;
    s->lane_header = first(w->lane_header, l->lane_header, s->lane_header);
    s->plain_http = s->plain_http || w->plain_http;
    if (!s->model && rp_map_get(s->options, "model").tag != RP_TEXT)
        return rp_fail_at(err, RP_EARG, "",
                          "no model is named for %s; give --model, or \"service\": {\"model\": "
                          "...} in the scenario",
                          s->agent);
    return set_key(l, s, err);
}

void rp_live_forget(struct rp_live *l)
{
    if (l->services)
        l->alloc.resize(l->alloc.ctx, l->services, l->n_services * sizeof(*l->services), 0);
    l->services = NULL;
    l->n_services = 0;
}

int rp_live_resolve(struct rp_live *l, const struct rp_scenario *scenario, struct rp_error *err)
{
    size_t n = scenario->n_agents;

    rp_live_forget(l);
    if (n == 0)
        return RP_OK;
    l->services = l->alloc.resize(l->alloc.ctx, NULL, 0, n * sizeof(*l->services));
    if (!l->services)
        return RP_ENOMEM;
    l->n_services = n;
    memcpy(l->services, scenario->services, n * sizeof(*l->services));
    for (size_t i = 0; i < n; i++)
        RP_TRY(resolve(l, l->services + i, err));
    return RP_OK;
}
