/* cassette_list.c - the table of a cassette's exchanges. */
#include "cassette_list.h"

#include "checkpoint_table.h"
#include "mocks/formats/said.h"

#include <string.h>

static const char *const heads[] = {"id",    "lane",   "call",       "retry", "dialect",
                                    "model", "status", "reply",      "bytes", "pieces",
                                    "ms",    "tokens", "recorded at"};
enum { COLUMNS = sizeof(heads) / sizeof(*heads), RIGHT = 1 | 3 << 2 | 7 << 8 | 1 << 11 };

struct listing {
    struct rp_cassette *cassette;
    struct rp_table table;
    struct rp_words words;
    struct rp_value lanes; /* names, in heap */
    struct rp_heap heap;
};

/* ---- words ----------------------------------------------------------------------------------- */

void rp_words_outcome(const struct rp_words *w, const struct rp_interaction *it)
{
    if (it->failure != RP_FAILURE_NONE) {
        rp_words_z(w, rp_failure_name(it->failure));
        if (it->status > 0)
            rp_words_z(w, " after ");
    }
    if (it->status > 0 || it->failure == RP_FAILURE_NONE)
        rp_words_int(w, it->status);
}

void rp_words_ms(const struct rp_words *w, uint64_t us)
{
    rp_words_int(w, (int64_t)(us / 1000));
    rp_words_z(w, ".");
    rp_words_int(w, (int64_t)(us / 100 % 10));
}

uint64_t rp_cassette_duration(const struct rp_interaction *it)
{
    uint64_t us = it->head_us + it->end_us;

    for (size_t i = 0; i < it->n_chunks; i++)
        us += it->chunks[i].gap_us;
    return us;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void number(struct listing *l, int64_t i)
{
    rp_words_int(&l->words, i);
    rp_table_cell(&l->table);
}

static void name(struct listing *l, const char *z)
{
    rp_words_name(&l->words, rp_str(z ? z : "-"));
    rp_table_cell(&l->table);
}

static int add_tokens(struct listing *l, const struct rp_interaction *it)
{
    struct rp_value in, out;
    struct rp_said said;
    struct rp_heap heap;
    int rc;

    rp_heap_init(&heap, &l->heap.alloc, 0, 0);
    rc = rp_said_reply(&heap, it, &said);
    in = rc == RP_OK ? rp_map_get(said.usage, "input_tokens") : rp_nil();
    out = rc == RP_OK ? rp_map_get(said.usage, "output_tokens") : rp_nil();
    if (in.tag == RP_INT && out.tag == RP_INT) {
        rp_words_int(&l->words, in.u.i);
        rp_words_z(&l->words, " + ");
        rp_words_int(&l->words, out.u.i);
    } else {
        rp_words_z(&l->words, "-");
    }
    rp_heap_free(&heap);
    RP_TRY(rc);
    return rp_table_cell(&l->table);
}

static int add_lane(struct listing *l, const char *lane)
{
    for (uint32_t i = rp_len(l->lanes); i-- > 0;)
        if (rp_is_text(rp_at(l->lanes, i), lane))
            return RP_OK;
    return rp_list_add(&l->heap, &l->lanes, rp_textz(&l->heap, lane));
}

static int add_row(struct listing *l, const struct rp_interaction *it)
{
    RP_TRY(add_lane(l, it->lane));
    number(l, it->id);
    name(l, it->lane);
    number(l, it->order);
    number(l, it->attempt);
    name(l, it->dialect);
    name(l, it->model);
    rp_words_outcome(&l->words, it);
    rp_table_cell(&l->table);
    name(l, it->stream ? "stream" : "whole");
    number(l, (int64_t)it->n_body);
    number(l, (int64_t)it->n_chunks);
    rp_words_ms(&l->words, rp_cassette_duration(it));
    rp_table_cell(&l->table);
    RP_TRY(add_tokens(l, it));
    name(l, it->recorded_at);
    return l->table.text.failed;
}

/* ---- the table ------------------------------------------------------------------------------- */

static int add_rows(struct listing *l, struct rp_error *err)
{
    const struct rp_interaction *it;

    for (size_t i = 0; i < COLUMNS; i++)
        name(l, heads[i]);
    for (size_t i = 0; i < rp_cassette_count(l->cassette); i++) {
        RP_TRY(rp_cassette_get(l->cassette, rp_cassette_nth(l->cassette, i), &it, err));
        RP_TRY(add_row(l, it));
    }
    return RP_OK;
}

static int list(struct listing *l, struct rp_buf *out, struct rp_error *err)
{
    struct rp_words w = {out, 0};
    size_t n = rp_cassette_count(l->cassette);

    if (n > 0) {
        RP_TRY(add_rows(l, err));
        RP_TRY(rp_table_write(&l->table, out));
        rp_words_z(&w, "\n");
    }
    rp_words_count(&w, (int64_t)n, "exchange");
    rp_words_z(&w, " in ");
    rp_words_count(&w, rp_len(l->lanes), "lane");
    rp_words_z(&w, ", ");
    rp_words_count(&w, (int64_t)rp_cassette_tools(l->cassette), "tool result");
    rp_words_z(&w, "\n");
    return out->failed;
}

int rp_cassette_list(struct rp_buf *out, struct rp_cassette *c, struct rp_error *err)
{
    struct listing l = {.cassette = c, .lanes = rp_list()};
    int rc;

    rp_heap_init(&l.heap, &out->alloc, 0, 0);
    rp_table_init(&l.table, &out->alloc, COLUMNS, RIGHT);
    l.words = (struct rp_words){&l.table.text, 0};
    rc = list(&l, out, err);
    if (rc == RP_ENOMEM || rc == RP_ELIMIT)
        rp_fail_at(err, rc, rp_cassette_path(c), "%s", rp_status_text(rc));
    rp_table_free(&l.table);
    rp_heap_free(&l.heap);
    return rc;
}
