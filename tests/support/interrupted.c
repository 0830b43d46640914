/* interrupted.c - plays that are broken off and go on, beside the uninterrupted one. */
#include "tests/support/interrupted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cm.h"

enum { ROUNDS = 5 };

/* ---- the whole play -------------------------------------------------------------------------- */

static int put(void *ctx, const char *s, size_t n)
{
    return rp_buf_add(ctx, s, n);
}

static void play_turn(struct whole *w, struct rp_play *play, const struct rp_scenario_turn *turn)
{
    struct whole_turn *t = &w->turn[w->n++];
    struct rp_error err = {0};
    int rc;

    assert_true(w->n <= WHOLE_TURNS);
    t->turn = *turn;
    t->from = w->trace.text.n;
    t->first_mark = w->trace.n_marks;
    rc = rp_play_turn(play, turn, &err);
    if (rc != RP_OK)
        print_error("%s: %s: %s\n", w->scenario->path, rp_status_name(rc), err.text);
    assert_int_equal(rc, RP_OK);
    t->to = w->trace.text.n;
    t->end_marks = w->trace.n_marks;
    t->digest = rp_run_digest(rp_play_run(play));
    t->status = rp_play_error(play, NULL);
}

/* Answers by chance, as long as something is asked and some turns are left. */
static void answer(struct whole *w, struct rp_play *play, struct draw *d)
{
    for (int i = 0; i < ROUNDS && rp_run_requests(rp_play_run(play)) > 0; i++) {
        struct random_answers *drawn = &w->drawn[w->n];
        assert_int_equal(random_answers(d, play, &w->heap, drawn), RP_OK);
        if (drawn->turn.n_answers == 0)
            return;
        play_turn(w, play, &drawn->turn);
    }
}

void whole_play(struct whole *w, const struct rp_alloc *alloc, struct rp_scenario *scenario,
                uint64_t seed)
{
    struct rp_play_opts opts = {.alloc = *alloc};
    struct draw d = {seed};
    struct rp_store store;
    struct rp_play *play;

    memset(w, 0, sizeof(*w));
    w->alloc = *alloc;
    w->scenario = scenario;
    rp_heap_init(&w->heap, alloc, 0, 0);
    rp_buf_init(&w->portable, alloc, (size_t)1 << 30);
    w->drawn = calloc(WHOLE_TURNS, sizeof(*w->drawn));
    assert_non_null(w->drawn);
    full_trace_init(&w->trace, alloc);
    assert_int_equal(rp_store_memory(alloc, &store), RP_OK);
    opts.store = &store;
    opts.watch = &w->trace.observer;
    opts.trace = (struct rp_sink){put, &w->portable};
    assert_int_equal(rp_play_new(scenario, &opts, &play), RP_OK);
    for (uint32_t i = 0; i < scenario->n_turns; i++) {
        if (seed && scenario->turns[i].kind == RP_TURN_RESPOND)
            continue;
        play_turn(w, play, &scenario->turns[i]);
        if (seed)
            answer(w, play, &d);
    }
    assert_int_equal(rp_play_end(play), RP_OK);
    rp_play_free(play);
    store.ops->free(store.self);
}

void whole_free(struct whole *w)
{
    full_trace_free(&w->trace);
    rp_buf_free(&w->portable);
    rp_heap_free(&w->heap);
    free(w->drawn);
}

const struct whole_turn *whole_turn_of(const struct whole *w, size_t mark)
{
    for (size_t i = 0; i < w->n; i++)
        if (mark >= w->turn[i].first_mark && mark < w->turn[i].end_marks)
            return &w->turn[i];
    fail();
    return NULL;
}

int counts_supersteps(const struct whole *w, size_t mark)
{
    return whole_turn_of(w, mark)->status == RP_ECONVERGE;
}

/* ---- a store that can be exchanged ----------------------------------------------------------- */

static int on_save(void *self, const struct rp_checkpoint_info *info, const struct rp_item *items,
                   size_t n, uint64_t *generation, int64_t *id, struct rp_error *err)
{
    struct rp_store *in = self;

    return in->ops->save(in->self, info, items, n, generation, id, err);
}

static int on_item(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                   struct rp_error *err)
{
    struct rp_store *in = self;

    return in->ops->item(in->self, id, bytes, n, err);
}

static int on_info(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err)
{
    struct rp_store *in = self;

    return in->ops->info(in->self, id, out, err);
}

static const struct rp_store_ops handing_on = {
    .save = on_save, .item = on_item, .info = on_info}; /* what runs need */

/* ---- breaking off ---------------------------------------------------------------------------- */

void broken_open(struct broken *b, const struct whole *w, struct place *place, size_t mark)
{
    struct rp_play_opts opts = {.alloc = w->alloc, .store = &b->outer};
    struct rp_error err;
    int rc = RP_OK;

    *b = (struct broken){.whole = w, .place = place, .outer = {&handing_on, &b->inner}};
    place->open(place, &b->inner);
    full_trace_init(&b->trace, &w->alloc);
    b->trace.stop_at = w->trace.mark[mark].id;
    opts.watch = &b->trace.observer;
    assert_int_equal(rp_play_new(w->scenario, &opts, &b->play), RP_OK);
    for (size_t i = 0; i < w->n && rc == RP_OK; i++)
        rc = rp_play_turn(b->play, &w->turn[i].turn, &err);
    assert_int_equal(rc, FULL_TRACE_STOP);
    assert_int_equal(b->trace.text.n, w->trace.mark[mark].at);
    assert_memory_equal(b->trace.text.s, w->trace.text.s, b->trace.text.n);
    full_trace_clear(&b->trace);
    b->trace.stop_at = -1;
}

void broken_close(struct broken *b)
{
    rp_play_free(b->play);
    full_trace_free(&b->trace);
    b->place->close(b->place, &b->inner);
}

/* ---- comparing ------------------------------------------------------------------------------- */

int same_lines(const char *want, size_t n_want, const char *got, size_t n_got)
{
    const char *w_end = want + n_want, *g_end = got + n_got;

    if (n_want == n_got && (n_want == 0 || memcmp(want, got, n_want) == 0))
        return 1;
    for (int line = 1;; line++) {
        const char *w = want < w_end ? memchr(want, '\n', (size_t)(w_end - want)) : NULL;
        const char *g = got < g_end ? memchr(got, '\n', (size_t)(g_end - got)) : NULL;
        if (!w || !g || w - want != g - got || memcmp(want, got, (size_t)(w - want)) != 0) {
            print_error("line %d of the rest differs\n want: %.*s\n  got: %.*s\n", line,
                        w ? (int)(w - want) : 5, w ? want : "(end)", g ? (int)(g - got) : 5,
                        g ? got : "(end)");
            return 0;
        }
        want = w + 1;
        got = g + 1;
    }
}

static const char *find(const char *text, const char *end, const char *line)
{
    size_t n = strlen(line);

    for (; text < end; text = (const char *)memchr(text, '\n', (size_t)(end - text)) + 1)
        if ((size_t)(end - text) >= n && memcmp(text, line, n) == 0)
            return text;
    return end;
}

const char *find_step(const char *text, const char *end, int64_t step)
{
    char line[64];

    snprintf(line, sizeof(line), "%lld superstep_started ", (long long)step);
    return find(text, end, line);
}

/* Behind the line in which that superstep ends. */
static const char *behind_step(const char *text, const char *end, int64_t step)
{
    char line[64];
    const char *at;

    snprintf(line, sizeof(line), "%lld superstep_completed ", (long long)step);
    at = find(text, end, line);
    return at < end ? (const char *)memchr(at, '\n', (size_t)(end - at)) + 1 : end;
}

/* A restore tells that requests are open before anything else, so this status may stand earlier
 * than in a turn that was never broken off (R-CKP-7). */
static size_t without_pending_status(struct rp_buf *b, const char *from, const char *end)
{
    static const char status[] = " IN_PROGRESS_PENDING_REQUESTS\n";
    size_t n = sizeof(status) - 1;

    for (const char *next; from < end; from = next) {
        next = (const char *)memchr(from, '\n', (size_t)(end - from)) + 1;
        if ((size_t)(next - from) > n && memcmp(next - n, status, n) == 0 &&
            strncmp(strchr(from, ' '), " status ", 8) == 0)
            continue;
        assert_int_equal(rp_buf_add(b, from, (size_t)(next - from)), RP_OK);
    }
    return b->n;
}

/* prefix: got may go on. */
static int same_rest(const struct whole *w, const char *want, const char *want_end, const char *got,
                     const char *got_end, int pending, int prefix)
{
    struct rp_buf a, b;
    int same;

    rp_buf_init(&a, &w->alloc, (size_t)1 << 30);
    rp_buf_init(&b, &w->alloc, (size_t)1 << 30);
    if (pending) {
        without_pending_status(&a, want, want_end);
        without_pending_status(&b, got, got_end);
    } else {
        assert_int_equal(rp_buf_add(&a, want, (size_t)(want_end - want)), RP_OK);
        assert_int_equal(rp_buf_add(&b, got, (size_t)(got_end - got)), RP_OK);
    }
    if (prefix && b.n > a.n)
        b.n = a.n;
    same = same_lines(a.s ? a.s : "", a.n, b.s ? b.s : "", b.n);
    rp_buf_free(&a);
    rp_buf_free(&b);
    return same;
}

static const char *start_of(const struct full_trace *t)
{
    return t->text.s ? t->text.s : "";
}

/* The turns from i on, one after the other, on the instance that was restored. */
static int later_turns(struct broken *b, size_t i)
{
    const struct whole *w = b->whole;
    struct rp_error err;

    for (; i < w->n; i++) {
        const struct whole_turn *t = &w->turn[i];
        full_trace_clear(&b->trace);
        if (rp_play_turn(b->play, &t->turn, &err) != RP_OK)
            return 0;
        if (!same_lines(w->trace.text.s + t->from, t->to - t->from, start_of(&b->trace),
                        b->trace.text.n))
            return 0;
        if (rp_run_digest(rp_play_run(b->play)) != t->digest)
            return print_error("the state at the end of turn %d differs\n", (int)i + 1), 0;
    }
    return 1;
}

static int end_of_turn(struct broken *b, const struct whole_turn *t)
{
    if (rp_play_error(b->play, NULL) != t->status)
        return print_error("the turn ends with another status\n"), 0;
    if (rp_run_digest(rp_play_run(b->play)) != t->digest)
        return print_error("the state at the end of the turn differs\n"), 0;
    return later_turns(b, (size_t)(t - b->whole->turn) + 1);
}

/* ---- going on -------------------------------------------------------------------------------- */

/* In the whole play the turn ends with this checkpoint; the restored one has one empty superstep.
 */
static int ends_alike(struct broken *b, const struct whole_turn *t, const struct full_mark *m)
{
    const char *text = b->whole->trace.text.s, *got = start_of(&b->trace);
    const char *end = text + t->to, *got_end = got + b->trace.text.n;

    return same_rest(b->whole, behind_step(text + m->at, end, m->iteration), end,
                     behind_step(got, got_end, m->iteration + 1), got_end, m->pending > 0, 0);
}

static int goes_on(struct broken *b, const struct whole_turn *t, const struct full_mark *m)
{
    const struct whole *w = b->whole;
    const char *text = w->trace.text.s, *end = text + t->to, *got = start_of(&b->trace);
    const char *got_end = got + b->trace.text.n;
    int limit = t->status == RP_ECONVERGE;

    if (m->messages == 0)
        return ends_alike(b, t, m);
    if (limit)
        end = find(text + m->at, end, "0 failed ");
    if (!same_rest(w, find_step(text + m->at, end, m->iteration + 1), end,
                   find_step(got, got_end, m->iteration + 1), got_end, m->pending > 0, limit))
        return 0;
    return limit || b->trace.other > 0 || end_of_turn(b, t);
}

static int say_where(const struct broken *b, size_t mark)
{
    print_error("%s, checkpoint %d of %d, %s\n", b->whole->scenario->path, (int)mark,
                (int)b->whole->trace.n_marks, b->place->name);
    return 0;
}

int goes_on_from(const struct whole *w, struct place *place, size_t mark)
{
    const struct whole_turn *t = whole_turn_of(w, mark);
    struct rp_scenario_turn resume = {
        .kind = RP_TURN_RESUME, .checkpoint = w->trace.mark[mark].id, .stream = t->turn.stream};
    struct rp_error err = {0};
    struct broken b;
    int rc, same;

    broken_open(&b, w, place, mark);
    place->reopen(place, &b.inner);
    rc = rp_play_turn(b.play, &resume, &err);
    same = rc == RP_OK && goes_on(&b, t, &w->trace.mark[mark]);
    if (rc != RP_OK)
        print_error("%s: %s\n", err.where, err.text);
    if (!same)
        say_where(&b, mark);
    broken_close(&b);
    return same;
}

/* ---- answers at the restore ------------------------------------------------------------------ */

static int answers_alike(struct broken *b, const struct whole_turn *t, const struct full_mark *m)
{
    const char *text = b->whole->trace.text.s, *end = text + t->to, *got = start_of(&b->trace);
    const char *got_end = got + b->trace.text.n;
    const char *want = find_step(text + t->from, end, m->iteration + 1);
    int limit = t->status == RP_ECONVERGE;

    got = find_step(got, got_end, m->iteration + 1);
    if (want == end) { /* the answers were refused */
        want = find(text + t->from, end, "0 failed ");
        got = find(start_of(&b->trace), got_end, "0 failed ");
    }
    if (limit)
        end = find(want, end, "0 failed ");
    return same_rest(b->whole, want, end, got, got_end, 1, limit) && (limit || end_of_turn(b, t));
}

int goes_on_with_answers(const struct whole *w, struct place *place, size_t mark)
{
    const struct whole_turn *next = whole_turn_of(w, mark) + 1;
    struct rp_scenario_turn resume = next->turn;
    struct rp_error err = {0};
    struct broken b;
    int rc, same;

    if (next == &w->turn[w->n] || next->turn.kind != RP_TURN_RESPOND || next->turn.n_answers == 0 ||
        mark + 1 != next[-1].end_marks || next[-1].status != RP_OK)
        return 1;
    resume.kind = RP_TURN_RESUME;
    resume.checkpoint = w->trace.mark[mark].id;
    broken_open(&b, w, place, mark);
    place->reopen(place, &b.inner);
    rc = rp_play_turn(b.play, &resume, &err);
    same = rc == RP_OK && answers_alike(&b, next, &w->trace.mark[mark]);
    if (rc != RP_OK)
        print_error("%s: %s\n", err.where, err.text);
    if (!same)
        say_where(&b, mark);
    broken_close(&b);
    return same;
}

/* ---- going back ------------------------------------------------------------------------------ */

/* In this process, on the same store, after the last turn. */
int forks_from(const struct whole *w, struct place *place, size_t mark)
{
    const struct whole_turn *t = whole_turn_of(w, mark);
    struct rp_scenario_turn resume = {
        .kind = RP_TURN_RESUME, .checkpoint = w->trace.mark[mark].id, .stream = t->turn.stream};
    struct rp_error err = {0};
    struct broken b;
    int same;

    broken_open(&b, w, place, w->trace.n_marks - 1);
    b.trace.other = w->trace.mark[w->trace.n_marks - 1].id + 1;
    b.trace.behind = resume.checkpoint;
    same = rp_play_turn(b.play, &resume, &err) == RP_OK && goes_on(&b, t, &w->trace.mark[mark]);
    if (!same)
        say_where(&b, mark);
    broken_close(&b);
    return same;
}
