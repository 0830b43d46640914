/* asking.h - workflows that ask a person, and the answers that a person may give: for stories about
 * requests of every kind. */
#ifndef ASKING_H
#define ASKING_H

#include "tests/story/story.h"

/* Opens a story that tells requests, outputs, failures, the final status, and what models are
 * shown: `model a [u"x"]`. */
void asking_open(struct story *s, const struct story_line *lines, size_t n);
/* Each plays a turn with its model calls told. */
void asking_say(struct story *s, const char *text);
void asking_answer(struct story *s, size_t request, struct rp_value value);
void asking_answers(struct story *s, const struct rp_answer *answers, size_t n);
void asking_resume(struct story *s, int64_t checkpoint, const struct rp_answer *answers, size_t n);
void asking_wait(struct story *s, uint64_t now_ms); /* until then; one turn, if anything expired */
void asking_cancel(struct story *s, size_t request);
/* One line: the open requests with what is known of them. */
void asking_open_ones(struct story *s);

/* Workflows. Agents have the tools pay (needs approval), fetch (declared only), look (plain). */
struct rp_agent *asking_agent(struct story *s, const char *name);
struct rp_workflow *asking_handoff(struct story *s);     /* agent a: asks the user */
struct rp_workflow *asking_agent_alone(struct story *s); /* agent a, then agent z */
struct rp_workflow *asking_two_agents(struct story *s);  /* a and b at once, joined */
struct rp_workflow *asking_reviewed(struct story *s);    /* agent a under review */
struct rp_workflow *asking_planned(struct story *s);     /* manager m, worker w, plan review */
struct rp_workflow *asking_questions(struct story *s);   /* q and r at once, custom executors */
struct rp_workflow *asking_nested(struct story *s);      /* q two levels down, left and right */

/* Answers. */
struct rp_value asking_text(struct story *s, const char *z);
struct rp_value asking_yes(struct story *s, size_t request, int yes);
struct rp_value asking_result(struct story *s, size_t request, const char *z);
struct rp_value asking_review(struct story *s, const char *feedback); /* NULL: approved */
struct rp_value asking_plan(struct story *s, const char *change);     /* NULL: approved */
struct rp_value asking_reply(struct story *s, const char *z);         /* NULL: the end */

#endif
