/* cmd_resume.c - `reprise resume`: goes on from a checkpoint that an earlier run, maybe in another
 * process, left in a store. */
#include "cli.h"
#include "cmd.h"
#include "journal_file.h"
#include "show.h"

#include "engine/os/reprise_os.h"

#include <string.h>

static int interactive, fork_off, trace, stream;
static const char *store_name, *checkpoint, *answers, *journal_name;

static const struct rp_cli_flag flags[] = {{"--interactive", &interactive},
                                           {"--fork", &fork_off},
                                           {"--trace", &trace},
                                           {"--stream", &stream}};
static const struct rp_cli_option options[] = {{"--store", &store_name},
                                               {"--checkpoint", &checkpoint},
                                               {"--answers", &answers},
                                               {"--journal", &journal_name}};

static const struct rp_cli_command command = {
    .name = "resume",
    .help =
        "usage: reprise resume SCENARIO --store STORE [--checkpoint ID] [--answers FILE]\n"
        "                      [--interactive] [--fork] [--trace] [--stream] [--journal JOURNAL]\n"
        "Goes on from a checkpoint of the scenario's workflow, as `reprise run --store STORE` "
        "left\n"
        "it there, and shows what happens then. The scenario's turns are not played: one turn is,\n"
        "the continued one. Scripted models and tools go on where they stood.\n"
        "\n"
        "  --store STORE     where the checkpoints are; new ones go there too\n"
        "  --checkpoint ID   the number of the checkpoint, as `reprise checkpoints list` shows "
        "it;\n"
        "                    without it the newest of the workflow\n"
        "  --answers FILE    a JSON array of answers, as in a scenario's \"respond\". \"request\" "
        "is\n"
        "                    the place among the checkpoint's open requests, from 1, as\n"
        "                    `reprise checkpoints show` lists them; or \"id\" is the request's id\n"
        "  --interactive     what is open is then answered by you, a line each\n"
        "  --fork            the checkpoint may have been continued already: this begins another\n"
        "                    branch there, and what was made after it does not count\n"
        "  --trace           prints the portable trace of the turn and nothing else; checkpoints\n"
        "                    have the numbers of the store\n"
        "  --stream          the turn streams, as it does where the scenario says \"stream\"\n"
        "  --journal JOURNAL  writes the full journal there, the checkpoint included; see\n"
        "                    \"reprise replay --help\"\n"
        "\n"
        "Exit status: 0 when the turn could be played to its end, whether or not it failed; 2 "
        "when\n"
        "not, and nothing was changed then.\n",
    .flags = flags,
    .n_flags = 4,
    .files_min = 1,
    .files_max = 1,
    .options = options,
    .n_options = 4,
    .missing = "the scenario is missing",
};

struct resume {
    struct rp_scenario *scenario;
    struct rp_store store;
    struct rp_scenario_turn turn;
    struct rp_scenario_answer *answer; /* the turn's, with numbers */
    struct rp_journal_file journal;
    struct rp_alloc alloc;
};

/* ---- which checkpoint ------------------------------------------------------------------------ */

struct next {
    int64_t of, first;
    uint32_t n;
};

static int note_next(void *ctx, const struct rp_checkpoint_info *info)
{
    struct next *next = ctx;

    if (info->previous == next->of && next->n++ == 0)
        next->first = info->id;
    return RP_OK;
}

static int check_branch(struct resume *r, int64_t id, struct rp_error *err)
{
    struct next next = {.of = id};

    if (fork_off)
        return RP_OK;
    RP_TRY(r->store.ops->list(r->store.self, NULL, note_next, &next, err));
    if (next.n == 0)
        return RP_OK;
    return rp_fail_at(err, RP_EARG, store_name,
                      "checkpoint %l was continued already, by checkpoint %l; say --fork to begin "
                      "another branch there, or leave --checkpoint out to go on from the newest",
                      id, next.first);
}

static int check_workflow(struct resume *r, int64_t id, struct rp_error *err)
{
    const struct rp_workflow *w = r->scenario->workflow;
    struct rp_checkpoint_info info;

    RP_TRY(r->store.ops->info(r->store.self, id, &info, err));
    if (strcmp(info.workflow, rp_workflow_name(w)) != 0)
        return rp_fail_at(err, RP_ECHECKPOINT, store_name,
                          "checkpoint %l is of the workflow \"%s\" and not of \"%s\"; resume it "
                          "with the scenario that it was made by",
                          id, info.workflow, rp_workflow_name(w));
    if (strcmp(info.signature, rp_workflow_signature(w)) != 0)
        return rp_fail_at(err, RP_ECHECKPOINT, store_name,
                          "checkpoint %l was made by another graph of the same name; resume it "
                          "with the scenario as it was then",
                          id);
    return RP_OK;
}

static int choose(struct resume *r, struct rp_error *err)
{
    int64_t id = r->turn.checkpoint;

    if (id < 0)
        RP_TRY(
            r->store.ops->latest(r->store.self, rp_workflow_name(r->scenario->workflow), &id, err));
    RP_TRY(check_workflow(r, id, err));
    RP_TRY(check_branch(r, id, err));
    r->turn.checkpoint = id;
    return RP_OK;
}

/* ---- answers --------------------------------------------------------------------------------- */

/* The scenario's own answers, in a copy of which those by id get their numbers. */
static int read_answers(struct resume *r, struct rp_error *err)
{
    const struct rp_scenario_answer *given;
    uint32_t n;

    if (!answers)
        return RP_OK;
    RP_TRY(rp_scenario_answers(r->scenario, answers, &given, &n, err));
    if (n == 0)
        return RP_OK;
    r->answer = r->alloc.resize(r->alloc.ctx, NULL, 0, n * sizeof(*given));
    if (!r->answer)
        return rp_fail_at(err, RP_ENOMEM, answers, "%s", rp_status_text(RP_ENOMEM));
    memcpy(r->answer, given, n * sizeof(*given));
    r->turn.answers = r->answer;
    r->turn.n_answers = n;
    return RP_OK;
}

/* Gives answers by id their numbers, and checks that all are about open requests, each once. */
static int number_answers(struct resume *r, const struct rp_asked *asked, struct rp_error *err)
{
    int64_t open = rp_asked_count(asked);

    for (uint32_t i = 0; i < r->turn.n_answers; i++) {
        struct rp_scenario_answer *a = &r->answer[i];
        if (a->id)
            a->request = rp_asked_number(asked, a->id);
        if (a->id && a->request == 0)
            return rp_fail_at(err, RP_ENOTFOUND, answers,
                              "checkpoint %l has no open request with the id %s; `reprise "
                              "checkpoints show` lists those that it has",
                              r->turn.checkpoint, a->id);
        if (a->request < 1 || a->request > open)
            return rp_fail_at(err, RP_ENOTFOUND, answers,
                              "there is no request %l: checkpoint %l has %l open requests, with "
                              "the numbers from 1 on",
                              a->request, r->turn.checkpoint, open);
        for (uint32_t k = 0; k < i; k++)
            if (r->answer[k].request == a->request)
                return rp_fail_at(err, RP_EARG, answers, "request %l is answered twice",
                                  a->request);
    }
    return RP_OK;
}

/* ---- the turn -------------------------------------------------------------------------------- */

/* A turn that was refused before its first superstep: the reason stands in *err. */
static int check_begun(const struct rp_play *play, struct rp_error *err)
{
    struct rp_error why;
    int rc = rp_play_error(play, &why);

    if (rc == RP_OK || rc == RP_EHANDLER || rc == RP_ECLIENT ||
        rp_run_supersteps(rp_play_run(play)) > 0)
        return RP_OK;
    *err = why;
    return rc;
}

static int adopt(struct resume *r, struct rp_play *play, struct rp_error *err)
{
    RP_TRY(rp_play_adopt(play, r->turn.checkpoint, err));
    return number_answers(r, rp_play_asked(play), err);
}

static int show(struct resume *r, struct rp_show *s, struct rp_error *err)
{
    struct rp_play_opts opts = {
        .alloc = r->alloc, .store = &r->store, .journal = r->journal.journal};

    RP_TRY(rp_show_begin(s, &opts, err));
    RP_TRY(adopt(r, s->play, err));
    RP_TRY(rp_show_turn(s, &r->turn, err));
    RP_TRY(check_begun(s->play, err));
    if (interactive)
        RP_TRY(rp_show_answers(s, err));
    return rp_show_end(s);
}

static int show_all(struct resume *r, struct rp_error *err)
{
    struct rp_show s;
    int rc;

    rp_show_init(&s, &r->alloc, r->scenario);
    rc = show(r, &s, err);
    rp_show_free(&s);
    return rc;
}

static int print_trace(struct resume *r, struct rp_error *err)
{
    struct rp_play_opts opts = {.alloc = r->alloc,
                                .store = &r->store,
                                .trace = rp_cli_stdout(),
                                .err = err,
                                .journal = r->journal.journal};
    struct rp_play *play;
    int rc;

    RP_TRY(rp_play_new(r->scenario, &opts, &play));
    rc = adopt(r, play, err);
    if (rc == RP_OK)
        rc = rp_play_turn(play, &r->turn, err);
    if (rc == RP_OK)
        rc = rp_play_end(play);
    if (rc == RP_OK)
        rc = check_begun(play, err);
    rp_play_free(play);
    return rc;
}

static int resume(struct resume *r)
{
    struct rp_error err = {0};
    int rc = choose(r, &err);

    if (rc == RP_OK)
        rc = read_answers(r, &err);
    if (rc == RP_OK && rp_journal_file_open(&r->journal, journal_name, r->scenario) >= 0)
        return RP_EXIT_BAD;
    if (rc == RP_OK)
        rc = trace ? print_trace(r, &err) : show_all(r, &err);
    if (rc == RP_OK)
        return rp_journal_file_close(&r->journal, RP_EXIT_OK);
    rp_journal_file_close(&r->journal, RP_EXIT_BAD);
    if (err.where[0])
        rp_cli_error(&err);
    else
        rp_cli_play_error(r->scenario, rc, &err);
    return RP_EXIT_BAD;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int check_usage(struct resume *r)
{
    r->turn.checkpoint = -1;
    if (!store_name)
        return rp_cli_bad_usage(&command, "say with --store where the checkpoints are", "");
    if (trace && interactive)
        return rp_cli_bad_usage(&command, "--trace and --interactive do not go together", "");
    if (!checkpoint || strcmp(checkpoint, "latest") == 0)
        return -1;
    return rp_cli_number(&command, "--checkpoint takes the number of a checkpoint, not ",
                         checkpoint, &r->turn.checkpoint);
}

int rp_cmd_resume(int argc, char **argv)
{
    struct resume r = {.alloc = rp_alloc_libc(), .turn = {.kind = RP_TURN_RESUME}};
    int files, status = rp_cli_args(&command, argc, argv, &files);

    if (status < 0)
        status = check_usage(&r);
    if (status >= 0)
        return status;
    r.scenario = rp_cli_load(argv[0]);
    if (!r.scenario)
        return RP_EXIT_BAD;
    r.turn.stream = stream || rp_is_true(rp_map_get(r.scenario->json, "stream"));
    status = rp_cli_store(store_name, RP_STORE_CHANGE, &r.store);
    if (status < 0)
        status = resume(&r);
    if (r.answer)
        r.alloc.resize(r.alloc.ctx, r.answer, r.turn.n_answers * sizeof(*r.answer), 0);
    rp_cli_close(&r.store);
    rp_scenario_free(r.scenario);
    return rp_cli_finish(status);
}
