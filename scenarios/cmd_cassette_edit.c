/* cmd_cassette_edit.c - `reprise cassette edit`. */
#include "cmd_cassette.h"

#include "cassette_edit.h"
#include "engine/os/reprise_os.h"
#include "files.h"

#include <string.h>

static const char *body, *status_text, *lane, *rename_lane;
static struct rp_cli_values sets, rules;
static int remove_it;
static const struct rp_cli_flag edit_flags[] = {{"--remove", &remove_it}};
static const struct rp_cli_option edit_options[] = {{"--body", &body},
                                                    {"--status", &status_text},
                                                    {"--lane", &lane},
                                                    {"--rename-lane", &rename_lane}};
static const struct rp_cli_list edit_lists[] = {{"--set", &sets}, {"--redact", &rules}};

static const struct rp_cli_command edit_command = {
    .name = "cassette edit",
    .help =
        "usage: reprise cassette edit CASSETTE ID [--set POINTER=JSON]... [--body FILE]\n"
        "                                         [--status N] [--lane L] [--redact RULE]...\n"
        "       reprise cassette edit CASSETTE ID --remove\n"
        "       reprise cassette edit CASSETTE --rename-lane A=B\n"
        "Changes one exchange, removes it, or renames a lane, and says what has changed. The\n"
        "digest, content-length and pieces are made anew where they have to be; secrets are taken\n"
        "out as in a recording.\n"
        "\n"
        "  --set POINTER=JSON   sets one place of the reply (a JSON pointer, such as\n"
        "                       /choices/0/message/content); of the request after \"request:\"\n"
        "  --body FILE          the whole reply\n"
        "  --status N           its status; it no longer fails\n"
        "  --lane L             it becomes the last call of that lane\n"
        "  --redact RULE        also takes out what that rule finds\n"
        "  --rename-lane A=B    all of lane A becomes lane B's\n",
    .flags = edit_flags,
    .n_flags = 1,
    .options = edit_options,
    .n_options = 4,
    .lists = edit_lists,
    .n_lists = 2,
    .files_min = 1,
    .files_max = 2,
    .missing = RP_NO_CASSETTE,
    .too_many = "one exchange too many: ",
};

/* ---- the ways to edit ------------------------------------------------------------------------ */

static int rename_it(struct rp_buf *out, struct rp_cassette *c, struct rp_error *err)
{
    char from[256];
    size_t n = (size_t)(strchr(rename_lane, '=') - rename_lane);

    if (n >= sizeof(from))
        return rp_fail_at(err, RP_ENOTFOUND, rp_cassette_path(c), "no lane has so long a name");
    memcpy(from, rename_lane, n);
    from[n] = '\0';
    return rp_cassette_rename_lane(out, c, from, rename_lane + n + 1, err);
}

static int remove_one(struct rp_buf *out, struct rp_cassette *c, int64_t id, struct rp_error *err)
{
    struct rp_words w = {out, 0};

    RP_TRY(rp_cassette_remove(c, id, err));
    rp_words_z(&w, "exchange ");
    rp_words_int(&w, id);
    rp_words_z(&w, ": removed\n");
    return out->failed;
}

static int change_one(struct rp_buf *out, struct rp_cassette *c, int64_t id, int64_t status,
                      struct rp_error *err)
{
    struct rp_cassette_edit edit = {
        .set = sets.at, .n_set = sets.n, .status = (int)status, .lane = lane};
    struct rp_redact *redact = NULL;
    struct rp_str bytes;
    struct rp_buf file;
    int rc = RP_OK;

    rp_buf_init(&file, &out->alloc, RP_TEXT_MAX);
    if (body)
        rc = rp_file_read(&file, body, err);
    if (rc == RP_OK)
        rc = rp_redact_new(&out->alloc, rules.at, rules.n, &redact, err);
    if (rc == RP_OK) {
        bytes = (struct rp_str){file.s ? file.s : "", file.n};
        edit.body = body ? &bytes : NULL;
        rc = rp_cassette_edit(out, c, id, &edit, redact, err);
    }
    rp_redact_free(redact);
    rp_buf_free(&file);
    return rc;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int changes(void)
{
    return sets.n > 0 || body || status_text || lane;
}

/* -1 to go on, else the exit status after bad usage was told. */
static int check_usage(int n)
{
    if (rename_lane && (n > 1 || changes() || remove_it))
        return rp_cli_bad_usage(&edit_command, "--rename-lane stands alone, without an exchange",
                                "");
    if (rename_lane) {
        const char *equals = strchr(rename_lane, '=');
        if (!equals || equals == rename_lane || !equals[1])
            return rp_cli_bad_usage(&edit_command, "--rename-lane takes A=B, not ", rename_lane);
        return -1;
    }
    if (n < 2)
        return rp_cli_bad_usage(&edit_command, "the number of an exchange is missing", "");
    if (remove_it && changes())
        return rp_cli_bad_usage(&edit_command, "what is removed cannot be changed too", "");
    if (body && sets.n > 0)
        return rp_cli_bad_usage(&edit_command, "it is either --body or --set", "");
    if (!remove_it && !changes() && rules.n == 0)
        return rp_cli_bad_usage(&edit_command, "nothing is to be changed", "");
    return -1;
}

static int read_numbers(int n, char **words, int64_t *id, int64_t *status)
{
    int told = -1;

    if (n > 1)
        told = rp_cli_number(&edit_command, "not the number of an exchange: ", words[1], id);
    if (told < 0 && status_text)
        told = rp_cli_number(&edit_command, "--status takes a number, not ", status_text, status);
    if (told < 0 && status_text && (*status < 100 || *status > 999))
        told = rp_cli_bad_usage(&edit_command, "a status is from 100 to 999, not ", status_text);
    return told;
}

static int edit(int n, char **words)
{
    int64_t id = 0, code = 0;
    struct rp_error err = {0};
    struct rp_cassette *c;
    struct rp_alloc alloc;
    struct rp_buf out;
    int rc, status = check_usage(n);

    if (status < 0)
        status = read_numbers(n, words, &id, &code);
    if (status < 0)
        status = rp_cassette_cli_open(words[0], RP_CASSETTE_WRITE, &c);
    if (status >= 0)
        return status;
    rp_checkpoints_begin(&out, &alloc);
    if (rename_lane)
        rc = rename_it(&out, c, &err);
    else
        rc = remove_it ? remove_one(&out, c, id, &err) : change_one(&out, c, id, code, &err);
    status = rp_checkpoints_print(&out, rc, &err);
    rp_cassette_close(c);
    return status;
}

const struct rp_cassette_command rp_cassette_edit_command = {&edit_command, edit};
