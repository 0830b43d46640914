/* cassette_ground.h - the ground that tests of cassettes stand on: a folder of their own, all of a
 * cassette as text, and the playing of exchanges over a transport in virtual time. */
#ifndef TESTS_CASSETTE_GROUND_H
#define TESTS_CASSETTE_GROUND_H

#include "mocks/recorder.h"

/* For cmocka: a new folder; all of it gone. */
int cassette_set_up(void **state);
int cassette_tear_down(void **state);
#define CASSETTE_TEST(name)                                                                        \
    cmocka_unit_test_setup_teardown(name, cassette_set_up, cassette_tear_down)

/* The path of a file in the folder; it lives until the test ends. */
const char *cassette_file(const char *name);
/* Fails the test when it cannot be opened. */
struct rp_cassette *cassette_open(const char *path, enum rp_cassette_use use);
/* All that is in the cassette at path: interactions, tool results, notes; lives until the next
 * call. */
const char *cassette_told(const char *path);
/* The same of one that is open. */
const char *cassette_told_of(struct rp_cassette *c);
/* The bytes of a file, for comparing; *n of them; malloc'ed. */
char *cassette_bytes(const char *path, size_t *n);

/* Transports in virtual time: begins an exchange, and tells what comes of all that are open until
 * none is. */
struct cassette_play {
    struct rp_transport transport;
    uint64_t now_ms;
    uint32_t tickets[32];
    size_t n_tickets;
    struct rp_buf text;
};
void cassette_play_begin(struct cassette_play *p, struct rp_transport transport);
void cassette_play_end(struct cassette_play *p); /* frees the transport too */
/* The body; lane and order as given; POST http://h/v1/chat, dialect chat, model m. */
void cassette_ask(struct cassette_play *p, const char *lane, int64_t order, const char *body);
void cassette_ask_as(struct cassette_play *p, const struct rp_exchange *exchange);
/* Until nothing is open, or until that time; what came so far. */
const char *cassette_run(struct cassette_play *p);
const char *cassette_run_until(struct cassette_play *p, uint64_t ms);

#endif
