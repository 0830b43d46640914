/* live_notes.c - what a cassette was recorded with, where the command line said it: kept as its
 * notes, so that a replay needs not be told again. */
#include "live_inside.h"

#include <string.h>

static int read_text(struct rp_live *l, const char *key, const char **out)
{
    const char *note = rp_cassette_note(l->cassette, key);
    struct rp_value copy = rp_textz(&l->heap, note);

    if (copy.tag == RP_BAD)
        return RP_ENOMEM;
    *out = note ? rp_str_of(copy).s : NULL;
    return RP_OK;
}

static int read_masks(struct rp_live *l, struct rp_error *err)
{
    const char *note = rp_cassette_note(l->cassette, "masks");
    struct rp_value list;

    if (!note || l->match.n_masks > 0)
        return RP_OK;
    RP_TRY(rp_json_read(&l->heap, note, strlen(note), &list, err));
    for (uint32_t i = 0; i < rp_len(list) && i < RP_CLI_VALUES_MAX; i++)
        l->masks[l->match.n_masks++] = rp_str_of(rp_at(list, i)).s;
    return RP_OK;
}

int rp_live_read_notes(struct rp_live *l, struct rp_error *err)
{
    const char *match = NULL;

    RP_TRY(read_text(l, "base_url", &l->base_url));
    RP_TRY(read_text(l, "model", &l->model));
    RP_TRY(read_text(l, "dialect", &l->dialect));
    RP_TRY(read_text(l, "lane_header", &l->lane_header));
    RP_TRY(read_text(l, "match", &match));
    if (l->words->match || l->words->masks.n > 0 || !match)
        return RP_OK;
    if (rp_match_of(match) < 0)
        return rp_fail_at(err, RP_EPARSE, rp_cassette_path(l->cassette),
                          "its note \"match\" is no match rule: %s; say --match", match);
    l->match.rule = (enum rp_match)rp_match_of(match);
    return read_masks(l, err);
}

/* What the command line does not say is no longer said by the cassette, unless old recordings stay
 * and rely on it. */
static int write_text(struct rp_live *l, const char *key, const char *value, struct rp_error *err)
{
    if (!value && l->mode == RP_MODE_NEW)
        return RP_OK;
    return rp_cassette_set_note(l->cassette, key, value, err);
}

static int write_url(struct rp_live *l, struct rp_error *err)
{
    struct rp_buf safe;
    int rc = RP_OK;

    rp_buf_init(&safe, &l->alloc, RP_TEXT_MAX);
    if (l->words->base_url)
        rc = rp_redact_url(l->redact, l->words->base_url, &safe, NULL);
    if (rc == RP_OK)
        rc = write_text(l, "base_url", l->words->base_url ? safe.s : NULL, err);
    rp_buf_free(&safe);
    return rc;
}

static int write_masks(struct rp_live *l, struct rp_error *err)
{
    struct rp_value list = rp_list();
    struct rp_buf text;
    int rc = RP_OK;

    rp_buf_init(&text, &l->alloc, RP_TEXT_MAX);
    for (size_t i = 0; rc == RP_OK && i < l->match.n_masks; i++)
        rc = rp_list_add(&l->heap, &list, rp_textz(&l->heap, l->match.masks[i]));
    if (rc == RP_OK && l->match.n_masks > 0)
        rc = rp_json_write(&text, list, 0);
    if (rc == RP_OK)
        rc = write_text(l, "masks", text.s, err);
    rp_buf_free(&text);
    return rc;
}

int rp_live_write_notes(struct rp_live *l, struct rp_error *err)
{
    int is_usual = l->match.rule == RP_MATCH_STRICT;

    RP_TRY(write_url(l, err));
    RP_TRY(write_text(l, "model", l->words->model, err));
    RP_TRY(write_text(l, "dialect", l->words->dialect, err));
    RP_TRY(write_text(l, "lane_header", l->words->lane_header, err));
    RP_TRY(write_text(l, "match", is_usual ? NULL : rp_match_name(l->match.rule), err));
    return write_masks(l, err);
}
