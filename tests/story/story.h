/* story.h - tells a run as text, one line an event, so that a test compares all that happened.
 *
 * A line is `step type executor data`. Types are event names, short for the four most frequent: S+
 * and S- (superstep started, completed), inv and cmp (executor invoked, completed). Requests are
 * told as R1, R2, ... in the order in which they were first seen. Data: u"x", a(A)"x", t(A).. are
 * messages by role and author; R([..],T) a request to an agent; AER(A,n) its response with n
 * messages in the conversation; Resp(..) and Upd(..) what agents yield; U0(..) a record of user
 * type 0. Wording that is the engine's own (warnings, error texts) is left out. The last line of a
 * turn says how it ended:
 * `= RP_OK`.
 *
 * Models and tools are told in `struct story_line`s: an agent's k-th call uses its k-th line. They
 * answer at once, or late in the order of `picks`. */
#ifndef STORY_H
#define STORY_H

#include "engine/reprise.h"

enum { STORY_TEXT = 1 << 17, STORY_LINES = 64, STORY_REQUESTS = 32, STORY_OPEN = 16 };

struct story_line {
    const char *agent;
    const char *says;  /* text, or NULL */
    const char *calls; /* tools, spaces between, or NULL; a call's id is `TOOL-line number` */
    const char *with;  /* their arguments; NULL: {} */
    const char *fails; /* the call fails with that reason */
};

struct story_call {
    uint32_t id;
    const struct story_line *line; /* NULL: a tool's call */
    const char *tool;              /* its result is `done TOOL` */
    int stream;
};

struct story {
    struct rp_alloc alloc;
    size_t held, peak, asked, blocks; /* bytes: now, at most, ever; blocks now */
    size_t biggest;                   /* block ever asked for */
    struct rp_kit *kit;
    struct rp_run *run;
    struct rp_store store;
    int has_store, stream;
    uint64_t events;   /* of rp_run_opts; 0: all */
    uint64_t untold;   /* RP_BIT(kind) of events that are seen but not told */
    size_t heap_chunk; /* likewise */
    const struct rp_timeout *timeouts; /* likewise */
    size_t n_timeouts;
    const struct story_line *script;
    size_t n_script;
    unsigned char used[STORY_LINES];
    const unsigned *picks; /* at each wait: which of the open calls is answered; NULL: at once */
    size_t n_picks, pick;
    struct story_call open[STORY_OPEN];
    size_t n_open;
    char request[STORY_REQUESTS][64];
    size_t n_requests;
    uint64_t events_seen; /* rp_run_next calls of the present turn */
    struct rp_out out;    /* the last one */
    struct rp_error error;
    char text[STORY_TEXT];
    size_t n;
};

/* Zeroes s and makes the kit. */
void story_open(struct story *s);
void story_script(struct story *s, const struct story_line *lines, size_t n);
/* Keeps checkpoints in memory from the next story_run on. */
void story_keep(struct story *s);
/* A fresh instance; the one before is freed. w NULL fails the test with s->error. */
void story_run(struct story *s, const struct rp_workflow *w);
/* Frees all; fails the test when a byte is left. */
void story_close(struct story *s);

/* Each plays a turn to its end and tells it. */
void story_say(struct story *s, const char *text);
void story_give(struct story *s, struct rp_value message);
void story_answer(struct story *s, size_t request, struct rp_value value);
void story_resume(struct story *s, int64_t checkpoint);
/* Begins a turn without playing it; then story_next until it returns 0. */
int story_begin(struct story *s, const char *text);
int story_next(struct story *s);
void story_play(struct story *s);
/* Tells how a turn was refused; plays it when it was not. */
void story_after(struct story *s, int rc);

void story_note(struct story *s, const char *format, ...);
void story_value(struct story *s, struct rp_value v);
void story_event(struct story *s, const struct rp_event *e);
/* Forgets the text so far; copies it to `kept` first when that is not NULL (STORY_TEXT bytes). */
void story_forget(struct story *s, char *kept);
/* The id of request number n (from 1), as the run gave it. */
const char *story_id(const struct story *s, size_t request);

#define STORY_IS(s, text_) assert_string_equal((s)->text, text_)
#define STORY_N(a)         (sizeof(a) / sizeof((a)[0]))

#endif
