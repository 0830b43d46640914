/* recorder_stand.h - a recorder on a cassette, over a service whose answers are given, and the
 * playing of exchanges over it. */
#ifndef TESTS_RECORDER_STAND_H
#define TESTS_RECORDER_STAND_H

#include "tests/support/cassette_ground.h"
#include "tests/support/fake_transport.h"

struct stand { /* a recorder on a cassette, and what plays over it */
    struct rp_cassette *cassette;
    struct rp_recorder_opts opts;
    struct fake_transport *service;
    struct rp_recorder *recorder;
    struct cassette_play play;
    struct rp_error err;
};

/* opts may hold match, immediate and redact before. answers NULL: there is no service. What making
 * the recorder gives; s->err. */
int stand_try(struct stand *s, const char *path, enum rp_mode mode,
              const struct fake_answer *answers, size_t n);
/* The same; fails the test. */
void stand(struct stand *s, const char *path, enum rp_mode mode, const struct fake_answer *answers,
           size_t n);
void stand_leave(struct stand *s);
/* Records one call of "w" after the other, each with an answer of its own. */
void stand_record(const char *path, const struct fake_answer *answers, size_t n,
                  const char *const *asks);
/* "1 replayed 0 recorded 0 missed 0 drifted, unused: 2 3" */
const char *stand_ledger(struct rp_recorder *r);

#endif
