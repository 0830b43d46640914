/* checkpoint_table.c - tables of texts, and the tree of branches. */
#include "checkpoint_table.h"

#include <stdint.h>
#include <string.h>

/* ---- tables ---------------------------------------------------------------------------------- */

void rp_table_init(struct rp_table *t, const struct rp_alloc *alloc, unsigned columns,
                   unsigned right)
{
    *t = (struct rp_table){.columns = columns, .right = right};
    rp_buf_init(&t->text, alloc, (size_t)1 << 30);
}

void rp_table_free(struct rp_table *t)
{
    struct rp_alloc *alloc = &t->text.alloc;

    if (t->room > 0)
        alloc->resize(alloc->ctx, t->end, t->room * sizeof(*t->end), 0);
    rp_buf_free(&t->text);
}

int rp_table_cell(struct rp_table *t)
{
    struct rp_alloc *alloc = &t->text.alloc;
    size_t room = t->room ? 2 * t->room : 128, *more;

    if (t->text.failed)
        return t->text.failed;
    if (t->n == t->room) {
        more = alloc->resize(alloc->ctx, t->end, t->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return t->text.failed = RP_ENOMEM;
        t->end = more;
        t->room = room;
    }
    t->end[t->n++] = t->text.n;
    return RP_OK;
}

static struct rp_str cell(const struct rp_table *t, size_t i)
{
    size_t from = i > 0 ? t->end[i - 1] : 0;

    return (struct rp_str){t->text.s ? t->text.s + from : "", t->end[i] - from};
}

static size_t width_of(struct rp_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.s[i] & 0xc0) != 0x80;
    return n;
}

static void spaces(struct rp_buf *out, size_t n)
{
    while (n-- > 0)
        rp_buf_addc(out, ' ');
}

static void write_row(const struct rp_table *t, const size_t *width, size_t first,
                      struct rp_buf *out)
{
    for (unsigned c = 0; c < t->columns; c++) {
        struct rp_str s = cell(t, first + c);
        size_t pad = width[c] - width_of(s);
        if (t->right >> c & 1)
            spaces(out, pad);
        rp_buf_adds(out, s);
        if (c + 1 < t->columns)
            spaces(out, (t->right >> c & 1 ? 0 : pad) + 2);
    }
    rp_buf_addc(out, '\n');
}

int rp_table_write(const struct rp_table *t, struct rp_buf *out)
{
    size_t width[RP_TABLE_COLUMNS] = {0};

    if (t->text.failed)
        return t->text.failed;
    for (size_t i = 0; i < t->n; i++) {
        size_t n = width_of(cell(t, i));
        if (n > width[i % t->columns])
            width[i % t->columns] = n;
    }
    for (size_t i = 0; i + t->columns <= t->n; i += t->columns)
        write_row(t, width, i, out);
    return out->failed;
}

/* ---- branches -------------------------------------------------------------------------------- */

void rp_branches_free(struct rp_branches *b)
{
    if (b->lane)
        b->alloc.resize(b->alloc.ctx, b->lane, 3 * b->n * sizeof(*b->lane), 0);
    *b = (struct rp_branches){0};
}

int rp_branches_init(struct rp_branches *b, const struct rp_alloc *alloc, const int64_t *previous,
                     size_t n)
{
    *b = (struct rp_branches){.alloc = *alloc, .previous = previous, .n = n};
    if (n == 0)
        return RP_OK;
    b->lane = alloc->resize(alloc->ctx, NULL, 0, 3 * n * sizeof(*b->lane));
    if (!b->lane)
        return RP_ENOMEM;
    memset(b->lane, 0, 3 * n * sizeof(*b->lane));
    b->last = b->lane + n;
    b->tip = b->last + n;
    for (size_t i = 0; i < n; i++) {
        b->last[i] = i;
        if (previous[i] >= 0)
            b->last[previous[i]] = i;
    }
    return RP_OK;
}

/* Will anything still continue the newest row of that lane? */
static int is_open(const struct rp_branches *b, size_t lane, size_t row)
{
    return b->tip[lane] > 0 && b->last[b->tip[lane] - 1] >= row;
}

/* The lane of the row that it continues, when it is the first to do so; else a free one beside it.
 */
static size_t lane_for(const struct rp_branches *b, size_t row)
{
    int64_t from = b->previous[row];
    size_t lane = 0, beside = from >= 0 ? b->lane[from] : SIZE_MAX;

    if (from >= 0 && b->tip[beside] == (size_t)from + 1)
        return beside;
    while (lane < b->lanes && (lane == beside || is_open(b, lane, row)))
        lane++;
    return lane;
}

static void draw_column(const struct rp_branches *b, size_t column, size_t row, size_t from,
                        size_t to, struct rp_buf *out)
{
    size_t low = from < to ? from : to, high = from < to ? to : from;
    int between = from != to && column >= low && column < high;

    if (column == to)
        rp_buf_addc(out, '*');
    else if (column == from)
        rp_buf_addc(out, '|');
    else if (is_open(b, column, row + 1))
        rp_buf_addc(out, '|');
    else
        rp_buf_addc(out, between ? '-' : ' ');
    rp_buf_addc(out, between ? '-' : ' ');
}

void rp_branches_draw(struct rp_branches *b, size_t row, struct rp_buf *out)
{
    size_t to = lane_for(b, row), from = to, columns;

    if (b->previous[row] >= 0 && b->tip[to] != (size_t)b->previous[row] + 1)
        from = b->lane[b->previous[row]];
    b->lane[row] = to;
    b->tip[to] = row + 1;
    if (to == b->lanes)
        b->lanes++;
    columns = b->lanes;
    while (columns > 0 && columns - 1 != to && columns - 1 != from &&
           !is_open(b, columns - 1, row + 1))
        columns--;
    for (size_t c = 0; c < columns; c++)
        draw_column(b, c, row, from, to, out);
    if (out->n > 0 && out->s[out->n - 1] == ' ')
        rp_buf_cut(out, out->n - 1);
}
