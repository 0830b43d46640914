/* journal_line.h - one line of a journal: its keys, its filter, its link in the chain; and what the
 * writers of lines share. */
#ifndef RP_JOURNAL_LINE_H
#define RP_JOURNAL_LINE_H

#include "journal.h"

struct rp_journal {
    struct rp_alloc alloc;
    const struct rp_scenario *scenario;
    struct rp_sink sink;
    const struct rp_journal_filter *filter;
    const struct rp_journal_head *head;
    struct rp_journal_names names;
    struct rp_heap scratch;     /* of one line */
    struct rp_buf line, passed; /* as it is made; after the filter */
    char chain[RP_JOURNAL_CHAIN + 1];
    int failed;
    uint64_t taken; /* by the filter, before the line came to it */
    const struct rp_run *run;
    struct rp_store store; /* the inner one */
    int real_clock;
    int64_t turn;
    uint64_t lines, events, model_calls, tool_calls;
};

/* The next link: chain of the line before becomes that of this one, n bytes before its "chain". */
void rp_journal_link(char chain[RP_JOURNAL_CHAIN + 1], const char *s, size_t n);

/* A line is begun, gets its keys and is ended. Keys may fail; the end returns the first failure,
 * and the journal's own. */
void rp_line_begin(struct rp_journal *j, const char *e);
int rp_line_end(struct rp_journal *j);
void rp_line_int(struct rp_journal *j, const char *key, int64_t i);
void rp_line_bool(struct rp_journal *j, const char *key, int yes);
void rp_line_text(struct rp_journal *j, const char *key, const char *z);    /* NULL: null */
void rp_line_text_if(struct rp_journal *j, const char *key, const char *z); /* NULL, "": not */
void rp_line_hex(struct rp_journal *j, const char *key, const unsigned char *b, size_t n);
void rp_line_digest(struct rp_journal *j, const char *key, uint64_t digest);
void rp_line_value(struct rp_journal *j, const char *key, struct rp_value v);
void rp_line_value_if(struct rp_journal *j, const char *key, struct rp_value v); /* nil: not */
void rp_line_noted(struct rp_journal *j, const char *key, struct rp_value v);
void rp_line_error(struct rp_journal *j, int status, const struct rp_error *err);
/* JSON that stands as it is. */
void rp_line_raw(struct rp_journal *j, const char *key, struct rp_str json);

#endif
