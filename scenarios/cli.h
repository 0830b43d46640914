/* cli.h - what the subcommands share: arguments, messages, standard output that is watched. */
#ifndef RP_CLI_H
#define RP_CLI_H

#include "load.h"
#include "open_store.h"
#include "play.h"

enum { RP_EXIT_OK = 0, RP_EXIT_DIFFERS = 1, RP_EXIT_BAD = 2 };

struct rp_cli_flag {
    const char *name; /* "--dot" */
    int *set;
};

/* An option with a value: "--keep 3" or "--keep=3". */
struct rp_cli_option {
    const char *name;
    const char **set;
};

/* One that may be given several times: "--mask A --mask B". */
enum { RP_CLI_VALUES_MAX = 64 };
struct rp_cli_values {
    const char *at[RP_CLI_VALUES_MAX];
    size_t n;
};
struct rp_cli_list {
    const char *name;
    struct rp_cli_values *values;
};

struct rp_cli_command {
    const char *name;
    const char *help; /* for --help, whole lines; its first line is the usage */
    const struct rp_cli_flag *flags;
    size_t n_flags;
    int files_min, files_max; /* files_max 0: any number */
    const struct rp_cli_option *options;
    size_t n_options;
    const struct rp_cli_list *lists;
    size_t n_lists;
    const char *missing, *too_many; /* NULL: "a file is missing", "one file too many: " */
};

/* Takes the flags and options out of argv; the files stay, *files of them. Returns -1 to go on,
 * else the exit status: help was printed, or bad usage told. */
int rp_cli_args(const struct rp_cli_command *command, int argc, char **argv, int *files);
/* Tells bad usage; returns its exit status. */
int rp_cli_bad_usage(const struct rp_cli_command *command, const char *what, const char *which);
/* A whole number from 0 to INT64_MAX. -1 to go on, else the exit status after bad usage was told;
 * what: "--keep takes a number: ". */
int rp_cli_number(const struct rp_cli_command *command, const char *what, const char *text,
                  int64_t *out);

/* To standard error: "reprise: WHERE: TEXT". */
void rp_cli_error(const struct rp_error *err);

/* Likewise for a scenario that could not be played to its end; failed output is told elsewhere. */
void rp_cli_play_error(const struct rp_scenario *scenario, int rc, const struct rp_error *err);

/* The store of that name; the exit status after an error was told, else -1. */
int rp_cli_store(const char *name, enum rp_store_use use, struct rp_store *out);
void rp_cli_close(struct rp_store *store); /* nothing where none is open */

/* Loads a scenario; NULL after an error was told. */
struct rp_scenario *rp_cli_load(const char *path);

/* Plays all of it; the exit status, after an error was told. */
int rp_cli_play(const struct rp_scenario *scenario, const struct rp_play_opts *opts);

/* Standard output. Once a write has failed, every further one does: RP_EIO. */
struct rp_sink rp_cli_stdout(void);
int rp_cli_print(const char *text);
/* Flushes; returns status, or RP_EXIT_BAD after telling that standard output failed. */
int rp_cli_finish(int status);

#endif
