/* main.c - the program `reprise`: arguments and exit status, nothing else. */
#include "cli.h"
#include "cmd.h"
#include "network.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: reprise COMMAND ...\n"
    "Plays scenarios of multi-agent orchestrations with scripted models, the same way every time.\n"
    "\n"
    "  run FILE...     plays scenarios and shows who says and does what\n"
    "  trace FILE      prints the portable trace of a scenario\n"
    "  record FILE     plays a scenario with real models and keeps what they say\n"
    "  resume FILE     goes on from a checkpoint that a run left in a store\n"
    "  replay JOURNAL  repeats a run from its journal and finds the first difference\n"
    "  cassette        lists, shows, edits, merges, imports, exports and verifies recordings\n"
    "  checkpoints     lists, shows, verifies, compares, prunes and exports checkpoints\n"
    "  check FILE...   says whether scenarios are valid, and where not\n"
    "  graph FILE      draws a scenario's workflow (Mermaid, or Graphviz with --dot)\n"
    "  test PATH...    holds scenarios against the traces beside them\n"
    "  serve FILE      answers HTTP clients as the models of a scenario, or from a cassette\n"
    "  explore FILE... plays scenarios under many schedules and misfortunes\n"
    "  merge OUT FILE  joins results of exploring\n"
    "  bench           measures the engine on this machine\n"
    "\n"
    "  --help          this text; reprise COMMAND --help tells more of a command\n"
    "  --version       the version\n"
    "\n"
    "Exit status: 0 done; 1 a test differs or a checkpoint is damaged; 2 bad usage, bad input or\n"
    "failed output.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", rp_cmd_run},
    {"trace", rp_cmd_trace},
    {"record", rp_cmd_record},
    {"resume", rp_cmd_resume},
    {"checkpoints", rp_cmd_checkpoints},
    {"check", rp_cmd_check},
    {"graph", rp_cmd_graph},
    {"cassette", rp_cmd_cassette},
    {"test", rp_cmd_test},
    {"serve", rp_cmd_serve},
    {"bench", rp_cmd_bench},
    {"replay", rp_cmd_replay},
    {"explore", rp_cmd_explore},
    {"merge", rp_cmd_merge},
};

static int bad_usage(const char *what, const char *which)
{
    fprintf(stderr, "reprise: %s%s; see \"reprise --help\"\n", what, which);
    return RP_EXIT_BAD;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, told like any other */
    int status = rp_network_enter(argc, argv);
    if (status >= 0)
        return status;
    if (argc < 2)
        return bad_usage("a command is missing", "");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        rp_cli_print(help);
        return rp_cli_finish(RP_EXIT_OK);
    }
    if (strcmp(argv[1], "--version") == 0) {
        rp_cli_print("reprise " RP_VERSION "\n");
        return rp_cli_finish(RP_EXIT_OK);
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    }
    return bad_usage("unknown command ", argv[1]);
}
