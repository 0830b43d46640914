/* cli.c - what the subcommands share. */
#include "cli.h"

#include "engine/os/reprise_os.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- messages -------------------------------------------------------------------------------- */

void rp_cli_error(const struct rp_error *err)
{
    const char *text = err->text[0] ? err->text : rp_status_text(err->status);

    fprintf(stderr, "reprise: %s%s%s\n", err->where, err->where[0] ? ": " : "", text);
}

void rp_cli_play_error(const struct rp_scenario *scenario, int rc, const struct rp_error *err)
{
    const char *text = err->text[0] ? err->text : rp_status_text(rc);

    if (rc != RP_EIO) /* rp_cli_finish tells of output that failed */
        fprintf(stderr, "reprise: %s: %s\n", scenario->path, text);
}

static int bad_usage(const struct rp_cli_command *command, const char *what, const char *which)
{
    fprintf(stderr, "reprise %s: %s%s; see \"reprise %s --help\"\n", command->name, what, which,
            command->name);
    return RP_EXIT_BAD;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static int take_flag(const struct rp_cli_command *command, const char *arg)
{
    for (size_t i = 0; i < command->n_flags; i++) {
        if (strcmp(command->flags[i].name, arg) == 0) {
            *command->flags[i].set = 1;
            return 1;
        }
    }
    return 0;
}

int rp_cli_args(const struct rp_cli_command *command, int argc, char **argv, int *files)
{
    int only_files = 0, n = 0;

    for (int i = 0; i < argc; i++) {
        if (only_files || argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[n++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            only_files = 1;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            rp_cli_print(command->help);
            return rp_cli_finish(RP_EXIT_OK);
        } else if (!take_flag(command, argv[i])) {
            return bad_usage(command, "unknown option ", argv[i]);
        }
    }
    if (n < command->files_min)
        return bad_usage(command, "a file is missing", "");
    if (command->files_max > 0 && n > command->files_max)
        return bad_usage(command, "one file too many: ", argv[command->files_max]);
    *files = n;
    return -1;
}

/* ---- files ----------------------------------------------------------------------------------- */

struct rp_scenario *rp_cli_load(const char *path)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *scenario = NULL;
    struct rp_error err = {0};

    if (rp_scenario_load(&alloc, path, &scenario, &err) == RP_OK)
        return scenario;
    rp_cli_error(&err);
    return NULL;
}

int rp_cli_play(const struct rp_scenario *scenario, const struct rp_play_opts *opts)
{
    struct rp_error err = {0};
    struct rp_play *play = NULL;
    int rc = rp_play_new(scenario, opts, &play);

    if (rc == RP_OK)
        rc = rp_play_all(play, &err);
    rp_play_free(play);
    if (rc == RP_OK)
        return RP_EXIT_OK;
    rp_cli_play_error(scenario, rc, &err);
    return RP_EXIT_BAD;
}

static int output_errno; /* of the first write that failed */

static int write_stdout(void *ctx, const char *s, size_t n)
{
    (void)ctx;
    if (output_errno)
        return RP_EIO;
    errno = 0;
    if (fwrite(s, 1, n, stdout) == n)
        return RP_OK;
    output_errno = errno ? errno : EIO;
    return RP_EIO;
}

struct rp_sink rp_cli_stdout(void)
{
    return (struct rp_sink){write_stdout, NULL};
}

int rp_cli_print(const char *text)
{
    return write_stdout(NULL, text, strlen(text));
}

int rp_cli_finish(int status)
{
    errno = 0;
    if (fflush(stdout) != 0 && !output_errno)
        output_errno = errno ? errno : EIO;
    if (!output_errno)
        return status;
    fprintf(stderr, "reprise: standard output: %s\n", strerror(output_errno));
    return RP_EXIT_BAD;
}
