/* cassette_notes.c - owns what stands beside the interactions: results of tools, and notes. */
#include <string.h>

#include "cassette_db.h"

static int no_memory(struct rp_cassette *c)
{
    return rp_cassette_fail(c, SQLITE_NOMEM);
}

/* ---- tool results ---------------------------------------------------------------------------- */

static int bind_texts(sqlite3_stmt *st, const char *const *texts, int n)
{
    int rc = SQLITE_OK;

    for (int i = 0; rc == SQLITE_OK && i < n; i++)
        rc = sqlite3_bind_text(st, i + 1, texts[i] ? texts[i] : "", -1, SQLITE_STATIC);
    return rc;
}

static int write_tool(struct rp_cassette *c, const struct rp_tool_record *t)
{
    const char *const texts[] = {t->lane, t->tool, t->call_id, t->arguments, t->result};
    sqlite3_stmt *st;
    int row, rc;

    RP_TRY(rp_cassette_ready(c, RP_CASSETTE_ADD_TOOL, &st));
    rc = bind_texts(st, texts, 5);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(st, 6, t->failed != 0);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(st, 7, t->after);
    rc = rc == SQLITE_OK ? rp_cassette_step(c, st, &row) : rp_cassette_fail(c, rc);
    sqlite3_clear_bindings(st);
    return rc;
}

int rp_cassette_add_tool(struct rp_cassette *c, const struct rp_tool_record *t,
                         struct rp_error *err)
{
    rp_cassette_call(c, "adding a tool's result", 0, err);
    RP_TRY(rp_cassette_enter(c));
    return rp_cassette_leave(c, write_tool(c, t));
}

static int move_tools(struct rp_cassette *c, const char *from, const char *to)
{
    sqlite3_stmt *st;
    int row;

    RP_TRY(rp_cassette_ready(c, RP_CASSETTE_MOVE_TOOLS, &st));
    if (sqlite3_bind_text(st, 1, from, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_bind_text(st, 2, to, -1, SQLITE_STATIC) != SQLITE_OK)
        return no_memory(c);
    RP_TRY(rp_cassette_step(c, st, &row));
    sqlite3_clear_bindings(st);
    return RP_OK;
}

int rp_cassette_move_tools(struct rp_cassette *c, const char *from, const char *to,
                           struct rp_error *err)
{
    rp_cassette_call(c, "moving tool results", 0, err);
    RP_TRY(rp_cassette_enter(c));
    return rp_cassette_leave(c, move_tools(c, from, to));
}

size_t rp_cassette_tools(struct rp_cassette *c)
{
    int64_t n = 0;

    rp_cassette_call(c, "counting tool results", 0, NULL);
    if (rp_cassette_number(c, RP_CASSETTE_TOOLS, &n) != RP_OK || n < 0)
        return 0;
    return (size_t)n;
}

static int read_tool(struct rp_cassette *c, sqlite3_stmt *st)
{
    size_t at[5];

    rp_buf_clear(&c->text);
    for (int i = 0; i < 5; i++) {
        const char *s = (const char *)sqlite3_column_text(st, i);
        at[i] = c->text.n;
        if (rp_buf_addz(&c->text, s ? s : "") != RP_OK || rp_buf_addc(&c->text, '\0') != RP_OK)
            return no_memory(c);
    }
    c->tool = (struct rp_tool_record){.lane = c->text.s + at[0],
                                      .tool = c->text.s + at[1],
                                      .call_id = c->text.s + at[2],
                                      .arguments = c->text.s + at[3],
                                      .result = c->text.s + at[4],
                                      .failed = sqlite3_column_int64(st, 5) != 0,
                                      .after = sqlite3_column_int64(st, 6)};
    return RP_OK;
}

int rp_cassette_tool(struct rp_cassette *c, size_t i, const struct rp_tool_record **out,
                     struct rp_error *err)
{
    sqlite3_stmt *st;
    int row, rc;

    rp_cassette_call(c, "reading tool result", (int64_t)i + 1, err);
    RP_TRY(rp_cassette_ready(c, RP_CASSETTE_TOOL, &st));
    sqlite3_bind_int64(st, 1, (int64_t)i + 1);
    RP_TRY(rp_cassette_step(c, st, &row));
    if (!row)
        return rp_fail_at(err, RP_ENOTFOUND, c->path, "there is no tool result %l", (int64_t)i + 1);
    rc = read_tool(c, st);
    sqlite3_reset(st);
    if (rc == RP_OK)
        *out = &c->tool;
    return rc;
}

/* ---- notes ----------------------------------------------------------------------------------- */

static int read_note(struct rp_cassette *c, const char *key, int *found)
{
    sqlite3_stmt *st;
    const char *s;
    int rc;

    RP_TRY(rp_cassette_ready(c, RP_CASSETTE_NOTE, &st));
    rc = sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
    if (rc != SQLITE_OK)
        return rp_cassette_fail(c, rc);
    RP_TRY(rp_cassette_step(c, st, found));
    if (!*found)
        return RP_OK;
    rp_buf_clear(&c->note);
    s = (const char *)sqlite3_column_text(st, 0);
    rc = s ? rp_buf_add(&c->note, s, strlen(s) + 1) : RP_ENOMEM;
    sqlite3_reset(st);
    return rc == RP_OK ? RP_OK : no_memory(c);
}

int rp_cassette_find_note(struct rp_cassette *c, const char *key, const char **out,
                          struct rp_error *err)
{
    int found = 0;

    rp_cassette_call(c, "reading a note", 0, err);
    RP_TRY(read_note(c, key, &found));
    *out = found ? c->note.s : NULL;
    return RP_OK;
}

const char *rp_cassette_note(struct rp_cassette *c, const char *key)
{
    const char *note = NULL;

    return rp_cassette_find_note(c, key, &note, NULL) == RP_OK ? note : NULL;
}

static int write_note(struct rp_cassette *c, const char *key, const char *value)
{
    sqlite3_stmt *st;
    int row, rc;

    RP_TRY(rp_cassette_ready(c, value ? RP_CASSETTE_SET_NOTE : RP_CASSETTE_UNSET_NOTE, &st));
    rc = sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK && value)
        rc = sqlite3_bind_text(st, 2, value, -1, SQLITE_STATIC);
    rc = rc == SQLITE_OK ? rp_cassette_step(c, st, &row) : rp_cassette_fail(c, rc);
    sqlite3_clear_bindings(st);
    return rc;
}

int rp_cassette_set_note(struct rp_cassette *c, const char *key, const char *value,
                         struct rp_error *err)
{
    rp_cassette_call(c, "writing a note", 0, err);
    RP_TRY(rp_cassette_enter(c));
    return rp_cassette_leave(c, write_note(c, key, value));
}
