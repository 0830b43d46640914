/* cmd_merge.c - `reprise merge`: joins files of results that shards of an exploration left. */
#include "cli.h"
#include "cmd.h"
#include "explore_db.h"

#include "engine/os/reprise_os.h"

#include <stdio.h>

static const struct rp_cli_command command = {
    .name = "merge",
    .help = "usage: reprise merge OUT FILE...\n"
            "Adds the results in these files (reprise explore --out) to those in OUT, which is\n"
            "made when it is not there, and shows the sums. A file that is named twice counts\n"
            "twice.\n"
            "\n"
            "Exit status: 0 nothing was found in them, 1 a property is broken, 3 a run did not\n"
            "repeat itself, 4 a run did not end, 2 bad usage or input.\n",
    .files_min = 1,
};

static int show(void *ctx, const struct rp_results_of *of, const struct rp_findings *f)
{
    int *status = ctx;
    int now = f->mismatches ? 3 : f->broken ? 1 : f->stuck ? 4 : 0;

    printf("%s (%s): %llu runs, %s%llu distinct, %zu kinds of failure\n", of->file, of->settings,
           (unsigned long long)f->runs, f->prints_full ? "over " : "",
           (unsigned long long)f->n_print, f->n);
    for (size_t i = 0; i < f->n; i++)
        printf("  %016llx %s (%s)%s%s: in %llu runs, first with seed %llu\n",
               (unsigned long long)f->f[i].signature, rp_property_name(f->f[i].violation.property),
               f->f[i].violation.what, f->f[i].violation.executor[0] ? " at " : "",
               f->f[i].violation.executor, (unsigned long long)f->f[i].count,
               (unsigned long long)f->f[i].seed);
    *status = now > *status ? now : *status;
    return RP_OK;
}

int rp_cmd_merge(int argc, char **argv)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};
    int files, found = RP_EXIT_OK, status = rp_cli_args(&command, argc, argv, &files);

    if (status >= 0)
        return status;
    for (int i = 1; i < files; i++)
        if (rp_results_merge(argv[0], argv[i], &alloc, &err) != RP_OK) {
            rp_cli_error(&err);
            return RP_EXIT_BAD;
        }
    if (rp_results_read(argv[0], &alloc, show, &found, &err) != RP_OK) {
        rp_cli_error(&err);
        return RP_EXIT_BAD;
    }
    return rp_cli_finish(found);
}
