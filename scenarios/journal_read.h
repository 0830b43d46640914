/* journal_read.h - a journal as lines: whole ones, linked in their chain, one after the other. */
#ifndef RP_JOURNAL_READ_H
#define RP_JOURNAL_READ_H

#include "journal.h"

struct rp_journal_line {
    const char *s;
    size_t n;    /* without the line break */
    size_t body; /* up to the comma before "chain" */
};

struct rp_journal_reader {
    struct rp_alloc alloc;
    const char *name; /* of the file, for messages; borrowed */
    struct rp_journal_line *line;
    size_t n, room;
    size_t cut;  /* bytes behind the last whole line */
    int ended;   /* the last line is one */
    size_t at;   /* the line that is next */
    size_t read; /* lines read so far: at, or at + 1 */
    struct rp_journal_names names;
    struct rp_heap heap;         /* of the line read last */
    struct rp_value json, value; /* that line: as it stands, and what it means */
};

/* bytes are borrowed. force: a broken chain is no error. RP_EPARSE: no journal, of a later version,
 * damaged: err->where is "FILE: line N"; RP_ENOMEM. The caller frees it, also after an error. */
int rp_journal_open(struct rp_journal_reader *r, const struct rp_alloc *alloc, const char *name,
                    struct rp_str bytes, int force, struct rp_error *err);
void rp_journal_close(struct rp_journal_reader *r);

/* Reads the line that is next, if it was not read; r->json and r->value then are it, both maps.
 * RP_ENOTFOUND: there is none; RP_EPARSE, RP_ENOMEM. */
int rp_journal_peek(struct rp_journal_reader *r, struct rp_error *err);
void rp_journal_next(struct rp_journal_reader *r); /* after a peek: on to the one after it */
/* Is the next line one of that kind? Of it the values below. */
int rp_journal_is(const struct rp_journal_reader *r, const char *e);
struct rp_value rp_journal_at(const struct rp_journal_reader *r, const char *key);
int64_t rp_journal_int(const struct rp_journal_reader *r, const char *key);      /* 0: none */
const char *rp_journal_text(const struct rp_journal_reader *r, const char *key); /* "": none */

/* Any line as JSON in h. */
int rp_journal_json(const struct rp_journal_reader *r, size_t line, struct rp_heap *h,
                    struct rp_value *out);
/* Fills err: the journal is damaged at that line, from 0. Returns RP_EPARSE. */
int rp_journal_damage(const struct rp_journal_reader *r, size_t line, struct rp_error *err,
                      const char *why);

#endif
