/* cassette_merge.c - cassettes put together: which exchanges are the same, how calls are numbered
 * anew. */
#include "cassette_merge.h"

#include "engine/base/sha256.h"

#include <stdio.h>
#include <string.h>

struct print { /* what makes two exchanges the same */
    unsigned char sum[32];
};

struct call {         /* of the source at hand: a call and the number that it has got */
    const char *lane; /* in heap */
    int64_t old, now;
};

struct lane {
    const char *name; /* in heap */
    int64_t last;
};

struct growing { /* an array */
    void *at;
    size_t n, room, size;
};

struct merging {
    struct rp_words words;
    struct rp_alloc *alloc;
    struct rp_cassette *to;
    struct rp_heap heap;
    struct growing prints, calls, lanes, ids; /* of struct print (sorted), call, lane, int64_t */
    int64_t added, same, tools;
    struct rp_error *err;
};

/* ---- arrays ---------------------------------------------------------------------------------- */

/* Room for one more at that place; NULL: no memory. */
static void *insert(struct merging *m, struct growing *g, size_t place)
{
    size_t room = g->room ? 2 * g->room : 64;
    char *at = g->at;

    if (g->n == g->room) {
        at = m->alloc->resize(m->alloc->ctx, g->at, g->room * g->size, room * g->size);
        if (!at)
            return NULL;
        g->at = at;
        g->room = room;
    }
    memmove(at + (place + 1) * g->size, at + place * g->size, (g->n - place) * g->size);
    g->n++;
    return at + place * g->size;
}

static void free_array(struct merging *m, struct growing *g)
{
    if (g->room > 0)
        m->alloc->resize(m->alloc->ctx, g->at, g->room * g->size, 0);
}

/* ---- the same exchange ----------------------------------------------------------------------- */

static void digest(const struct rp_interaction *it, struct print *out)
{
    struct rp_sha256 d;
    char numbers[64];

    snprintf(numbers, sizeof(numbers), "%u %d %d", it->attempt, it->status, (int)it->failure);
    rp_sha256_init(&d);
    rp_sha256_add(&d, it->lane, strlen(it->lane) + 1);
    rp_sha256_add(&d, it->digest, strlen(it->digest) + 1);
    rp_sha256_add(&d, numbers, strlen(numbers) + 1);
    rp_sha256_add(&d, it->body, it->n_body);
    rp_sha256_end(&d, out->sum);
}

/* Where it stands among the prints, or would. *found: it does. */
static size_t find_print(const struct merging *m, const struct print *print, int *found)
{
    const struct print *all = m->prints.at;
    size_t low = 0, high = m->prints.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(all[middle].sum, print->sum, sizeof(print->sum)) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < m->prints.n && memcmp(all[low].sum, print->sum, sizeof(print->sum)) == 0;
    return low;
}

static int keep_print(struct merging *m, const struct print *print)
{
    int found;
    size_t place = find_print(m, print, &found);
    struct print *at = found ? NULL : insert(m, &m->prints, place);

    if (at)
        *at = *print;
    return at || found ? RP_OK : RP_ENOMEM;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static struct lane *lane_of(struct merging *m, const char *name)
{
    struct lane *lanes = m->lanes.at, *at;
    struct rp_value copy;

    for (size_t i = m->lanes.n; i-- > 0;)
        if (strcmp(lanes[i].name, name) == 0)
            return &lanes[i];
    copy = rp_textz(&m->heap, name);
    at = copy.tag == RP_TEXT ? insert(m, &m->lanes, m->lanes.n) : NULL;
    if (at)
        *at = (struct lane){rp_str_of(copy).s, 0};
    return at;
}

/* Retries keep the number of their call. */
static int number(struct merging *m, const struct rp_interaction *it, int64_t *now)
{
    struct lane *lane = lane_of(m, it->lane);
    struct call *calls = m->calls.at, *call;

    if (!lane)
        return RP_ENOMEM;
    for (size_t i = m->calls.n; i-- > 0;) {
        if (calls[i].old == it->order && strcmp(calls[i].lane, lane->name) == 0) {
            *now = calls[i].now;
            return RP_OK;
        }
    }
    call = insert(m, &m->calls, m->calls.n);
    if (!call)
        return RP_ENOMEM;
    *call = (struct call){lane->name, it->order, ++lane->last};
    *now = call->now;
    return RP_OK;
}

/* ---- what is there already ------------------------------------------------------------------- */

static int look_at(struct merging *m)
{
    const struct rp_interaction *it;
    struct print print;
    struct lane *lane;

    for (size_t i = 0; i < rp_cassette_count(m->to); i++) {
        RP_TRY(rp_cassette_get(m->to, rp_cassette_nth(m->to, i), &it, m->err));
        digest(it, &print);
        RP_TRY(keep_print(m, &print));
        lane = lane_of(m, it->lane);
        if (!lane)
            return RP_ENOMEM;
        lane->last = it->order > lane->last ? it->order : lane->last;
    }
    return RP_OK;
}

/* ---- adding ---------------------------------------------------------------------------------- */

static void tell_same(struct merging *m, struct rp_cassette *from, const struct rp_interaction *it)
{
    m->same++;
    rp_words_z(&m->words, "  the same again: ");
    rp_words_name(&m->words, rp_str(rp_cassette_path(from)));
    rp_words_z(&m->words, ", exchange ");
    rp_words_int(&m->words, it->id);
    rp_words_z(&m->words, " (");
    rp_words_name(&m->words, rp_str(it->lane));
    rp_words_z(&m->words, ", call ");
    rp_words_int(&m->words, it->order);
    rp_words_z(&m->words, ")\n");
}

/* What a source has itself twice is no copy of anything: prints grow only behind it. */
static int add_one(struct merging *m, struct rp_cassette *from, size_t i, int64_t *id)
{
    const struct rp_interaction *it;
    struct rp_interaction copy;
    struct print print;
    int found;

    RP_TRY(rp_cassette_get(from, rp_cassette_nth(from, i), &it, m->err));
    digest(it, &print);
    find_print(m, &print, &found);
    *id = 0;
    if (found) {
        tell_same(m, from, it);
        return RP_OK;
    }
    copy = *it;
    copy.id = 0;
    RP_TRY(number(m, it, &copy.order));
    m->added++;
    return rp_cassette_add(m->to, &copy, id, m->err);
}

/* The exchange of the source that a tool's result followed, as it is now; 0: none, -1: left out. */
static int64_t now_after(const struct merging *m, struct rp_cassette *from, int64_t after)
{
    const int64_t *ids = m->ids.at;

    for (size_t i = 0; after > 0 && i < rp_cassette_count(from); i++)
        if (rp_cassette_nth(from, i) == after)
            return ids[i] > 0 ? ids[i] : -1;
    return 0;
}

static int add_tools(struct merging *m, struct rp_cassette *from)
{
    const struct rp_tool_record *t;
    struct rp_tool_record copy;

    for (size_t i = 0; i < rp_cassette_tools(from); i++) {
        RP_TRY(rp_cassette_tool(from, i, &t, m->err));
        copy = *t;
        copy.after = now_after(m, from, t->after);
        if (copy.after < 0)
            continue;
        RP_TRY(rp_cassette_add_tool(m->to, &copy, m->err));
        m->tools++;
    }
    return RP_OK;
}

static int keep_prints(struct merging *m, struct rp_cassette *from)
{
    const struct rp_interaction *it;
    struct print print;

    for (size_t i = 0; i < rp_cassette_count(from); i++) {
        RP_TRY(rp_cassette_get(from, rp_cassette_nth(from, i), &it, m->err));
        digest(it, &print);
        RP_TRY(keep_print(m, &print));
    }
    return RP_OK;
}

static int add_source(struct merging *m, struct rp_cassette *from)
{
    m->calls.n = m->ids.n = 0;
    for (size_t i = 0; i < rp_cassette_count(from); i++) {
        int64_t id = 0, *at;
        RP_TRY(add_one(m, from, i, &id));
        at = insert(m, &m->ids, m->ids.n);
        if (!at)
            return RP_ENOMEM;
        *at = id;
    }
    RP_TRY(add_tools(m, from));
    return keep_prints(m, from);
}

static int merge(struct merging *m, struct rp_cassette *const *from, size_t n)
{
    int rc = RP_OK;

    RP_TRY(look_at(m));
    RP_TRY(rp_cassette_begin(m->to, m->err));
    for (size_t i = 0; i < n && rc == RP_OK; i++)
        rc = add_source(m, from[i]);
    if (rc == RP_OK)
        return rp_cassette_commit(m->to, m->err);
    rp_cassette_rollback(m->to);
    return rc;
}

static void tell(struct merging *m)
{
    rp_words_count(&m->words, m->added, "exchange");
    rp_words_z(&m->words, " and ");
    rp_words_count(&m->words, m->tools, "tool result");
    rp_words_z(&m->words, " added to ");
    rp_words_name(&m->words, rp_str(rp_cassette_path(m->to)));
    if (m->same > 0) {
        rp_words_z(&m->words, ", ");
        rp_words_int(&m->words, m->same);
        rp_words_z(&m->words, " left out that were there");
    }
    rp_words_z(&m->words, "\n");
}

int rp_cassette_merge(struct rp_buf *out, struct rp_cassette *to, struct rp_cassette *const *from,
                      size_t n, struct rp_error *err)
{
    struct merging m = {.words = {out, 0}, .alloc = &out->alloc, .to = to, .err = err};
    int rc;

    m.prints.size = sizeof(struct print);
    m.calls.size = sizeof(struct call);
    m.lanes.size = sizeof(struct lane);
    m.ids.size = sizeof(int64_t);
    rp_heap_init(&m.heap, m.alloc, 0, 0);
    rc = merge(&m, from, n);
    if (rc == RP_OK)
        tell(&m);
    else if (rc == RP_ENOMEM)
        rp_fail_at(err, rc, rp_cassette_path(to), "%s", rp_status_text(rc));
    free_array(&m, &m.prints);
    free_array(&m, &m.calls);
    free_array(&m, &m.lanes);
    free_array(&m, &m.ids);
    rp_heap_free(&m.heap);
    return rc == RP_OK ? out->failed : rc;
}
