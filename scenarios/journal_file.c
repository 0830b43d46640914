/* journal_file.c - owns the file of a journal: that it takes nothing else's place, that each line
 * reaches the system as soon as it is made, what is told when it does not. */
#include "journal_file.h"

#include "cli.h"
#include "mocks/redact.h"

#include "engine/os/reprise_os.h"

#include <errno.h>
#include <string.h>

/* ---- redaction ------------------------------------------------------------------------------- */

static int redact_line(void *ctx, const char *line, size_t n, struct rp_buf *out, uint64_t *changed)
{
    return rp_redact_body(ctx, line, n, out, NULL, 0, changed);
}

int rp_journal_redaction(const struct rp_alloc *alloc, struct rp_redact **redact,
                         struct rp_journal_filter *filter, struct rp_error *err)
{
    RP_TRY(rp_redact_new(alloc, NULL, 0, redact, err));
    *filter = (struct rp_journal_filter){redact_line, *redact};
    return RP_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static int put_line(void *ctx, const char *s, size_t n)
{
    struct rp_journal_file *f = ctx;

    errno = 0;
    if (fwrite(s, 1, n, f->file) == n && fflush(f->file) == 0)
        return RP_OK;
    f->wrong = errno ? errno : EIO;
    return RP_EIO;
}

/* Whatever stands there must be a journal, or nothing. */
static int may_replace(const char *path, struct rp_error *err)
{
    static const char begins[] = "{\"e\":\"journal\",";
    char head[sizeof(begins) - 1];
    FILE *file = fopen(path, "rb");
    size_t n;

    if (!file)
        return errno == ENOENT ? RP_OK : rp_fail_at(err, RP_EIO, path, "%s", strerror(errno));
    n = fread(head, 1, sizeof(head), file);
    fclose(file);
    if (n == 0 || (n == sizeof(head) && memcmp(head, begins, n) == 0))
        return RP_OK;
    return rp_fail_at(err, RP_EIO, path,
                      "this file is no journal and would be lost; name another one for --journal");
}

static int open_file(struct rp_journal_file *f, const struct rp_scenario *scenario,
                     struct rp_error *err)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_journal_opts opts = {
        .alloc = alloc, .scenario = scenario, .sink = {put_line, f}, .filter = &f->filter};

    RP_TRY(may_replace(f->path, err));
    RP_TRY(rp_journal_redaction(&alloc, &f->redact, &f->filter, err));
    f->file = fopen(f->path, "wb");
    if (!f->file)
        return rp_fail_at(err, RP_EIO, f->path, "%s", strerror(errno));
    return rp_journal_new(&opts, &f->journal);
}

int rp_journal_file_open(struct rp_journal_file *f, const char *path,
                         const struct rp_scenario *scenario)
{
    struct rp_error err = {0};
    int rc;

    *f = (struct rp_journal_file){.path = path};
    if (!path)
        return -1;
    rc = open_file(f, scenario, &err);
    if (rc == RP_OK)
        return -1;
    err.status = rc;
    rp_cli_error(&err);
    f->path = NULL; /* it is told */
    return rp_journal_file_close(f, RP_EXIT_BAD);
}

static int tell(const struct rp_journal_file *f)
{
    struct rp_error err = {0};
    int rc = f->journal ? rp_journal_failed(f->journal) : RP_OK;

    if (!f->path || (rc == RP_OK && !f->wrong))
        return 0;
    if (f->wrong)
        rp_fail_at(&err, RP_EIO, f->path, "the journal ends before its run: %s",
                   strerror(f->wrong));
    else
        rp_fail_at(&err, rc, f->path, "the journal ends before its run: %s", rp_status_text(rc));
    rp_cli_error(&err);
    return 1;
}

int rp_journal_file_close(struct rp_journal_file *f, int status)
{
    errno = 0;
    if (f->file && fclose(f->file) != 0 && !f->wrong)
        f->wrong = errno ? errno : EIO;
    if (tell(f))
        status = RP_EXIT_BAD;
    rp_journal_free(f->journal);
    rp_redact_free(f->redact);
    *f = (struct rp_journal_file){0};
    return status;
}
