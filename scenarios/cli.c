/* cli.c - what the subcommands share. */
#include "cli.h"

#include "engine/os/reprise_os.h"

#include <errno.h>
#include <stdint.h>
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
        fprintf(stderr, "reprise: %s: %s%s%s\n", scenario->path, err->where,
                err->where[0] ? ": " : "", text);
}

int rp_cli_bad_usage(const struct rp_cli_command *command, const char *what, const char *which)
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

/* Is that the option of that name, with or without its value? */
static int is_option(const char *arg, const char *name)
{
    size_t n = strlen(name);

    return strncmp(arg, name, n) == 0 && (arg[n] == '\0' || arg[n] == '=');
}

/* Which option is it? NULL: none. */
static const struct rp_cli_option *find_option(const struct rp_cli_command *command,
                                               const char *arg)
{
    for (size_t i = 0; i < command->n_options; i++)
        if (is_option(arg, command->options[i].name))
            return &command->options[i];
    return NULL;
}

static const struct rp_cli_list *find_list(const struct rp_cli_command *command, const char *arg)
{
    for (size_t i = 0; i < command->n_lists; i++)
        if (is_option(arg, command->lists[i].name))
            return &command->lists[i];
    return NULL;
}

/* What follows an option; NULL: nothing does. */
static const char *take_value(int argc, char **argv, int *i)
{
    const char *value = strchr(argv[*i], '=');

    if (value)
        return value + 1;
    return *i + 1 < argc ? argv[++*i] : NULL;
}

/* -1 to go on, else the exit status. */
static int take_option(const struct rp_cli_command *command, const struct rp_cli_option *option,
                       int argc, char **argv, int *i)
{
    *option->set = take_value(argc, argv, i);
    return *option->set ? -1 : rp_cli_bad_usage(command, "nothing follows ", option->name);
}

static int take_one_more(const struct rp_cli_command *command, const struct rp_cli_list *list,
                         int argc, char **argv, int *i)
{
    const char *value = take_value(argc, argv, i);

    if (!value)
        return rp_cli_bad_usage(command, "nothing follows ", list->name);
    if (list->values->n == RP_CLI_VALUES_MAX)
        return rp_cli_bad_usage(command, "given too often: ", list->name);
    list->values->at[list->values->n++] = value;
    return -1;
}

int rp_cli_number(const struct rp_cli_command *command, const char *what, const char *text,
                  int64_t *out)
{
    int64_t n = 0;

    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || n > (INT64_MAX - (*at - '0')) / 10)
            return rp_cli_bad_usage(command, what, text);
        n = n * 10 + (*at - '0');
    }
    if (!*text)
        return rp_cli_bad_usage(command, what, "nothing");
    *out = n;
    return -1;
}

/* One word that begins with '-'. -1 to go on, else the exit status. */
static int take_word(const struct rp_cli_command *command, int argc, char **argv, int *i)
{
    const struct rp_cli_option *option = find_option(command, argv[*i]);
    const struct rp_cli_list *list = find_list(command, argv[*i]);

    if (strcmp(argv[*i], "--help") == 0 || strcmp(argv[*i], "-h") == 0) {
        rp_cli_print(command->help);
        return rp_cli_finish(RP_EXIT_OK);
    }
    if (option)
        return take_option(command, option, argc, argv, i);
    if (list)
        return take_one_more(command, list, argc, argv, i);
    return take_flag(command, argv[*i]) ? -1
                                        : rp_cli_bad_usage(command, "unknown option ", argv[*i]);
}

int rp_cli_args(const struct rp_cli_command *command, int argc, char **argv, int *files)
{
    int only_files = 0, n = 0;

    for (int i = 0; i < argc; i++) {
        if (only_files || argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[n++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            only_files = 1;
        } else {
            int status = take_word(command, argc, argv, &i);
            if (status >= 0)
                return status;
        }
    }
    if (n < command->files_min)
        return rp_cli_bad_usage(command, command->missing ? command->missing : "a file is missing",
                                "");
    if (command->files_max > 0 && n > command->files_max)
        return rp_cli_bad_usage(command,
                                command->too_many ? command->too_many : "one file too many: ",
                                argv[command->files_max]);
    *files = n;
    return -1;
}

/* ---- stores ---------------------------------------------------------------------------------- */

int rp_cli_store(const char *name, enum rp_store_use use, struct rp_store *out)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};

    *out = (struct rp_store){0};
    if (rp_open_store(&alloc, name, use, out, &err) == RP_OK)
        return -1;
    rp_cli_error(&err);
    return RP_EXIT_BAD;
}

void rp_cli_close(struct rp_store *store)
{
    if (store->self)
        store->ops->free(store->self);
    *store = (struct rp_store){0};
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
    struct rp_play_opts told = *opts;
    int rc;

    told.err = &err;
    rc = rp_play_new(scenario, &told, &play);
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
