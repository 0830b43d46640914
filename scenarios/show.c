/* show.c - a play before a reader's eyes. */
#include "show.h"

#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int want_colour(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    if (no && no[0])
        return 0;
    return isatty(STDOUT_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

static int add_to_digest(void *ctx, const char *s, size_t n)
{
    rp_sha256_add(ctx, s, n);
    return RP_OK;
}

void rp_show_init(struct rp_show *s, const struct rp_alloc *alloc,
                  const struct rp_scenario *scenario)
{
    *s = (struct rp_show){.scenario = scenario};
    rp_transcript_init(&s->transcript, alloc, rp_cli_stdout(), want_colour());
    rp_interact_init(&s->interact, alloc, stdin, &s->transcript);
    rp_sha256_init(&s->digest);
}

void rp_show_free(struct rp_show *s)
{
    rp_play_free(s->play);
    rp_interact_free(&s->interact);
    rp_transcript_free(&s->transcript);
}

int rp_show_begin(struct rp_show *s, const struct rp_play_opts *opts, struct rp_error *err)
{
    struct rp_play_opts mine = *opts;

    s->watch = rp_transcript_observer(&s->transcript);
    mine.trace = (struct rp_sink){add_to_digest, &s->digest};
    mine.watch = &s->watch;
    mine.err = err;
    RP_TRY(rp_transcript_title(&s->transcript, s->scenario));
    RP_TRY(rp_play_new(s->scenario, &mine, &s->play));
    s->transcript.asked = rp_play_asked(s->play);
    return RP_OK;
}

int rp_show_turn(struct rp_show *s, const struct rp_scenario_turn *turn, struct rp_error *err)
{
    struct rp_error why;

    RP_TRY(rp_transcript_turn(&s->transcript, ++s->turns, turn));
    RP_TRY(rp_play_turn(s->play, turn, err));
    if (rp_play_error(s->play, &why) != RP_OK)
        return rp_transcript_raised(&s->transcript, &why);
    return RP_OK;
}

int rp_show_answers(struct rp_show *s, struct rp_error *err)
{
    struct rp_scenario_turn turn;

    while (!s->interact.ended && rp_run_requests(rp_play_run(s->play)) > 0) {
        RP_TRY(rp_interact_ask(&s->interact, s->play, &turn));
        if (turn.n_answers > 0)
            RP_TRY(rp_show_turn(s, &turn, err));
    }
    return RP_OK;
}

int rp_show_end(struct rp_show *s)
{
    char hex[65];

    RP_TRY(rp_play_end(s->play));
    rp_sha256_hex(&s->digest, hex);
    return rp_transcript_end(&s->transcript, rp_play_run(s->play), hex);
}

static int show_all(struct rp_show *s, const struct rp_play_opts *opts, int interactive,
                    struct rp_error *err)
{
    RP_TRY(rp_show_begin(s, opts, err));
    for (uint32_t i = 0; i < s->scenario->n_turns; i++) {
        struct rp_scenario_turn turn = s->scenario->turns[i];
        if (interactive && (turn.kind == RP_TURN_RESPOND || turn.kind == RP_TURN_CANCEL))
            continue;
        if (interactive)
            turn.n_answers = 0;
        RP_TRY(rp_show_turn(s, &turn, err));
        if (interactive)
            RP_TRY(rp_show_answers(s, err));
    }
    return rp_show_end(s);
}

int rp_show_scenario(const struct rp_scenario *scenario, const struct rp_play_opts *opts,
                     int interactive)
{
    struct rp_error err = {0};
    struct rp_show s;
    int rc;

    rp_show_init(&s, &opts->alloc, scenario);
    rc = show_all(&s, opts, interactive, &err);
    rp_show_free(&s);
    if (rc == RP_OK)
        return RP_EXIT_OK;
    rp_cli_play_error(scenario, rc, &err);
    return RP_EXIT_BAD;
}
