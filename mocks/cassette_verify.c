/* cassette_verify.c - owns the check of a whole cassette: every row, digest, length, reference. */
#include <stdio.h>
#include <string.h>

#include "cassette_db.h"
#include "match.h"

struct verify {
    struct rp_cassette *c;
    int (*tell)(void *ctx, const char *fault);
    void *ctx;
    int faults;
};

static int fault(struct verify *v, const char *what, int64_t id, const char *text)
{
    char line[512];

    v->faults++;
    if (id)
        snprintf(line, sizeof(line), "%s %lld: %s", what, (long long)id, text);
    else
        snprintf(line, sizeof(line), "%s: %s", what, text);
    return v->tell ? v->tell(v->ctx, line) : RP_OK;
}

/* What SQLite itself thinks of the file. */
static int check_file(struct verify *v)
{
    struct rp_cassette *c = v->c;
    sqlite3_stmt *st = NULL;
    int rc = RP_OK, got = sqlite3_prepare_v2(c->db, "PRAGMA integrity_check(100)", -1, &st, NULL);

    if (got != SQLITE_OK)
        return fault(v, "the file", 0, sqlite3_errmsg(c->db));
    while (rc == RP_OK && (got = sqlite3_step(st)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(st, 0);
        if (text && strcmp(text, "ok") != 0)
            rc = fault(v, "the file", 0, text);
    }
    if (rc == RP_OK && got != SQLITE_DONE)
        rc = (got & 0xff) == SQLITE_NOMEM ? RP_ENOMEM
                                          : fault(v, "the file", 0, sqlite3_errmsg(c->db));
    sqlite3_finalize(st);
    return rc;
}

static int check_digest(struct verify *v, const struct rp_interaction *i)
{
    char digest[65];

    RP_TRY(
        rp_match_digest(&v->c->alloc, NULL, i->method, i->url, i->request, i->n_request, digest));
    if (strcmp(digest, i->digest) == 0)
        return RP_OK;
    return fault(v, "interaction", i->id,
                 "the digest is not that of its request; import or record it again");
}

/* The row that GET stands at; its parts were read to c->got. */
static int check_row(struct verify *v, sqlite3_stmt *st)
{
    const struct rp_interaction *i = &v->c->got;
    int marked = sqlite3_column_int64(st, RP_COL_MARKED) != 0;
    unsigned char sum[32];

    RP_TRY(rp_cassette_sum(v->c, i, sum));
    if (sqlite3_column_bytes(st, RP_COL_SUM) != 32 || !sqlite3_column_blob(st, RP_COL_SUM) ||
        memcmp(sqlite3_column_blob(st, RP_COL_SUM), sum, 32) != 0)
        RP_TRY(fault(v, "interaction", i->id,
                     "the sum does not agree: it was changed or damaged; record it again"));
    if (marked != rp_cassette_is_marked(i))
        RP_TRY(fault(v, "interaction", i->id, "it is not told rightly whether it was redacted"));
    return check_digest(v, i);
}

static int check_interaction(struct verify *v, int64_t id)
{
    struct rp_cassette *c = v->c;
    struct rp_error err = {0};
    sqlite3_stmt *st;
    int row, rc;

    rp_cassette_call(c, "reading interaction", id, &err);
    rc = rp_cassette_ready(c, RP_CASSETTE_GET, &st);
    if (rc == RP_OK && (rc = sqlite3_bind_int64(st, 1, id)) != SQLITE_OK)
        rc = rp_cassette_fail(c, rc);
    if (rc == RP_OK)
        rc = rp_cassette_step(c, st, &row);
    if (rc == RP_OK && row) {
        rc = rp_cassette_read_row(c, st);
        if (rc == RP_OK)
            rc = check_row(v, st);
        sqlite3_reset(st);
    }
    c->err = NULL;
    return rc == RP_EPARSE || rc == RP_EIO ? fault(v, "interaction", id, err.text) : rc;
}

static int check_tools(struct verify *v)
{
    size_t n = rp_cassette_tools(v->c);

    for (size_t i = 0; i < n; i++) {
        const struct rp_tool_record *t;
        struct rp_error err = {0};
        int rc = rp_cassette_tool(v->c, i, &t, &err);
        if (rc == RP_ENOMEM)
            return rc;
        if (rc != RP_OK)
            RP_TRY(fault(v, "tool result", (int64_t)i + 1, err.text));
        else if (t->after != 0 && !rp_cassette_has(v->c, t->after))
            RP_TRY(fault(v, "tool result", (int64_t)i + 1,
                         "it follows an interaction that is not there"));
    }
    return RP_OK;
}

int rp_cassette_verify(struct rp_cassette *c, int (*tell)(void *ctx, const char *fault), void *ctx)
{
    struct verify v = {.c = c, .tell = tell, .ctx = ctx};

    RP_TRY(check_file(&v));
    for (size_t i = 0; i < c->n_ids; i++)
        RP_TRY(check_interaction(&v, c->ids[i]));
    RP_TRY(check_tools(&v));
    return v.faults ? RP_EPARSE : RP_OK;
}
