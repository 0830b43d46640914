/* journal.h - the full journal of a run: all that passed between a run and what surrounds it, in
 * the order in which it happened, so that `reprise replay` can repeat the run from it alone.
 *
 * A text file of UTF-8. Each line is one JSON object without white space, its keys in the order
 * told here, and ends with "\n". Values of a run stand in the form of journal_value.h. The last key
 * of a line is "chain", 32 hexadecimal digits: the first 16 bytes of the SHA-256 of the line
 * before's digits (of the first line: 32 zeros) and the line's bytes up to the comma before
 * "chain". So a line that was changed, moved, left out or put in shows. A line is handed to the
 * system whole as soon as it is made: when the process is killed the journal ends within a line at
 * worst. It is not forced to the disk: a loss of power may take the last lines.
 *
 * What was redacted (redact.h) reads "[redacted:1]"; such a line has a key "redacted" before the
 * chain, a count. Digests are those of the run itself, with what was redacted.
 *
 * Keys whose value would be null, "" or false are left out where "?" stands. Version 1, by "e":
 *
 *   journal      the first line. version, program, file (the scenario's, without its folder),
 *                workflow, signature, checkpoints ("none", "memory", "file", "sqlite" or "given":
 *                the caller's), models ("script" or "service"), clock ("virtual" or "real"),
 *                steps_max, redaction ("none" or "on"), sha256 (of the scenario's JSON as it stands
 *                here), scenario (whole)
 *   adopt        goes on from another history's checkpoint, which stands here whole. checkpoint,
 *                previous, iteration, pending, messages, time_ms, workflow, signature, root, known
 *                (texts that are not the engine's own), value
 *   turn         begins. turn (from 1), at (ms of virtual time), kind ("run", "respond", "resume",
 *                "wait", "cancel"), stream; then message / answers: [{request, kind, yes, value}] /
 *                checkpoint (-1: the latest) / wait_ms / cancel
 *   event        of the run. step, event, executor?, name?, state (of "status"), status?, data?
 *   state        after "superstep_completed". step, digest: rp_run_digest, 16 hexadecimal digits
 *   model_call   call, at (ms on the model client's clock), step, executor, agent, number, made,
 *                stream, tools_off, instructions, tools, extra_tools, format, options, messages
 *   reply        a piece of an answer, as it came. call, at, kind ("update", "whole", "end",
 *                "error"), reason?, value?
 *   cancel       the call is no longer wanted. call
 *   wait_failed  the model client could not wait for its calls
 *   tool_call    call, step, executor, agent, tool, call_id, arguments, options
 *   tool_result  call, step, executor, agent, tool, failed, value
 *   position     what the model client put into a checkpoint. value
 *   restore      what it was given from one. status, value
 *   saved        a checkpoint: checkpoint, previous, iteration, root (its item's name)
 *   store_failed of the checkpoint store. does ("save", "item", "info"), status, where, text
 *   over         the turn is. turn, at, status, where?, text?, state, open (requests), supersteps,
 *                digest
 *   broken       the play broke off, within a turn. turn, status, where?, text?
 *   end          the last line. turns, events, model_calls, tool_calls */
#ifndef RP_JOURNAL_H
#define RP_JOURNAL_H

#include "journal_value.h"
#include "load.h"
#include "mocks/world.h"
#include "sink.h"

enum { RP_JOURNAL_VERSION = 1, RP_JOURNAL_CHAIN = 32 };

#ifndef RP_JOURNAL_LINE_MAX
#define RP_JOURNAL_LINE_MAX (1u << 30) /* bytes of a line */
#endif

/* Takes out what must not be written. Adds line, one JSON object, to out: again one, without a line
 * break. *changed counts what was taken out. */
struct rp_journal_filter {
    int (*line)(void *ctx, const char *line, size_t n, struct rp_buf *out, uint64_t *changed);
    void *ctx;
};

/* What the first line says of the play. */
struct rp_journal_head {
    const char *program, *file;
    const char *checkpoints, *models, *clock, *redaction;
    uint64_t steps_max;
};

struct rp_journal_opts {
    struct rp_alloc alloc;
    const struct rp_scenario *scenario;     /* borrowed */
    struct rp_sink sink;                    /* gets a line at a time, with its "\n" */
    const struct rp_journal_filter *filter; /* borrowed; NULL: nothing is redacted */
    const struct rp_journal_head *head;     /* borrowed; NULL: as the play is */
};

struct rp_journal;
/* *out owned by the caller. RP_ENOMEM. */
int rp_journal_new(const struct rp_journal_opts *opts, struct rp_journal **out);
void rp_journal_free(struct rp_journal *j);

/* Why the journal is of no use any more: RP_OK, or what the first failing call returned. */
int rp_journal_failed(const struct rp_journal *j);
uint64_t rp_journal_lines(const struct rp_journal *j);

/* What the words of a journal mean: an enum of load.h or client.h, -1 (of a reply: RP_REPLY_NONE)
 * where they mean nothing. */
int rp_journal_turn_kind(struct rp_str name);
int rp_journal_answer_kind(struct rp_str name);
int rp_journal_reply_kind(struct rp_str name);

/* ---- for the play. Each returns RP_OK, RP_ENOMEM, RP_ELIMIT (nested too deep, too long),
 * RP_EPARSE (the filter gave no JSON) or what the sink returned; so does each later call then ----
 */

/* Puts the journal around a store, one in all, and around the client of each instance. The store's
 * free frees the inner one and is called by whoever owns that. *client is taken, also on error. */
void rp_journal_store(struct rp_journal *j, struct rp_store *store);
int rp_journal_client(struct rp_journal *j, struct rp_client *client);

struct rp_journal_play {
    uint64_t steps_max;
    enum rp_storage storage; /* of a passing store */
    int given;               /* the store is the caller's */
    int service;             /* models are not the scenario's scripts */
};
int rp_journal_begin(struct rp_journal *j, const struct rp_journal_play *play);
/* The run that the next lines are about; borrowed. */
void rp_journal_run(struct rp_journal *j, const struct rp_run *run);
/* record: RP_K_CHECKPOINT, what store has under id. */
int rp_journal_adopt(struct rp_journal *j, const struct rp_store *store, int64_t id,
                     struct rp_value record, struct rp_error *err);
int rp_journal_turn(struct rp_journal *j, const struct rp_scenario_turn *turn, int stream,
                    uint64_t now_ms);
/* The turn ended, maybe badly: why->status. */
int rp_journal_over(struct rp_journal *j, const struct rp_error *why, uint64_t now_ms);
int rp_journal_broken(struct rp_journal *j, int rc, const struct rp_error *why);
int rp_journal_end(struct rp_journal *j);
/* Events and tools; model calls are told by the client. */
struct rp_observer rp_journal_observer(struct rp_journal *j);

#endif
