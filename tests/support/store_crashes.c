/* store_crashes.c - owns the crashing of one life of a store at every operation of its disk. */
#include "tests/support/store_crashes.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/store_history.h"

struct sweep {
    struct history h;
    struct crashes *out;
    long at;
    enum ff_fault fault;
    int e;
    long lasts;
};

static uint64_t seed_of(const struct sweep *s, int crash)
{
    return s->h.seed * 1000003 + (uint64_t)s->at * 101 + (uint64_t)s->fault * 11 + (uint64_t)crash;
}

static int look(struct sweep *s, int crash)
{
    return history_check(&s->h, crash, seed_of(s, crash));
}

/* Not stopped but failed: what would be, if the power failed now? */
static int look_after_failure(struct history *h)
{
    struct sweep *s = (struct sweep *)(void *)h;

    return look(s, FF_NOTHING) && look(s, FF_DRAWN + 1);
}

static int look_at_end(struct sweep *s)
{
    int fine = 1;

    if (s->fault == FF_STOP)
        for (int crash = 0; fine && crash < FF_CRASHES; crash++)
            fine = look(s, crash);
    else
        fine = look(s, FF_ENDED) && look(s, FF_NOTHING) && look(s, FF_DRAWN);
    return fine;
}

static void say_wrong(struct sweep *s, const struct ff *disk)
{
    snprintf(s->out->wrong, sizeof(s->out->wrong),
             "life %lu, operation %ld (%c), fault %d, error %d, lasts %ld: %s",
             (unsigned long)s->h.seed, s->at,
             s->at >= 0 && s->at < disk->ops ? disk->kinds[s->at] : '-', (int)s->fault, s->e,
             s->lasts, s->h.wrong);
}

static int play(struct sweep *s, long at, enum ff_fault fault, int e, long lasts)
{
    struct ff disk;
    int fine;

    ff_init(&disk);
    ff_plan(&disk, at, fault, e, lasts);
    s->lasts = lasts;
    s->at = at;
    s->fault = fault;
    s->e = e;
    s->h.after_failure = lasts == LONG_MAX ? NULL : look_after_failure;
    fine = history_play(&s->h, &disk) && look_at_end(s);
    if (!fine)
        say_wrong(s, &disk);
    s->out->points = s->h.points;
    ff_free(&disk);
    return fine;
}

static int play_all(struct sweep *s, long at, char kind)
{
    int e = at % 2 ? ENOSPC : EIO;

    return play(s, at, FF_STOP, 0, 1) && play(s, at, FF_ERROR, e, 1) &&
           play(s, at, FF_LATE, e, 1) && play(s, at, FF_ERROR, EIO, 2 + at % 3) &&
           (at % 4 != 1 || play(s, at, FF_ERROR, e, LONG_MAX)) &&
           (at % 4 != 3 || play(s, at, FF_LATE, e, LONG_MAX)) &&
           (kind != 'W' || (play(s, at, FF_SHORT, 0, 1) && play(s, at, FF_TEAR, ENOSPC, 1))) &&
           (kind != 'R' || play(s, at, FF_SHORT, 0, 1)) &&
           (kind != 'S' || play(s, at, FF_DROP, EIO, 1));
}

struct crashes store_crashes(uint64_t seed, unsigned steps, long points_max)
{
    struct crashes out = {0};
    struct sweep s = {.out = &out, .at = -1};
    struct ff disk;

    history_init(&s.h, seed, steps);
    ff_init(&disk);
    if (!history_play(&s.h, &disk) || !history_check(&s.h, FF_NOTHING, seed))
        say_wrong(&s, &disk);
    out.operations = disk.ops;
    for (long at = 0; !out.wrong[0] && at < disk.ops && out.points < points_max; at++)
        play_all(&s, at, disk.kinds[at]);
    ff_free(&disk);
    history_free(&s.h);
    return out;
}
