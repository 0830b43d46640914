/* recorder_stand.c - owns recorders that tests stand on a cassette. */
#include "tests/support/recorder_stand.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cm.h"

static const char *date(void *ctx)
{
    (void)ctx;
    return "2026-11-20T16:10:15Z";
}

int stand_try(struct stand *s, const char *path, enum rp_mode mode,
              const struct fake_answer *answers, size_t n)
{
    struct rp_transport inner = {NULL, NULL}, transport;
    int rc;

    s->cassette = cassette_open(
        path, mode == RP_MODE_NONE || mode == RP_MODE_DIFF ? RP_CASSETTE_READ : RP_CASSETTE_KEEP);
    s->opts.alloc = rp_alloc_libc();
    s->opts.cassette = s->cassette;
    s->opts.mode = mode;
    s->opts.now = date;
    s->service = malloc(sizeof(*s->service));
    assert_non_null(s->service);
    if (answers)
        fake_transport_init(s->service, &s->opts.alloc, answers, n, &inner);
    rc = rp_recorder_new(&s->opts, inner, &s->recorder, &s->err);
    if (rc != RP_OK) {
        rp_cassette_close(s->cassette);
        free(s->service);
        return rc;
    }
    assert_int_equal(rp_recorder_transport(s->recorder, &transport), RP_OK);
    cassette_play_begin(&s->play, transport);
    return RP_OK;
}

void stand(struct stand *s, const char *path, enum rp_mode mode, const struct fake_answer *answers,
           size_t n)
{
    if (stand_try(s, path, mode, answers, n) != RP_OK)
        fail_msg("%s", s->err.text);
}

void stand_leave(struct stand *s)
{
    cassette_play_end(&s->play);
    rp_recorder_free(s->recorder);
    rp_cassette_close(s->cassette);
    free(s->service);
}

void stand_record(const char *path, const struct fake_answer *answers, size_t n,
                  const char *const *asks)
{
    struct stand s = {0};

    stand(&s, path, RP_MODE_ALL, answers, n);
    for (size_t i = 0; i < n; i++) {
        cassette_ask(&s.play, "w", (int64_t)i + 1, asks[i]);
        cassette_run(&s.play);
    }
    assert_int_equal(rp_recorder_ledger(s.recorder).recorded, n);
    stand_leave(&s);
}

const char *stand_ledger(struct rp_recorder *r)
{
    static char line[300];
    struct rp_ledger l = rp_recorder_ledger(r);
    size_t n = (size_t)snprintf(line, sizeof(line),
                                "%lu replayed %lu recorded %lu missed %lu "
                                "drifted, unused:",
                                (unsigned long)l.replayed, (unsigned long)l.recorded,
                                (unsigned long)l.missed, (unsigned long)l.drifted);

    for (size_t i = 0; i < l.unused; i++)
        n += (size_t)snprintf(line + n, sizeof(line) - n, " %ld", (long)l.unused_ids[i]);
    return line;
}
