/* example.h - what the examples share, so that each shows only its orchestration: models that say
 * what a script tells them, a run, turns played to their end. A mistake ends the program with its
 * place and reason. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include "mocks/world.h"

enum { EXAMPLE_LINES = 32, EXAMPLE_AGENTS = 8, EXAMPLE_REQUESTS = 8 };

/* One reply of a model: an agent's k-th call gets the k-th line that is its own. */
struct example_line {
    const char *agent;
    const char *says;  /* text, or NULL; in streaming it comes in the pieces between the bars | */
    const char *calls; /* a tool, or NULL */
    const char *with;  /* its arguments as JSON; NULL: {} */
};
#define EXAMPLE_SCRIPT(lines) (lines), sizeof(lines) / sizeof((lines)[0])

/* A magentic manager's view of the work: is the request satisfied, who works next, and on what. */
#define EXAMPLE_LEDGER(satisfied, speaker, instruction)                                            \
    "{\"is_request_satisfied\":{\"reason\":\"\",\"answer\":" satisfied "},"                        \
    "\"is_in_loop\":{\"reason\":\"\",\"answer\":false},"                                           \
    "\"is_progress_being_made\":{\"reason\":\"\",\"answer\":true},"                                \
    "\"next_speaker\":{\"reason\":\"\",\"answer\":\"" speaker "\"},"                               \
    "\"instruction_or_question\":{\"reason\":\"\",\"answer\":\"" instruction "\"}}"

struct example {
    struct rp_kit *kit;
    struct rp_run *run;
    struct rp_store store;
    struct rp_error error; /* for the builders */
    /* Sees every event; may be NULL. */
    void (*on_event)(struct example *ex, const struct rp_event *event);
    void *self; /* the program's own */

    /* what follows is the helper's */
    const struct rp_workflow *workflow;
    struct rp_script_agent agents[EXAMPLE_AGENTS];
    struct rp_script_reply replies[EXAMPLE_AGENTS][EXAMPLE_LINES];
    struct rp_script_call calls[EXAMPLE_AGENTS][EXAMPLE_LINES];
    uint32_t n_agents;
    struct rp_stage stage;
    struct rp_observer observer;
    const struct rp_observer *watch;
    int has_store;
};

void example_open(struct example *ex, const struct example_line *script, size_t n);
/* Frees everything; returns the program's exit status. */
int example_close(struct example *ex);
/* description and instructions may be NULL. */
struct rp_agent *example_agent(struct example *ex, const char *name, const char *description,
                               const char *instructions);
/* Keeps checkpoints in memory; before example_start. */
void example_keep(struct example *ex);
/* A fresh instance of the workflow, as in a new process; the one before goes. */
void example_start(struct example *ex, const struct rp_workflow *workflow);

/* Each plays one turn to its end. */
void example_say(struct example *ex, const char *task);
void example_stream(struct example *ex, const char *task); /* models answer in pieces */
void example_respond(struct example *ex, const struct rp_answer *answers, size_t n);
void example_resume(struct example *ex, int64_t checkpoint);

/* The text of a text, message, list of messages, response or update; good until the next turn. */
const char *example_text(struct example *ex, struct rp_value v);
/* The author of a message, update, or response (its first message); "user" where there is none. */
const char *example_author(struct rp_value v);
/* A list of one user message, as an answer to a question. */
struct rp_value example_user(struct example *ex, const char *text);
/* Ends the program when rc is no RP_OK. */
void example_must(struct example *ex, int rc);

#endif
