/* load_service.c - owns `service`: where an agent's real model is (load.h). What an agent does not
 * say for itself, the scenario says for all; headers and options are joined name by name. */
#include "load_util.h"

static int load_dialect(struct rp_loader *l, const struct rp_spot *service, enum rp_dialect *out)
{
    const char *words[RP_DIALECTS + 1] = {NULL};
    struct rp_spot at = rp_load_key(service, "dialect");
    int which;

    if (!rp_load_has(&at))
        return RP_OK;
    for (int i = 0; i < RP_DIALECTS; i++)
        words[i] = rp_dialect_name((enum rp_dialect)i);
    RP_TRY(rp_load_word(l, service, "dialect", words, &which));
    *out = (enum rp_dialect)which;
    return RP_OK;
}

/* Without leaving anything out: the entries of more go over those of *map. */
static int join_maps(struct rp_loader *l, struct rp_value *map, struct rp_value more)
{
    if (map->tag == RP_NIL)
        *map = rp_map();
    for (uint32_t i = 0; i < rp_map_len(more); i++)
        RP_TRY(rp_map_put_str(l->heap, map, rp_str_of(rp_map_key(more, i)), rp_map_value(more, i)));
    return RP_OK;
}

static int load_headers(struct rp_loader *l, const struct rp_spot *service, struct rp_value *out)
{
    struct rp_spot headers;

    RP_TRY(rp_load_object(l, service, "headers", RP_OPTIONAL, &headers));
    for (uint32_t i = 0; i < rp_map_len(headers.v); i++) {
        struct rp_spot header = rp_load_entry(&headers, i);
        const char *text;
        RP_TRY(rp_load_is_name(l, &header, &text));
    }
    return headers.v.tag == RP_NIL ? RP_OK : join_maps(l, out, headers.v);
}

/* A text under that key goes over what stands in *out. */
static int load_over(struct rp_loader *l, const struct rp_spot *service, const char *key,
                     const char **out)
{
    const char *text = NULL;

    RP_TRY(rp_load_name(l, service, key, RP_OPTIONAL, &text));
    if (text)
        *out = text;
    return RP_OK;
}

int rp_load_service(struct rp_loader *l, const struct rp_spot *object, struct rp_service *out,
                    int *is_there)
{
    static const char *const keys[] = {"dialect",      "model",   "base_url", "api_key_env",
                                       "organization", "headers", "options",  NULL};
    struct rp_spot service, options;

    RP_TRY(rp_load_object(l, object, "service", RP_OPTIONAL, &service));
    if (service.v.tag == RP_NIL)
        return RP_OK;
    *is_there = 1;
    RP_TRY(rp_load_keys(l, &service, keys));
    RP_TRY(load_dialect(l, &service, &out->dialect));
    RP_TRY(load_over(l, &service, "model", &out->model));
    RP_TRY(load_over(l, &service, "base_url", &out->base_url));
    RP_TRY(load_over(l, &service, "api_key_env", &out->api_key_env));
    RP_TRY(load_over(l, &service, "organization", &out->organization));
    RP_TRY(load_headers(l, &service, &out->headers));
    RP_TRY(rp_load_object(l, &service, "options", RP_OPTIONAL, &options));
    return options.v.tag == RP_NIL ? RP_OK : join_maps(l, &out->options, options.v);
}
