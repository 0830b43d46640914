/* checkpoint_table.h - tables of texts in columns, and the small tree that says which checkpoint
 * continues which. */
#ifndef RP_CHECKPOINT_TABLE_H
#define RP_CHECKPOINT_TABLE_H

#include "engine/base/buf.h"

enum { RP_TABLE_COLUMNS = 16 };

/* Texts go to `text`, each closed by rp_table_cell; rp_table_write aligns them. */
struct rp_table {
    struct rp_buf text;
    size_t *end; /* of each cell */
    size_t n, room;
    unsigned columns;
    unsigned right; /* bit i: column i is flush right */
};
void rp_table_init(struct rp_table *t, const struct rp_alloc *alloc, unsigned columns,
                   unsigned right);
void rp_table_free(struct rp_table *t);
int rp_table_cell(struct rp_table *t);
/* Adds the table to out, a line for each row. RP_ENOMEM, RP_ELIMIT. */
int rp_table_write(const struct rp_table *t, struct rp_buf *out);

/* The branches of a history, drawn row by row from the oldest checkpoint on:
 *
 *   *        0
 *   *        1, continues 0
 *   |-*      2, continues 0 as well
 *   *        3, continues 1
 */
struct rp_branches {
    struct rp_alloc alloc;
    const int64_t *previous; /* borrowed: of row i the row that it continues, before i; -1: none */
    size_t *lane;            /* of each row */
    size_t *last;            /* of each row, the last one that continues it; itself: none */
    size_t *tip;             /* of each lane: its newest row, plus one; 0: never used */
    size_t n, lanes;
};
/* RP_ENOMEM; then there is nothing to free. */
int rp_branches_init(struct rp_branches *b, const struct rp_alloc *alloc, const int64_t *previous,
                     size_t n);
void rp_branches_free(struct rp_branches *b);
/* Rows are drawn in order, each once. */
void rp_branches_draw(struct rp_branches *b, size_t row, struct rp_buf *out);

#endif
