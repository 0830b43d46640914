/* cmd_graph.c - `reprise graph`: a scenario's workflow as a drawing. */
#include "cli.h"
#include "cmd.h"
#include "draw.h"

#include "engine/os/reprise_os.h"

static int dot;

static const struct rp_cli_flag flags[] = {{"--dot", &dot}};

static const struct rp_cli_command command = {
    .name = "graph",
    .help =
        "usage: reprise graph [--dot] FILE\n"
        "Draws the scenario's workflow as a Mermaid flowchart. A double frame marks an executor\n"
        "whose yields are outputs. Thick arrows fan out to all; dashed ones are choices, with\n"
        "their conditions; \"all\" joins wait for every source; of a handoff, lines without an\n"
        "arrow head only spread messages.\n"
        "\n"
        "  --dot           for Graphviz\n"
        "\n"
        "Exit status: 0, or 2 when the scenario is not valid.\n",
    .flags = flags,
    .n_flags = 1,
    .files_min = 1,
    .files_max = 1,
};

int rp_cmd_graph(int argc, char **argv)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_sink sink = rp_cli_stdout();
    struct rp_scenario *scenario;
    struct rp_buf out;
    int rc, files, status = rp_cli_args(&command, argc, argv, &files);

    if (status >= 0)
        return status;
    scenario = rp_cli_load(argv[0]);
    if (!scenario)
        return RP_EXIT_BAD;
    rp_buf_init(&out, &alloc, RP_TEXT_MAX);
    rc = rp_draw(&out, scenario, dot ? RP_DRAW_DOT : RP_DRAW_MERMAID);
    if (rc == RP_OK) {
        sink.put(sink.ctx, out.s, out.n);
    } else {
        struct rp_error err = {.status = rc};
        rp_cli_error(&err);
    }
    rp_buf_free(&out);
    rp_scenario_free(scenario);
    return rp_cli_finish(rc == RP_OK ? RP_EXIT_OK : RP_EXIT_BAD);
}
