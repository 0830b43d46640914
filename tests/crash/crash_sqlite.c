/* crash_sqlite.c - crashes stores in SQLite databases everywhere, until so many points are counted,
 * and kills processes that save to one, alone and by twos. A point is one operation of a disk in
 * memory that went wrong in one way; what was left is opened again as it is after the end of the
 * process and after three losses of power, and compared with what was acknowledged.
 *
 *   crash_sqlite [--points N] [--kills N] [--seed N] [--file PATH]
 *
 * Exit status 1 when anything is wrong: the line says the seed, and where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/sqlite_kills.h"
#include "tests/support/sqlite_points.h"

struct options {
    long points, kills, seed;
    const char *file;
};

static int read_number(const char *s, long *n)
{
    char *end;

    *n = strtol(s, &end, 10);
    return *s && !*end && *n >= 0;
}

static int read_options(int n, char **given, struct options *o)
{
    for (int i = 1; i + 1 < n; i += 2) {
        int found = 0;
        if (strcmp(given[i], "--file") == 0) {
            o->file = given[i + 1];
            found = 1;
        }
        if (strcmp(given[i], "--points") == 0)
            found = read_number(given[i + 1], &o->points);
        if (strcmp(given[i], "--kills") == 0)
            found = read_number(given[i + 1], &o->kills);
        if (strcmp(given[i], "--seed") == 0)
            found = read_number(given[i + 1], &o->seed);
        if (!found)
            return 0;
    }
    return n % 2 == 1;
}

static int crash(const struct options *o)
{
    static struct points p;
    long by_fault[VFS_READ + 1] = {0}, points;

    points_init(&p);
    points = points_sweep(&p, (uint64_t)o->seed, o->points, 1, by_fault);
    points_free(&p);
    if (points < 0) {
        printf("crash_sqlite: %s\n", p.why);
        return 1;
    }
    printf("crash_sqlite: %ld points, %ld stores opened again, nothing lost:", points, p.looked);
    for (int i = VFS_IO; i <= VFS_READ; i++)
        printf(" %s %ld", points_fault_name((enum vfs_fault)i), by_fault[i]);
    printf("\n");
    return 0;
}

static int kill_some(const struct options *o, int writers)
{
    struct kills k = sqlite_kills(o->file, writers, (unsigned)o->kills, (uint64_t)o->seed);

    if (k.wrong[0]) {
        printf("crash_sqlite: seed %ld, %d writers, kill %ld: %s\n", o->seed, writers, k.kills,
               k.wrong);
        return 1;
    }
    printf("crash_sqlite: %ld kills of %d processes that saved %ld checkpoints and removed %ld, "
           "nothing lost\n",
           k.kills, writers, k.saved, k.removed);
    return 0;
}

int main(int n, char **given)
{
    struct options o = {.points = 50000, .kills = 200, .seed = 1, .file = "crash_sqlite.tmp"};

    if (!read_options(n, given, &o)) {
        fprintf(stderr, "crash_sqlite [--points N] [--kills N] [--seed N] [--file PATH]\n");
        return 2;
    }
    return crash(&o) || kill_some(&o, 1) || kill_some(&o, 2);
}
