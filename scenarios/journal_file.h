/* journal_file.h - a journal in a file, for the subcommands that play: `--journal FILE`. */
#ifndef RP_JOURNAL_FILE_H
#define RP_JOURNAL_FILE_H

#include "journal.h"

#include <stdio.h>

struct rp_redact;
struct rp_journal_file {
    const char *path; /* NULL: there is none */
    FILE *file;
    int wrong; /* errno of the first write that failed */
    struct rp_redact *redact;
    struct rp_journal_filter filter;
    struct rp_journal *journal; /* NULL: none is kept */
};

/* What must not be written to files, by the rules that always apply. *redact is freed by the caller
 * after the filter. RP_ENOMEM. */
int rp_journal_redaction(const struct rp_alloc *alloc, struct rp_redact **redact,
                         struct rp_journal_filter *filter, struct rp_error *err);

/* Begins the file, which may only take the place of an empty one or of another journal. path NULL:
 * nothing is opened. -1 to go on, else the exit status after the error was told. Must not be moved
 * afterwards. */
int rp_journal_file_open(struct rp_journal_file *f, const char *path,
                         const struct rp_scenario *scenario);
/* After the play. Returns status, or RP_EXIT_BAD after telling what is wrong with the journal. */
int rp_journal_file_close(struct rp_journal_file *f, int status);

#endif
