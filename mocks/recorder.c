/* recorder.c - owns the recorder: its modes, what is common to all instances, and what it has come
 * to: ledger and report. */
#include "recorder.h"

#include <string.h>

#include "recorder_inside.h"

/* ---- modes ----------------------------------------------------------------------------------- */

static const char *const modes[] = {"none", "once", "new", "all", "diff"};

int rp_mode_of(const char *name)
{
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
        if (strcmp(modes[i], name) == 0)
            return (int)i;
    return -1;
}

const char *rp_mode_name(enum rp_mode mode)
{
    RP_ASSERT((size_t)mode < sizeof(modes) / sizeof(*modes));
    return modes[mode];
}

static int check_mode(struct rp_recorder *r, struct rp_error *err)
{
    int is_new = rp_cassette_count(r->opts.cassette) == 0;

    r->mode = r->opts.mode;
    if (r->mode == RP_MODE_ONCE)
        r->mode = is_new ? RP_MODE_NEW : RP_MODE_NONE;
    if (r->mode == RP_MODE_NONE || r->inner.self)
        return RP_OK;
    return rp_fail_at(err, RP_EARG, rp_cassette_path(r->opts.cassette),
                      "mode \"%s\" asks the real service%s, and there is none; give one, or use "
                      "mode \"none\"",
                      rp_mode_name(r->opts.mode),
                      r->opts.mode == RP_MODE_ONCE ? " because the cassette is empty" : "");
}

/* ---- the index ------------------------------------------------------------------------------- */

static int from_hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

struct indexing {
    struct rp_recorder *r;
    struct rp_error *err;
};

static int add_track(struct rp_recorder *r, const struct rp_cassette_key *k,
                     const unsigned char key[32])
{
    struct rp_track track = {.order = k->order, .attempt = k->attempt};
    uint32_t number;

    track.marked = k->marked != 0;
    RP_TRY(rp_index_add(&r->index, k->lane, key, track, &number));
    rp_index_keep(&r->index, number, k->id);
    if (r->opts.match.rule != RP_MATCH_STRICT)
        return RP_OK;
    return rp_index_add_raw(&r->index, k, r->index.tracks[number].queue);
}

static int index_key(void *ctx, const struct rp_cassette_key *k)
{
    struct indexing *x = ctx;
    struct rp_exchange place = {.order = k->order, .attempt = k->attempt};
    unsigned char key[32];

    for (size_t i = 0; i < 32; i++)
        key[i] = (unsigned char)(from_hex(k->digest[2 * i]) << 4 | from_hex(k->digest[2 * i + 1]));
    if (x->r->opts.match.rule == RP_MATCH_SEQUENCE)
        RP_TRY(rp_recorder_key(x->r, &place, 0, key));
    return add_track(x->r, k, key);
}

/* Masked requests have digests of their own. */
static int index_masked(struct rp_recorder *r, struct rp_error *err)
{
    struct rp_cassette *c = r->opts.cassette;

    for (size_t i = 0; i < rp_cassette_count(c); i++) {
        const struct rp_interaction *recorded;
        struct rp_exchange asked;
        struct rp_cassette_key k;
        unsigned char key[32];
        RP_TRY(rp_cassette_get(c, rp_cassette_nth(c, i), &recorded, err));
        asked = rp_exchange_of(recorded);
        k = (struct rp_cassette_key){.id = recorded->id,
                                     .order = recorded->order,
                                     .attempt = recorded->attempt,
                                     .marked = rp_cassette_is_marked(recorded),
                                     .lane = recorded->lane};
        RP_TRY(rp_recorder_key(r, &asked, 0, key));
        RP_TRY(add_track(r, &k, key));
    }
    return RP_OK;
}

static int make_index(struct rp_recorder *r, struct rp_error *err)
{
    struct indexing x = {r, err};
    size_t n = rp_cassette_count(r->opts.cassette);

    r->next_id = n > 0 ? rp_cassette_nth(r->opts.cassette, n - 1) + 1 : 1;
    if (r->opts.match.rule == RP_MATCH_STRUCTURAL)
        RP_TRY(index_masked(r, err));
    else
        RP_TRY(rp_cassette_keys(r->opts.cassette, index_key, &x, err));
    return rp_recorder_reserve(r);
}

/* ---- life ------------------------------------------------------------------------------------ */

static int set_up_redaction(struct rp_recorder *r, struct rp_error *err)
{
    const char *rules;

    RP_TRY(rp_cassette_find_note(r->opts.cassette, "redact", &rules, err));
    r->redact = r->opts.redact;
    if (!r->redact) {
        RP_TRY(rp_redact_new(&r->alloc, NULL, 0, &r->own_redact, err));
        r->redact = r->own_redact;
    }
    return rules ? rp_redact_read_rules(r->redact, rules, err) : RP_OK;
}

static int check_masks(struct rp_recorder *r, struct rp_error *err)
{
    const struct rp_match_opts *m = &r->opts.match;

    for (size_t i = 0; i < m->n_masks; i++)
        RP_TRY(rp_match_check_mask(m->masks[i], err));
    return RP_OK;
}

static int set_up(struct rp_recorder *r, struct rp_error *err)
{
    RP_TRY(check_mode(r, err));
    RP_TRY(check_masks(r, err));
    RP_TRY(set_up_redaction(r, err));
    return make_index(r, err);
}

int rp_recorder_new(const struct rp_recorder_opts *opts, struct rp_transport inner,
                    struct rp_recorder **out, struct rp_error *err)
{
    struct rp_recorder *r = opts->alloc.resize(opts->alloc.ctx, NULL, 0, sizeof(*r));
    int rc;

    if (!r) {
        if (inner.self)
            inner.ops->free(inner.self);
        return rp_fail_at(err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
    }
    memset(r, 0, sizeof(*r));
    r->opts = *opts;
    r->alloc = opts->alloc;
    r->inner = inner;
    r->index.alloc = opts->alloc;
    rp_buf_init(&r->scratch, &r->alloc, SIZE_MAX / 2);
    rc = set_up(r, err);
    if (rc != RP_OK) {
        rp_recorder_free(r);
        return rc == RP_ENOMEM ? rp_fail_at(err, rc, "", "%s", rp_status_text(rc)) : rc;
    }
    *out = r;
    return RP_OK;
}

void rp_recorder_free(struct rp_recorder *r)
{
    struct rp_alloc a;

    if (!r)
        return;
    a = r->alloc;
    if (r->inner.self)
        r->inner.ops->free(r->inner.self);
    rp_index_free(&r->index);
    rp_redact_free(r->own_redact);
    rp_buf_free(&r->scratch);
    for (size_t i = 0; i < r->n_reports; i++)
        a.resize(a.ctx, r->reports[i], strlen(r->reports[i]) + 1, 0);
    if (r->reports)
        a.resize(a.ctx, r->reports, r->reports_room * sizeof(*r->reports), 0);
    if (r->unused)
        a.resize(a.ctx, r->unused, r->unused_room * sizeof(*r->unused), 0);
    a.resize(a.ctx, r, sizeof(*r), 0);
}

/* ---- ledger and report ----------------------------------------------------------------------- */

int rp_recorder_reserve(struct rp_recorder *r)
{
    int64_t *more;

    if (r->unused_room >= r->index.tracks_room)
        return RP_OK;
    more = r->alloc.resize(r->alloc.ctx, r->unused, r->unused_room * sizeof(*more),
                           r->index.tracks_room * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    r->unused = more;
    r->unused_room = r->index.tracks_room;
    return RP_OK;
}

struct rp_ledger rp_recorder_ledger(struct rp_recorder *r)
{
    struct rp_ledger *l = &r->ledger;

    l->unused = 0;
    for (uint32_t i = 0; i < r->index.n_tracks; i++)
        if (!r->index.tracks[i].used && !r->index.tracks[i].gone)
            r->unused[l->unused++] = r->index.tracks[i].id;
    l->unused_ids = r->unused;
    return *l;
}

int rp_recorder_tell(struct rp_recorder *r, const struct rp_buf *text)
{
    size_t room = r->reports_room ? r->reports_room * 2 : 8;
    char *copy;

    if (r->n_reports == r->reports_room) {
        char **more = r->alloc.resize(r->alloc.ctx, r->reports, r->reports_room * sizeof(*more),
                                      room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        r->reports = more;
        r->reports_room = room;
    }
    copy = r->alloc.resize(r->alloc.ctx, NULL, 0, strlen(text->s) + 1);
    if (!copy)
        return RP_ENOMEM;
    memcpy(copy, text->s, strlen(text->s) + 1);
    r->reports[r->n_reports++] = copy;
    return RP_OK;
}

const char *rp_recorder_report(struct rp_recorder *r, size_t i)
{
    return i < r->n_reports ? r->reports[i] : NULL;
}

void rp_piece_say(struct rp_piece *piece, const char *text)
{
    size_t n = strlen(text);

    if (n >= sizeof(piece->text))
        n = sizeof(piece->text) - 1;
    while (n > 0 && text[n] != '\0' && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    memcpy(piece->text, text, n);
    piece->text[n] = '\0';
}
