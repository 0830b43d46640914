/* crash_files.c - crashes stores of checkpoint files everywhere, until so many points are counted,
 * and kills processes that write to one. A point is a disk that a crash or an error left, opened
 * again and compared with what was acknowledged.
 *
 *   crash_files [--points N] [--kills N] [--seed N] [--steps N] [--folder PATH]
 *
 * Exit status 1 when anything is wrong: the line says the seed, and where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/store_crashes.h"

struct options {
    long points, kills, seed, steps;
    const char *folder;
};

static int read_number(const char *s, long *n)
{
    char *end;

    *n = strtol(s, &end, 10);
    return *s && !*end && *n >= 0;
}

static int read_options(int n, char **given, struct options *o)
{
    const struct {
        const char *name;
        long *number;
    } numbers[] = {{"--points", &o->points},
                   {"--kills", &o->kills},
                   {"--seed", &o->seed},
                   {"--steps", &o->steps}};

    for (int i = 1; i + 1 < n; i += 2) {
        int found = strcmp(given[i], "--folder") == 0;
        if (found)
            o->folder = given[i + 1];
        for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
            if (strcmp(given[i], numbers[k].name) == 0)
                found = read_number(given[i + 1], numbers[k].number);
        if (!found)
            return 0;
    }
    return n % 2 == 1;
}

static int crash(const struct options *o)
{
    long points = 0, operations = 0, lives = 0;

    for (; points < o->points; lives++) {
        struct crashes c =
            store_crashes((uint64_t)(o->seed + lives), (unsigned)o->steps, o->points - points);
        points += c.points;
        operations += c.operations;
        if (c.wrong[0]) {
            printf("crash_files: %s\n", c.wrong);
            return 1;
        }
    }
    printf("crash_files: %ld points in %ld lives of %ld operations, nothing lost\n", points, lives,
           operations);
    return 0;
}

static int kill_some(const struct options *o)
{
    long saved = 0;
    const char *wrong;

    if (o->kills == 0)
        return 0;
    wrong = store_kills(o->folder, (unsigned)o->kills, (uint64_t)o->seed, &saved);
    if (*wrong) {
        printf("crash_files: seed %ld: %s\n", o->seed, wrong);
        return 1;
    }
    printf("crash_files: %ld kills of a process that saved %ld checkpoints, nothing lost\n",
           o->kills, saved);
    return 0;
}

int main(int n, char **given)
{
    struct options o = {
        .points = 50000, .kills = 300, .seed = 1, .steps = 40, .folder = "crash_files.tmp"};

    if (!read_options(n, given, &o)) {
        fprintf(stderr, "crash_files [--points N] [--kills N] [--seed N] [--steps N] "
                        "[--folder PATH]\n");
        return 2;
    }
    return crash(&o) || kill_some(&o);
}
