/* journal_read.c - owns the lines of a journal that is read: where they end, whether the chain
 * holds, what they mean. */
#include "journal_read.h"

#include "journal_line.h"

#include <string.h>

static const char chain_key[] = ",\"chain\":\"";
enum { KEY = sizeof(chain_key) - 1, TAIL = KEY + RP_JOURNAL_CHAIN + 2 };

int rp_journal_damage(const struct rp_journal_reader *r, size_t line, struct rp_error *err,
                      const char *why)
{
    struct rp_error place = {0};
    size_t n = strlen(r->name), room = sizeof(place.where) - 32;

    /* A long name's end tells more than its beginning; the line must be told in any case. */
    rp_fail_at(&place, RP_EPARSE, "", "%s: line %l", n > room ? r->name + n - room : r->name,
               (int64_t)line + 1);
    return rp_fail_at(err, RP_EPARSE, place.text, "%s", why);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static size_t body_of(const char *s, size_t n)
{
    if (n >= TAIL && memcmp(s + n - TAIL, chain_key, KEY) == 0 && memcmp(s + n - 2, "\"}", 2) == 0)
        return n - TAIL;
    return n > 0 ? n - 1 : 0;
}

static int has_chain(const struct rp_journal_line *line)
{
    return line->n - line->body == TAIL;
}

static int add_line(struct rp_journal_reader *r, const char *s, size_t n)
{
    size_t room = r->room ? r->room * 2 : 64;
    struct rp_journal_line *more;

    if (r->n == r->room) {
        more =
            r->alloc.resize(r->alloc.ctx, r->line, r->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        r->line = more;
        r->room = room;
    }
    r->line[r->n++] = (struct rp_journal_line){s, n, body_of(s, n)};
    return RP_OK;
}

static int split(struct rp_journal_reader *r, struct rp_str bytes)
{
    const char *s = bytes.s, *end = bytes.s + bytes.n;

    while (s < end) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        if (!stop)
            break;
        RP_TRY(add_line(r, s, (size_t)(stop - s)));
        s = stop + 1;
    }
    r->cut = (size_t)(end - s);
    return RP_OK;
}

/* ---- the chain ------------------------------------------------------------------------------- */

static const char *link_of(const struct rp_journal_line *line)
{
    return line->s + line->body + KEY;
}

/* Does the line follow one with that link? */
static int follows(const struct rp_journal_line *line, const char *link)
{
    char chain[RP_JOURNAL_CHAIN + 1];

    memcpy(chain, link, RP_JOURNAL_CHAIN);
    rp_journal_link(chain, line->s, line->body);
    return memcmp(chain, link_of(line), RP_JOURNAL_CHAIN) == 0;
}

/* The line after which line i was written, from 1; 0: none of those that are there. */
static size_t place_of(const struct rp_journal_reader *r, size_t i)
{
    for (size_t k = 0; k < r->n; k++)
        if (k != i && has_chain(&r->line[k]) && follows(&r->line[i], link_of(&r->line[k])))
            return k + 1;
    return 0;
}

static int broken(const struct rp_journal_reader *r, size_t i, struct rp_error *err)
{
    struct rp_error why = {0};
    size_t after;

    if (!has_chain(&r->line[i]))
        return rp_journal_damage(r, i, err,
                                 "the line was changed: it does not end with its link of the "
                                 "chain; --force replays the journal all the same");
    after = place_of(r, i);
    if (after > 0)
        rp_fail_at(&why, RP_EPARSE, "",
                   "the chain breaks: this line was written right after what is line %l now; lines "
                   "were moved, put in or taken out; --force replays the journal all the same",
                   (int64_t)after);
    else
        rp_fail_at(&why, RP_EPARSE, "",
                   "the chain breaks: the line was changed, or one before it was changed or taken "
                   "out; --force replays the journal all the same");
    return rp_journal_damage(r, i, err, why.text);
}

static int check_chain(const struct rp_journal_reader *r, struct rp_error *err)
{
    static const char first[] = "00000000000000000000000000000000";
    const char *link = first;

    for (size_t i = 0; i < r->n; i++) {
        if (!has_chain(&r->line[i]) || !follows(&r->line[i], link))
            return broken(r, i, err);
        link = link_of(&r->line[i]);
    }
    return RP_OK;
}

/* ---- the first line and the last ------------------------------------------------------------- */

static int check_first(struct rp_journal_reader *r, struct rp_error *err)
{
    static const char begins[] = "{\"e\":\"journal\",\"version\":";
    struct rp_value version, json = rp_nil();
    struct rp_error why = {0};
    int rc;

    if (r->n == 0)
        return rp_journal_damage(r, 0, err, "there is not one whole line; nothing can be replayed");
    if (r->line[0].n < sizeof(begins) || memcmp(r->line[0].s, begins, sizeof(begins) - 1) != 0)
        return rp_journal_damage(r, 0, err,
                                 "this is no journal; `reprise run --journal FILE` writes one");
    rc = rp_journal_json(r, 0, &r->heap, &json);
    if (rc == RP_ENOMEM)
        return rc;
    version = rp_map_get(json, "version");
    if (rc != RP_OK || version.tag != RP_INT)
        return rp_journal_damage(r, 0, err, "the line is not JSON any more");
    if (version.u.i == RP_JOURNAL_VERSION)
        return RP_OK;
    rp_fail_at(&why, RP_EPARSE, "",
               "this is version %l of the journal's form; only %l is known; replay it with the "
               "version of reprise that wrote it",
               version.u.i, (int64_t)RP_JOURNAL_VERSION);
    return rp_journal_damage(r, 0, err, why.text);
}

static int is_last(const struct rp_journal_line *line)
{
    static const char *const ends[] = {"{\"e\":\"end\",", "{\"e\":\"broken\","};

    for (size_t i = 0; i < 2; i++)
        if (line->n > strlen(ends[i]) && memcmp(line->s, ends[i], strlen(ends[i])) == 0)
            return 1;
    return 0;
}

int rp_journal_open(struct rp_journal_reader *r, const struct rp_alloc *alloc, const char *name,
                    struct rp_str bytes, int force, struct rp_error *err)
{
    int rc;

    *r = (struct rp_journal_reader){.alloc = *alloc, .name = name};
    rp_journal_names_init(&r->names, alloc);
    rp_heap_init(&r->heap, alloc, 0, 0);
    rc = split(r, bytes);
    if (rc == RP_OK)
        rc = check_first(r, err);
    if (rc == RP_OK && !force)
        rc = check_chain(r, err);
    r->ended = r->cut == 0 && r->n > 0 && is_last(&r->line[r->n - 1]);
    return rc;
}

void rp_journal_close(struct rp_journal_reader *r)
{
    if (r->room > 0)
        r->alloc.resize(r->alloc.ctx, r->line, r->room * sizeof(*r->line), 0);
    rp_journal_names_free(&r->names);
    rp_heap_free(&r->heap);
    *r = (struct rp_journal_reader){.alloc = r->alloc, .name = r->name};
}

/* ---- what a line means ----------------------------------------------------------------------- */

int rp_journal_json(const struct rp_journal_reader *r, size_t line, struct rp_heap *h,
                    struct rp_value *out)
{
    return rp_json_read(h, r->line[line].s, r->line[line].n, out, NULL);
}

static int read_line(struct rp_journal_reader *r, struct rp_error *err)
{
    struct rp_error why = {0};
    int rc;

    rp_heap_free(&r->heap);
    rp_heap_init(&r->heap, &r->alloc, 0, 0);
    rc = rp_journal_json(r, r->at, &r->heap, &r->json);
    if (rc == RP_ENOMEM)
        return rc;
    if (rc != RP_OK || r->json.tag != RP_MAP || rp_map_has(r->json, "$"))
        return rp_journal_damage(r, r->at, err, "the line is not one JSON object");
    rc = rp_journal_get(&r->names, &r->heap, r->json, &r->value, &why);
    return rc == RP_EPARSE ? rp_journal_damage(r, r->at, err, why.text) : rc;
}

int rp_journal_peek(struct rp_journal_reader *r, struct rp_error *err)
{
    if (r->at == r->n)
        return RP_ENOTFOUND;
    if (r->read > r->at)
        return RP_OK;
    RP_TRY(read_line(r, err));
    r->read = r->at + 1;
    return RP_OK;
}

void rp_journal_next(struct rp_journal_reader *r)
{
    RP_ASSERT(r->read == r->at + 1);
    r->at++;
}

struct rp_value rp_journal_at(const struct rp_journal_reader *r, const char *key)
{
    return r->read > r->at ? rp_map_get(r->value, key) : rp_nil();
}

int rp_journal_is(const struct rp_journal_reader *r, const char *e)
{
    return rp_is_text(rp_journal_at(r, "e"), e);
}

int64_t rp_journal_int(const struct rp_journal_reader *r, const char *key)
{
    struct rp_value v = rp_journal_at(r, key);

    return v.tag == RP_INT ? v.u.i : 0;
}

const char *rp_journal_text(const struct rp_journal_reader *r, const char *key)
{
    return rp_str_of(rp_journal_at(r, key)).s;
}
