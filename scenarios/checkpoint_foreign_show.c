/* checkpoint_foreign_show.c - what the envelope of another framework's checkpoint says. */
#include "checkpoint_foreign.h"

#include "checkpoint_table.h"
#include "checkpoint_words.h"

enum { DEEP = 8 };

/* ---- opaque values --------------------------------------------------------------------------- */

static int is_opaque(struct rp_value v)
{
    return v.tag == RP_MAP && rp_map_has(v, "__pickled__") && rp_map_has(v, "__type__");
}

/* How many bytes a text in base64 stands for; white space in it is none of it. */
static uint64_t bytes_of(struct rp_str s)
{
    uint64_t digits = 0;

    for (size_t i = 0; i < s.n; i++)
        digits += s.s[i] > ' ' && s.s[i] != '=';
    return digits / 4 * 3 + (digits % 4 > 0 ? digits % 4 - 1 : 0);
}

static void add_opaque(const struct rp_words *w, struct rp_value v)
{
    rp_words_z(w, "opaque payload, ");
    rp_words_count(w, (int64_t)bytes_of(rp_str_of(rp_map_get(v, "__pickled__"))), "byte");
    rp_words_z(w, ", ");
    rp_words_name(w, rp_str_of(rp_map_get(v, "__type__")));
}

/* The opaque values in v, and their bytes. */
static void count_opaque(struct rp_value v, int depth, uint64_t *n, uint64_t *bytes)
{
    if (is_opaque(v)) {
        ++*n;
        *bytes += bytes_of(rp_str_of(rp_map_get(v, "__pickled__")));
        return;
    }
    for (uint32_t i = 0; i < rp_map_len(v) && depth < RP_JSON_DEPTH_MAX; i++)
        count_opaque(rp_map_value(v, i), depth + 1, n, bytes);
    for (uint32_t i = 0; i < rp_len(v) && depth < RP_JSON_DEPTH_MAX; i++)
        count_opaque(rp_at(v, i), depth + 1, n, bytes);
}

static void add_lines(const struct rp_words *w, struct rp_str key, struct rp_value v, int deep);

static void indent(const struct rp_words *w, int by)
{
    while (by-- > 0)
        rp_words_z(w, "  ");
}

static void add_parts(const struct rp_words *w, struct rp_value v, int deep)
{
    for (uint32_t i = 0; i < rp_map_len(v); i++)
        add_lines(w, rp_str_of(rp_map_key(v, i)), rp_map_value(v, i), deep);
    for (uint32_t i = 0; i < rp_len(v); i++)
        add_lines(w, rp_str("-"), rp_at(v, i), deep);
}

/* "key: value", what has opaque parts on lines of their own. */
static void add_lines(const struct rp_words *w, struct rp_str key, struct rp_value v, int deep)
{
    uint64_t n = 0, bytes = 0;

    count_opaque(v, 0, &n, &bytes);
    indent(w, deep);
    rp_words_name(w, key);
    if (n > 0 && !is_opaque(v) && deep < DEEP) {
        rp_words_z(w, "\n");
        add_parts(w, v, deep + 1);
        return;
    }
    rp_words_z(w, rp_str_equal(key, rp_str("-")) ? " " : ": ");
    if (is_opaque(v)) {
        add_opaque(w, v);
    } else if (n == 0) {
        rp_words_value(w, v);
    } else {
        rp_words_count(w, (int64_t)n, "opaque payload");
    }
    rp_words_z(w, "\n");
}

/* ---- the table ------------------------------------------------------------------------------- */

static const char *const heads[] = {"id",        "branch",    "after", "workflow",
                                    "superstep", "under way", "open",  "timestamp"};
enum { COLUMNS = sizeof(heads) / sizeof(*heads), RIGHT = 7 << 4, SHORT_ID = 8 };

static int64_t count_messages(struct rp_value messages)
{
    int64_t n = 0;

    for (uint32_t i = 0; i < rp_map_len(messages); i++)
        n += rp_len(rp_map_value(messages, i));
    return n;
}

static void cell(struct rp_table *t, struct rp_str s)
{
    struct rp_words w = {&t->text, 0};

    rp_words_name(&w, s);
    rp_table_cell(t);
}

static void number_cell(struct rp_table *t, int64_t i)
{
    rp_buf_add_int(&t->text, i);
    rp_table_cell(t);
}

static void short_id(struct rp_table *t, struct rp_value id)
{
    struct rp_str s = rp_str_of(id);

    if (s.n > SHORT_ID)
        s.n = SHORT_ID;
    cell(t, id.tag == RP_TEXT ? s : rp_str("-"));
}

static void add_row(struct rp_table *t, struct rp_branches *b, size_t row, struct rp_value json)
{
    cell(t, rp_str_of(rp_map_get(json, "checkpoint_id")));
    rp_branches_draw(b, row, &t->text);
    rp_table_cell(t);
    short_id(t, rp_map_get(json, "previous_checkpoint_id"));
    cell(t, rp_str_of(rp_map_get(json, "workflow_name")));
    number_cell(t, rp_map_get(json, "iteration_count").u.i);
    number_cell(t, count_messages(rp_map_get(json, "messages")));
    number_cell(t, rp_map_len(rp_map_get(json, "pending_request_info_events")));
    cell(t, rp_str_of(rp_map_get(json, "timestamp")));
}

/* The row before i with that id. */
static int64_t row_of(const struct rp_foreigners *f, size_t i, struct rp_value id)
{
    while (i-- > 0)
        if (rp_equal(rp_map_get(f->file[i].json, "checkpoint_id"), id))
            return (int64_t)i;
    return -1;
}

static int is_of(const struct rp_foreign *file, const char *workflow)
{
    return !workflow || rp_is_text(rp_map_get(file->json, "workflow_name"), workflow);
}

static int add_table(struct rp_buf *out, const struct rp_foreigners *f, const char *workflow,
                     int64_t *previous, int64_t *n)
{
    struct rp_branches branches;
    struct rp_table table;
    int rc;

    for (size_t i = 0; i < f->n; i++)
        previous[i] = row_of(f, i, rp_map_get(f->file[i].json, "previous_checkpoint_id"));
    RP_TRY(rp_branches_init(&branches, &out->alloc, previous, f->n));
    rp_table_init(&table, &out->alloc, COLUMNS, RIGHT);
    for (size_t i = 0; i < COLUMNS; i++)
        cell(&table, rp_str(heads[i]));
    for (size_t i = 0; i < f->n; i++)
        if (is_of(&f->file[i], workflow)) {
            add_row(&table, &branches, i, f->file[i].json);
            ++*n;
        }
    rc = *n > 0 ? rp_table_write(&table, out) : RP_OK;
    rp_table_free(&table);
    rp_branches_free(&branches);
    return rc;
}

int rp_foreign_list(struct rp_buf *out, const struct rp_foreigners *f, const char *workflow)
{
    struct rp_alloc *alloc = &out->alloc;
    struct rp_words w = {out, 0};
    int64_t *previous, n = 0;
    int rc = RP_OK;

    if (f->n > 0) {
        previous = alloc->resize(alloc->ctx, NULL, 0, f->n * sizeof(*previous));
        if (!previous)
            return RP_ENOMEM;
        rc = add_table(out, f, workflow, previous, &n);
        alloc->resize(alloc->ctx, previous, f->n * sizeof(*previous), 0);
    }
    rp_words_z(&w, "\n");
    rp_words_count(&w, n, "checkpoint");
    rp_words_z(&w, " of another framework: their envelopes can be listed and shown\n");
    return rc != RP_OK ? rc : out->failed;
}

/* ---- one ------------------------------------------------------------------------------------- */

static void add_text(const struct rp_words *w, const char *title, struct rp_value v)
{
    rp_words_z(w, title);
    if (v.tag == RP_TEXT)
        rp_words_name(w, rp_str_of(v));
    else
        rp_words_value(w, v);
    rp_words_z(w, "\n");
}

static void add_messages(const struct rp_words *w, struct rp_value messages)
{
    rp_words_z(w, "\nunder way\n");
    for (uint32_t i = 0; i < rp_map_len(messages); i++) {
        struct rp_value list = rp_map_value(messages, i);
        rp_words_z(w, "  from ");
        rp_words_name(w, rp_str_of(rp_map_key(messages, i)));
        rp_words_z(w, ": ");
        rp_words_count(w, rp_len(list), "message");
        rp_words_z(w, "\n");
        for (uint32_t k = 0; k < rp_len(list); k++)
            add_lines(w, rp_str("-"), rp_at(list, k), 2);
    }
    if (rp_map_len(messages) == 0)
        rp_words_z(w, "  nothing\n");
}

static void add_map(const struct rp_words *w, const char *title, struct rp_value map,
                    const char *none)
{
    rp_words_z(w, title);
    if (rp_map_len(map) == 0)
        rp_words_z(w, none);
    add_parts(w, map, 1);
}

int rp_foreign_show(struct rp_buf *out, const struct rp_foreign *file, uint32_t most)
{
    struct rp_words w = {out, most};
    struct rp_value json = file->json;

    add_text(&w, "checkpoint ", rp_map_get(json, "checkpoint_id"));
    add_text(&w, "  workflow    ", rp_map_get(json, "workflow_name"));
    add_text(&w, "  graph       ", rp_map_get(json, "graph_signature_hash"));
    add_text(&w, "  continues   ", rp_map_get(json, "previous_checkpoint_id"));
    add_text(&w, "  supersteps  ", rp_map_get(json, "iteration_count"));
    add_text(&w, "  timestamp   ", rp_map_get(json, "timestamp"));
    add_text(&w, "  version     ", rp_map_get(json, "version"));
    add_messages(&w, rp_map_get(json, "messages"));
    add_map(&w, "\nopen requests\n", rp_map_get(json, "pending_request_info_events"), "  none\n");
    add_map(&w, "\nstate\n", rp_map_get(json, "state"), "  none\n");
    if (rp_map_len(rp_map_get(json, "metadata")) > 0)
        add_map(&w, "\nmetadata\n", rp_map_get(json, "metadata"), "");
    return out->failed;
}
