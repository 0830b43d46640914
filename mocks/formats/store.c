/* store.c - what was imported goes into a cassette: redacted, numbered, all or nothing. */
#include "import.h"

#include "mocks/match.h"

#include <stdio.h>
#include <string.h>

#define REDACTED "secrets taken out"
#define RETRIES  "requests repeated after a refusal: taken as its retries"

struct lane {
    const char *name;
    int64_t before; /* the highest order in the cassette */
    int64_t last;   /* the highest one now */
    uint32_t attempt;
    int refused; /* the exchange before was, with a status after which clients try again */
    char digest[65];
};

struct storing {
    struct rp_import *im;
    struct rp_cassette *to;
    struct lane *lanes; /* sorted by name */
    size_t n, room;
    int64_t *ids; /* of the items */
    struct rp_error *err;
};

static void note(struct rp_import *im, uint64_t n, const char *text,
                 const struct rp_interaction *it)
{
    char place[120];

    snprintf(place, sizeof(place), "%s %.60s, lane %.40s", it->method, it->url, it->lane);
    rp_note(&im->report, RP_NOTE_CHANGED, n, text, place);
}

/* ---- lanes ----------------------------------------------------------------------------------- */

static struct lane *insert_lane(struct storing *s, size_t at, const char *name)
{
    struct rp_pool *pool = &s->im->pool;
    size_t room = s->room ? 2 * s->room : 16;
    const char *copy = rp_pool_text(pool, name, strlen(name));
    struct lane *more = s->lanes;

    if (copy && s->n == s->room) {
        more = rp_pool_take(pool, room * sizeof(*more));
        if (more && s->n > 0)
            memcpy(more, s->lanes, s->n * sizeof(*more));
        s->room = more ? room : s->room;
    }
    if (!copy || !more)
        return NULL;
    s->lanes = more;
    memmove(s->lanes + at + 1, s->lanes + at, (s->n - at) * sizeof(*s->lanes));
    s->lanes[at] = (struct lane){.name = copy};
    s->n++;
    return &s->lanes[at];
}

/* The lane of that name; NULL: the pool says why. */
static struct lane *lane_of(struct storing *s, const char *name)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(s->lanes[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < s->n && strcmp(s->lanes[low].name, name) == 0)
        return &s->lanes[low];
    return insert_lane(s, low, name);
}

/* How far the lanes are that the cassette has already. */
static int look_at(struct storing *s)
{
    const struct rp_interaction *it;
    struct lane *lane;

    for (size_t i = 0; i < rp_cassette_count(s->to); i++) {
        RP_TRY(rp_cassette_get(s->to, rp_cassette_nth(s->to, i), &it, s->err));
        lane = lane_of(s, it->lane);
        if (!lane)
            return s->im->pool.failed;
        if (it->order > lane->before)
            lane->before = lane->last = it->order;
    }
    return RP_OK;
}

static int is_refused(const struct rp_interaction *it)
{
    return it->failure != RP_FAILURE_NONE || it->status == 408 || it->status == 409 ||
           it->status == 429 || it->status >= 500;
}

/* Its place in its lane: as its file says, behind what was there; else the next one. */
static void number(struct storing *s, struct lane *lane, struct rp_interaction *it)
{
    int again = lane->refused && strcmp(lane->digest, it->digest) == 0;

    if (it->order > 0 && it->order < INT64_MAX - lane->before) {
        it->order += lane->before;
    } else if (again) {
        it->order = lane->last;
        it->attempt = lane->attempt + 1;
        note(s->im, 1, RETRIES, it);
    } else {
        it->order = lane->last + 1;
        it->attempt = 0;
    }
    if (it->order > lane->last)
        lane->last = it->order;
    lane->attempt = it->attempt;
    lane->refused = is_refused(it);
    memcpy(lane->digest, it->digest, sizeof(lane->digest));
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* A text without its secrets: JSON, or a name. */
static int clean_text(struct rp_import *im, const char *text, int json, const char **out)
{
    struct rp_redact *redact = im->opts->redact;
    size_t n = strlen(text);
    struct rp_buf clean;
    uint64_t changed = 0;
    int rc;

    *out = text;
    if (!redact)
        return RP_OK;
    rp_buf_init(&clean, &im->alloc, RP_TEXT_MAX);
    rc = json ? rp_redact_body(redact, text, n, &clean, NULL, 0, &changed)
              : rp_redact_text(redact, text, n, &clean, &changed);
    if (rc == RP_OK && changed > 0) {
        *out = rp_pool_text(&im->pool, clean.s, clean.n);
        rc = *out ? RP_OK : im->pool.failed;
        rp_note(&im->report, RP_NOTE_CHANGED, changed, REDACTED, "");
    }
    rp_buf_free(&clean);
    return rc;
}

static int add_clean(struct storing *s, size_t i, struct rp_interaction *it)
{
    static const struct rp_match_opts whole = {.rule = RP_MATCH_STRICT};
    struct lane *lane = lane_of(s, it->lane);

    if (!lane)
        return s->im->pool.failed;
    RP_TRY(rp_match_digest(&s->im->alloc, &whole, it->method, it->url, it->request, it->n_request,
                           it->digest));
    number(s, lane, it);
    it->id = 0;
    return rp_cassette_add(s->to, it, &s->ids[i], s->err);
}

static int add_one(struct storing *s, size_t i)
{
    struct rp_import *im = s->im;
    struct rp_interaction copy = im->items[i], *clean = NULL;
    uint64_t changed = 0;
    int rc;

    if (!im->opts->redact)
        return add_clean(s, i, &copy);
    RP_TRY(clean_text(im, copy.lane, 0, &copy.lane));
    RP_TRY(rp_redact_interaction(im->opts->redact, &copy, &clean, &changed));
    if (changed > 0)
        note(im, changed, REDACTED, clean);
    rc = add_clean(s, i, clean);
    rp_interaction_free(&im->alloc, clean);
    return rc;
}

static int add_tool(struct storing *s, const struct rp_tool_record *of)
{
    struct rp_tool_record t = *of;

    RP_ASSERT(t.after >= 0 && (size_t)t.after <= s->im->n);
    t.after = t.after > 0 ? s->ids[t.after - 1] : 0;
    RP_TRY(clean_text(s->im, t.lane, 0, &t.lane));
    RP_TRY(clean_text(s->im, t.tool, 0, &t.tool));
    RP_TRY(clean_text(s->im, t.call_id, 0, &t.call_id));
    RP_TRY(clean_text(s->im, t.arguments, 1, &t.arguments));
    RP_TRY(clean_text(s->im, t.result, 1, &t.result));
    return rp_cassette_add_tool(s->to, &t, s->err);
}

static int add_all(struct storing *s)
{
    for (size_t i = 0; i < s->im->n; i++)
        RP_TRY(add_one(s, i));
    for (size_t i = 0; i < s->im->n_tools; i++)
        RP_TRY(add_tool(s, &s->im->tools[i]));
    return RP_OK;
}

static int store(struct storing *s)
{
    struct rp_report before = s->im->report;
    int rc;

    RP_TRY(look_at(s));
    RP_TRY(rp_cassette_begin(s->to, s->err));
    rc = add_all(s);
    if (rc == RP_OK)
        return rp_cassette_commit(s->to, s->err);
    rp_cassette_rollback(s->to);
    s->im->report = before;
    return rc;
}

int rp_import_store(struct rp_import *im, struct rp_cassette *to, struct rp_error *err)
{
    struct storing s = {.im = im, .to = to, .err = err};
    int rc = RP_OK;

    im->path = NULL;
    im->err = err;
    s.ids = rp_pool_take(&im->pool, (im->n + 1) * sizeof(*s.ids));
    rc = s.ids ? store(&s) : im->pool.failed;
    if (rc == RP_ENOMEM || rc == RP_ELIMIT)
        rp_fail_at(err, rc, rp_cassette_path(to), "%s", rp_status_text(rc));
    return rc;
}
