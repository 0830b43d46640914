/* cmd_checkpoints.h - what the commands of `reprise checkpoints` share. */
#ifndef RP_CMD_CHECKPOINTS_H
#define RP_CMD_CHECKPOINTS_H

#include "checkpoint_words.h"
#include "cli.h"

/* One of them: its words without the options; the first is the store. */
struct rp_checkpoints_command {
    const struct rp_cli_command *command;
    int (*run)(int n, char **words);
};
extern const struct rp_checkpoints_command rp_checkpoints_verify, rp_checkpoints_prune;

extern const char *rp_checkpoints_workflow; /* --workflow */
extern const struct rp_cli_option rp_checkpoints_workflow_option[1];
#define RP_NO_STORE "the store is missing"

/* Tells an error; the exit status. */
int rp_checkpoints_fail(const struct rp_error *err);
/* A buffer for what is to be printed; *alloc is set too. */
void rp_checkpoints_begin(struct rp_buf *out, struct rp_alloc *alloc);
/* Prints what was made, or tells why it could not be; out is freed. The exit status. */
int rp_checkpoints_print(struct rp_buf *out, int rc, const struct rp_error *err);
/* The store of that name, which is no folder of another framework's files; -1 to go on, else the
 * exit status after an error was told. */
int rp_checkpoints_open(const char *name, enum rp_store_use use, struct rp_store *out);
/* The checkpoint that a word means; -1 to go on, else the exit status after an error was told. */
int rp_checkpoints_id(const struct rp_cli_command *command, const struct rp_store *store,
                      const char *word, int64_t *id);

#endif
