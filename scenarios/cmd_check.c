/* cmd_check.c - `reprise check`: is a scenario valid, and where not? */
#include "cli.h"
#include "cmd.h"

static const struct rp_cli_command command = {
    .name = "check",
    .help =
        "usage: reprise check FILE...\n"
        "Reads scenarios and builds their workflows without playing them. Prints \"FILE: ok\",\n"
        "or tells place and reason of the first mistake of each.\n"
        "Exit status: 0 when all are valid, 2 when not.\n",
    .files_min = 1,
};

int rp_cmd_check(int argc, char **argv)
{
    int files, status = rp_cli_args(&command, argc, argv, &files);

    if (status >= 0)
        return status;
    status = RP_EXIT_OK;
    for (int i = 0; i < files; i++) {
        struct rp_scenario *scenario = rp_cli_load(argv[i]);
        if (!scenario) {
            status = RP_EXIT_BAD;
            continue;
        }
        rp_scenario_free(scenario);
        rp_cli_print(argv[i]);
        rp_cli_print(": ok\n");
    }
    return rp_cli_finish(status);
}
