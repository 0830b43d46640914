/* live_inside.h - what the files of live.h share. */
#ifndef RP_LIVE_INSIDE_H
#define RP_LIVE_INSIDE_H

#include "live.h"

struct rp_live {
    const struct rp_cli_command *command; /* borrowed */
    const struct rp_live_words *words;    /* borrowed */
    struct rp_alloc alloc;
    struct rp_heap heap;          /* of what the notes say */
    enum rp_mode mode;            /* as it was asked for */
    int asks, records;            /* the service may be asked; what it says is recorded */
    struct rp_cassette *cassette; /* NULL: none */
    size_t old_tools;             /* results of tools that it had */
    struct rp_redact *redact;
    struct rp_recorder *recorder; /* NULL: none yet, or no cassette */
    struct rp_match_opts match;
    const char *masks[RP_CLI_VALUES_MAX];
    uint64_t masked[RP_CLI_VALUES_MAX];
    uint64_t whole_ms;
    /* what the cassette was recorded with; NULL: nothing is said of it */
    const char *base_url, *model, *dialect, *lane_header;
    struct rp_service *services; /* of the scenario that is played */
    size_t n_services;
    struct rp_client_maker maker;
    struct rp_observer watch;
    struct rp_error broken; /* by the first result of a tool that could not be kept */
    char date[32];
};

/* live_notes.c: what a cassette was recorded with. RP_ENOMEM, RP_EPARSE, RP_EARG. */
int rp_live_read_notes(struct rp_live *l, struct rp_error *err);
int rp_live_write_notes(struct rp_live *l, struct rp_error *err);

/* live_service.c: where the models of a scenario are: l->services. RP_ENOMEM; RP_EARG: err->where
 * is "" and the text says what is missing. */
int rp_live_resolve(struct rp_live *l, const struct rp_scenario *scenario, struct rp_error *err);
void rp_live_forget(struct rp_live *l);

/* live_tools.c: keeps what tools say. */
struct rp_observer rp_live_tools(struct rp_live *l);

#endif
