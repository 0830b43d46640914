/* cmd_cassette.h - what the commands of `reprise cassette` share. */
#ifndef RP_CMD_CASSETTE_H
#define RP_CMD_CASSETTE_H

#include "cmd_checkpoints.h"
#include "mocks/formats/formats.h"

/* One of them: its words without the options; the first is the cassette. */
struct rp_cassette_command {
    const struct rp_cli_command *command;
    int (*run)(int n, char **words);
};
extern const struct rp_cassette_command rp_cassette_edit_command, rp_cassette_merge_command,
    rp_cassette_import_command, rp_cassette_export_command;

#define RP_NO_CASSETTE "the cassette is missing"

/* -1 to go on, else the exit status after an error was told. */
int rp_cassette_cli_open(const char *path, enum rp_cassette_use use, struct rp_cassette **out);

#endif
