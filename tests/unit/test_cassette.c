/* test_cassette.c - a cassette gives back what was put into it, changes as one, tells what is wrong
 * with a file, and loses nothing when its process is killed. */
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cassette_ground.h"
#include "tests/support/cm.h"

static const struct rp_header asked[] = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
static const struct rp_header got[] = {{"X-A", "1"}, {"X-A", "\xff latin"}};
static const struct rp_body_chunk chunks[] = {{5, 0}, {0, 127}, {1, 128}, {3, UINT64_MAX}};

static struct rp_interaction whole(void)
{
    return (struct rp_interaction){.lane = "writer",
                                   .order = 3,
                                   .attempt = 1,
                                   .dialect = "chat",
                                   .model = "m-1",
                                   .stream = 1,
                                   .method = "POST",
                                   .url = "https://h/v1/chat?x=1",
                                   .request_headers = asked,
                                   .n_request_headers = 2,
                                   .request = "{\"a\":1}",
                                   .n_request = 7,
                                   .status = 200,
                                   .headers = got,
                                   .n_headers = 2,
                                   .body = "he\0lo wor",
                                   .n_body = 9,
                                   .chunks = chunks,
                                   .n_chunks = 4,
                                   .started_us = 1,
                                   .head_us = 1u << 31,
                                   .end_us = 77,
                                   .failure = RP_FAILURE_RESET,
                                   .failure_text = "it broke",
                                   .recorded_at = "2026-11-20T16:10:15Z",
                                   .source = "record"};
}

static struct rp_interaction least(const char *lane)
{
    return (struct rp_interaction){.lane = lane, .method = "POST", .url = "http://h/"};
}

static int64_t add(struct rp_cassette *c, const struct rp_interaction *i)
{
    struct rp_error err = {0};
    int64_t id = 0;

    if (rp_cassette_add(c, i, &id, &err) != RP_OK)
        fail_msg("%s", err.text);
    return id;
}

/* ---- giving back ---- */

static void what_was_added_comes_back_as_it_was(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct rp_interaction i = whole();
    const struct rp_interaction *back;

    (void)state;
    assert_int_equal(add(c, &i), 1);
    rp_cassette_close(c);
    c = cassette_open(path, RP_CASSETTE_READ);
    assert_int_equal(rp_cassette_count(c), 1);
    assert_int_equal(rp_cassette_get(c, 1, &back, NULL), RP_OK);
    assert_int_equal(back->n_body, 9);
    assert_memory_equal(back->body, "he\0lo wor", 9);
    assert_int_equal(back->n_chunks, 4);
    for (size_t k = 0; k < 4; k++) {
        assert_int_equal(back->chunks[k].n, chunks[k].n);
        assert_true(back->chunks[k].gap_us == chunks[k].gap_us);
    }
    assert_string_equal(back->headers[1].value, "\xff latin");
    assert_int_equal(strlen(back->digest), 64);
    assert_string_equal(cassette_told_of(c),
                        "1 writer 3.1 chat m-1 stream POST https://h/v1/chat?x=1 024dd55c\n"
                        "  > Content-Type: application/json\n"
                        "  > X-Empty: \n"
                        "  > {\"a\":1}\n"
                        "  < 200 at 1+2147483648, end 77, reset it broke, 2026-11-20T16:10:15Z "
                        "record\n"
                        "  < X-A: 1\n"
                        "  < X-A: \xff latin\n"
                        "  < he");
    rp_cassette_close(c);
}

static void what_is_left_out_comes_back_as_nothing(void **state)
{
    struct rp_cassette *c = cassette_open(":memory:", RP_CASSETTE_KEEP);
    struct rp_interaction i = least("w");
    const struct rp_interaction *back;

    (void)state;
    add(c, &i);
    assert_int_equal(rp_cassette_get(c, 1, &back, NULL), RP_OK);
    assert_null(back->dialect);
    assert_null(back->model);
    assert_null(back->failure_text);
    assert_null(back->recorded_at);
    assert_string_equal(back->source, "record");
    assert_string_equal(back->request, "");
    assert_int_equal(back->n_body + back->n_chunks + back->n_headers + back->n_request_headers, 0);
    assert_int_equal(back->failure, RP_FAILURE_NONE);
    rp_cassette_close(c);
}

static void ids_are_kept_where_they_are_free(void **state)
{
    struct rp_cassette *c = cassette_open(":memory:", RP_CASSETTE_KEEP);
    struct rp_interaction i = least("w");
    const int64_t expected[] = {1, 2, 5, 8};

    (void)state;
    assert_int_equal(add(c, &i), 1);
    i.id = 5;
    assert_int_equal(add(c, &i), 5);
    i.id = 2; /* started before, ended later */
    assert_int_equal(add(c, &i), 2);
    i.id = 8;
    assert_int_equal(add(c, &i), 8);
    assert_int_equal(add(c, &i), 9); /* taken: the next */
    assert_int_equal(rp_cassette_remove(c, 9, NULL), RP_OK);
    assert_int_equal(rp_cassette_count(c), 4);
    for (size_t k = 0; k < 4; k++)
        assert_int_equal(rp_cassette_nth(c, k), expected[k]);
    rp_cassette_close(c);
}

static void replacing_removing_and_renewing_change_just_one(void **state)
{
    struct rp_cassette *c = cassette_open(":memory:", RP_CASSETTE_KEEP);
    struct rp_interaction i = least("a");
    struct rp_error err;
    int64_t id;

    (void)state;
    add(c, &i);
    add(c, &i);
    i.lane = "b";
    i.id = 1;
    assert_int_equal(rp_cassette_replace(c, &i, NULL), RP_OK);
    i.lane = "c";
    i.id = 7;
    assert_int_equal(rp_cassette_replace(c, &i, &err), RP_ENOTFOUND);
    assert_string_equal(err.text, "there is no interaction 7; the first is 1 and the last 2");
    assert_int_equal(rp_cassette_renew(c, 2, &i, &id, NULL), RP_OK);
    assert_int_equal(id, 7);
    assert_int_equal(rp_cassette_renew(c, 2, &i, &id, &err), RP_ENOTFOUND);
    assert_int_equal(rp_cassette_remove(c, 3, &err), RP_ENOTFOUND);
    assert_string_equal(cassette_told_of(c),
                        "1 b 0.0 - - POST http://h/ 34328eb7\n"
                        "  > \n  < 0 at 0+0, end 0, none -, - record\n  < \n  \n"
                        "7 c 0.0 - - POST http://h/ 34328eb7\n"
                        "  > \n  < 0 at 0+0, end 0, none -, - record\n  < \n  \n");
    assert_int_equal(rp_cassette_verify(c, NULL, NULL), RP_OK);
    rp_cassette_close(c);
}

static void tool_results_and_notes_are_kept(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct rp_interaction i = least("w");
    const struct rp_tool_record t = {"w", "add", "call_1", "{\"a\":1}", "2", 0, 1};
    const struct rp_tool_record u = {"w", "div", "call_2", "{}", "\"by zero\"", 1, 2};

    (void)state;
    add(c, &i);
    add(c, &i);
    assert_int_equal(rp_cassette_add_tool(c, &t, NULL), RP_OK);
    assert_int_equal(rp_cassette_add_tool(c, &u, NULL), RP_OK);
    assert_int_equal(rp_cassette_set_note(c, "redact", "[1]", NULL), RP_OK);
    assert_int_equal(rp_cassette_set_note(c, "redact", "[2]", NULL), RP_OK);
    assert_int_equal(rp_cassette_set_note(c, "other", "x", NULL), RP_OK);
    assert_int_equal(rp_cassette_set_note(c, "other", NULL, NULL), RP_OK);
    assert_null(rp_cassette_note(c, "other"));
    assert_int_equal(rp_cassette_remove(c, 1, NULL), RP_OK);
    assert_int_equal(rp_cassette_remove(c, 2, NULL), RP_OK);
    rp_cassette_close(c);
    assert_string_equal(cassette_told(path), "tool w add call_1 {\"a\":1} -> 2 after 0\n"
                                             "tool w div call_2 {} -> \"by zero\" failed after 0\n"
                                             "redact [2]\n");
}

static void what_cannot_be_is_refused(void **state)
{
    struct rp_cassette *c = cassette_open(":memory:", RP_CASSETTE_KEEP);
    struct rp_interaction i = whole();
    struct rp_error err;

    (void)state;
    i.n_chunks = 2;
    assert_int_equal(rp_cassette_add(c, &i, NULL, &err), RP_EARG);
    assert_string_equal(err.text, "adding an interaction: the lengths of the chunks do not add up "
                                  "to that of the body");
    i.lane = NULL;
    assert_int_equal(rp_cassette_add(c, &i, NULL, &err), RP_EARG);
    assert_string_equal(err.text, "adding an interaction: lane, method and URL must be given");
    assert_int_equal(rp_cassette_count(c), 0);
    rp_cassette_close(c);
}

/* ---- several changes as one ---- */

static void a_change_is_all_or_nothing(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct rp_interaction i = least("w"), bad = least(NULL);
    struct rp_error err;

    (void)state;
    add(c, &i);
    assert_int_equal(rp_cassette_begin(c, NULL), RP_OK);
    assert_int_equal(rp_cassette_begin(c, &err), RP_ESTATE);
    add(c, &i);
    assert_int_equal(rp_cassette_remove(c, 1, NULL), RP_OK);
    assert_int_equal(rp_cassette_add(c, &bad, NULL, NULL), RP_EARG); /* and the rest goes on */
    assert_int_equal(rp_cassette_nth(c, 0), 2);
    rp_cassette_rollback(c);
    assert_int_equal(rp_cassette_count(c), 1);
    assert_int_equal(rp_cassette_nth(c, 0), 1);
    assert_int_equal(rp_cassette_begin(c, NULL), RP_OK);
    add(c, &i);
    assert_int_equal(rp_cassette_commit(c, NULL), RP_OK);
    assert_int_equal(rp_cassette_commit(c, &err), RP_ESTATE);
    rp_cassette_rollback(c);
    assert_int_equal(rp_cassette_count(c), 2);
    assert_int_equal(rp_cassette_begin(c, NULL), RP_OK);
    add(c, &i);
    rp_cassette_close(c);
    c = cassette_open(path, RP_CASSETTE_READ);
    assert_int_equal(rp_cassette_count(c), 2);
    rp_cassette_close(c);
}

/* ---- files ---- */

static void refused(const char *path, enum rp_cassette_use use, int status, const char *text)
{
    struct rp_alloc memory = rp_alloc_libc();
    struct rp_cassette *c = NULL;
    struct rp_error err = {0};

    assert_int_equal(rp_cassette_open(&memory, path, use, &c, &err), status);
    assert_null(c);
    if (!strstr(err.text, text))
        fail_msg("%s", err.text);
}

static void write_file(const char *path, const char *s, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(s, 1, n, f), n);
    fclose(f);
}

static void sql(const char *path, const char *text)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void files_that_are_no_cassettes_are_left_as_they_are(void **state)
{
    static const char text[] = "just a text of some length, as anybody may have one in a file";
    const char *path = cassette_file("text"), *other = cassette_file("db");
    size_t n;
    char *bytes;

    (void)state;
    refused(cassette_file("none"), RP_CASSETTE_READ, RP_ENOTFOUND, "there is no such cassette");
    refused(cassette_file("none"), RP_CASSETTE_WRITE, RP_ENOTFOUND, "there is no such cassette");
    refused("", RP_CASSETTE_KEEP, RP_EIO, "the path is empty");
    refused(cassette_file("no/folder"), RP_CASSETTE_KEEP, RP_EIO, "look whether the folder");
    write_file(path, text, sizeof(text));
    refused(path, RP_CASSETTE_KEEP, RP_EPARSE, "the file is no SQLite database");
    bytes = cassette_bytes(path, &n);
    assert_int_equal(n, sizeof(text));
    assert_memory_equal(bytes, text, n);
    free(bytes);
    sql(other, "CREATE TABLE a(b)");
    refused(other, RP_CASSETTE_KEEP, RP_EPARSE, "a SQLite database of another program");
    write_file(path, "", 0);
    refused(path, RP_CASSETTE_READ, RP_EPARSE, "nothing was ever recorded");
}

static void later_versions_and_other_tables_are_refused(void **state)
{
    const char *path = cassette_file("c");

    (void)state;
    rp_cassette_close(cassette_open(path, RP_CASSETTE_KEEP));
    sql(path, "PRAGMA user_version = 2");
    refused(path, RP_CASSETTE_READ, RP_EPARSE,
            "of version 2, and this program knows versions up to 1; use a newer program");
    refused(path, RP_CASSETTE_WRITE, RP_EPARSE, "of version 2");
    sql(path, "PRAGMA user_version = 1; ALTER TABLE interaction ADD COLUMN x");
    refused(path, RP_CASSETTE_READ, RP_EPARSE, "a table is missing or is not as it should be");
}

static void reading_changes_no_byte_and_needs_no_right_to_write(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct rp_interaction i = whole();
    struct rp_error err;
    char *before, *after;
    size_t n, m;

    (void)state;
    add(c, &i);
    rp_cassette_close(c);
    before = cassette_bytes(path, &n);
    assert_int_equal(chmod(path, 0444), 0);
    c = cassette_open(path, RP_CASSETTE_READ);
    assert_int_equal(rp_cassette_verify(c, NULL, NULL), RP_OK);
    assert_int_equal(rp_cassette_add(c, &i, NULL, &err), RP_EIO);
    assert_string_equal(err.text, "adding an interaction: the cassette was opened to be read; open "
                                  "it for writing");
    rp_cassette_close(c);
    after = cassette_bytes(path, &m);
    assert_int_equal(n, m);
    assert_memory_equal(before, after, n);
    free(before);
    free(after);
}

static struct rp_buf faults;

static int keep_fault(void *ctx, const char *fault)
{
    (void)ctx;
    assert_int_equal(rp_buf_addz(&faults, fault), RP_OK);
    return rp_buf_addz(&faults, "\n");
}

static void damage_is_told_row_by_row(void **state)
{
    const char *path = cassette_file("c");
    struct rp_alloc memory = rp_alloc_libc();
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    const struct rp_tool_record t = {"w", "add", "call_1", "{}", "2", 0, 9};
    const struct rp_interaction *back;
    struct rp_interaction i = whole();

    (void)state;
    for (int k = 0; k < 6; k++)
        add(c, &i);
    assert_int_equal(rp_cassette_add_tool(c, &t, NULL), RP_OK);
    rp_cassette_close(c);
    sql(path, "UPDATE interaction SET model = 'other' WHERE id = 1;"
              "UPDATE interaction SET digest = replace(digest, 'a', 'b') WHERE id = 2;"
              "UPDATE interaction SET chunks = x'0100' WHERE id = 3;"
              "UPDATE interaction SET headers = x'41' WHERE id = 4;"
              "UPDATE interaction SET failure = 'mood' WHERE id = 5");
    rp_buf_init(&faults, &memory, SIZE_MAX / 2);
    c = cassette_open(path, RP_CASSETTE_READ);
    assert_int_equal(rp_cassette_verify(c, keep_fault, NULL), RP_EPARSE);
    assert_string_equal(
        faults.s,
        "interaction 1: the sum does not agree: it was changed or damaged; record it again\n"
        "interaction 2: the sum does not agree: it was changed or damaged; record it again\n"
        "interaction 2: the digest is not that of its request; import or record it again\n"
        "interaction 3: reading interaction 3: its chunks do not add up to its body; take it back "
        "from where it is kept, or save what can be read with: sqlite3 FILE .recover\n"
        "interaction 4: reading interaction 4: its headers are cut; take it back from where it is "
        "kept, or save what can be read with: sqlite3 FILE .recover\n"
        "interaction 5: reading interaction 5: a number or name in it cannot be; take it back from "
        "where it is kept, or save what can be read with: sqlite3 FILE .recover\n"
        "tool result 1: it follows an interaction that is not there\n");
    assert_int_equal(rp_cassette_get(c, 3, &back, NULL), RP_EPARSE);
    assert_int_equal(rp_cassette_get(c, 6, &back, NULL), RP_OK);
    rp_cassette_close(c);
    rp_buf_free(&faults);
}

static void what_was_removed_is_in_no_byte(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct rp_interaction i = least("w");
    static char body[20000];
    struct rp_body_chunk chunk = {sizeof(body), 0};
    char *bytes;
    size_t n;

    (void)state;
    for (size_t k = 0; k + 16 <= sizeof(body); k += 16)
        memcpy(body + k, "a-hidden-word-0 ", 16);
    i.body = body;
    i.n_body = sizeof(body);
    i.chunks = &chunk;
    i.n_chunks = 1;
    for (int k = 0; k < 8; k++)
        add(c, &i);
    for (int64_t k = 1; k <= 7; k += 2)
        assert_int_equal(rp_cassette_remove(c, k, NULL), RP_OK);
    for (size_t k = 0; k < sizeof(body); k++)
        body[k] = 'x';
    for (i.id = 2; i.id <= 8; i.id += 2)
        assert_int_equal(rp_cassette_replace(c, &i, NULL), RP_OK);
    bytes = cassette_bytes(path, &n);
    for (size_t k = 0; k + 13 <= n; k++)
        assert_true(memcmp(bytes + k, "a-hidden-word", 13) != 0);
    free(bytes);
    rp_cassette_close(c);
    assert_int_equal(access(cassette_file("c-journal"), F_OK), -1);
    assert_int_equal(access(cassette_file("c-wal"), F_OK), -1);
}

/* ---- processes ---- */

/* Adds without end and tells each id once it is acknowledged. */
static void record_for_ever(const char *path, int to)
{
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct rp_interaction i = whole();

    for (;;) {
        int64_t id = add(c, &i);
        if (write(to, &id, sizeof(id)) != sizeof(id))
            _exit(1);
    }
}

static int64_t wait_for(int from, int n)
{
    int64_t id = 0;

    for (int k = 0; k < n; k++)
        assert_int_equal(read(from, &id, sizeof(id)), sizeof(id));
    return id;
}

static int64_t rest(int from, int64_t last)
{
    int64_t id;

    while (read(from, &id, sizeof(id)) == sizeof(id))
        last = id;
    return last;
}

static void nothing_acknowledged_is_lost_by_a_kill(void **state)
{
    const char *path = cassette_file("c");
    int64_t last = 0;

    (void)state;
    for (int round = 0; round < 12; round++) {
        int pipes[2], status;
        struct rp_cassette *c;
        pid_t child;
        assert_int_equal(pipe(pipes), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(pipes[0]);
            record_for_ever(path, pipes[1]);
        }
        close(pipes[1]);
        last = wait_for(pipes[0], 1 + round % 4);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        last = rest(pipes[0], last);
        close(pipes[0]);
        c = cassette_open(path, round % 2 ? RP_CASSETTE_READ : RP_CASSETTE_WRITE);
        assert_true((int64_t)rp_cassette_count(c) >= last);
        assert_true((int64_t)rp_cassette_count(c) <= last + 1);
        assert_int_equal(rp_cassette_verify(c, NULL, NULL), RP_OK);
        rp_cassette_close(c);
    }
}

static void two_processes_record_into_one_cassette(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c;
    int status;

    (void)state;
    for (int k = 0; k < 2; k++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct rp_interaction i = least(k ? "a" : "b");
            c = cassette_open(path, RP_CASSETTE_KEEP);
            for (int n = 0; n < 20; n++)
                add(c, &i);
            rp_cassette_close(c);
            _exit(0);
        }
    }
    for (int k = 0; k < 2; k++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    c = cassette_open(path, RP_CASSETTE_READ);
    assert_int_equal(rp_cassette_count(c), 40);
    assert_int_equal(rp_cassette_nth(c, 39), 40);
    assert_int_equal(rp_cassette_verify(c, NULL, NULL), RP_OK);
    rp_cassette_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(what_was_added_comes_back_as_it_was),
        CASSETTE_TEST(what_is_left_out_comes_back_as_nothing),
        CASSETTE_TEST(ids_are_kept_where_they_are_free),
        CASSETTE_TEST(replacing_removing_and_renewing_change_just_one),
        CASSETTE_TEST(tool_results_and_notes_are_kept),
        CASSETTE_TEST(what_cannot_be_is_refused),
        CASSETTE_TEST(a_change_is_all_or_nothing),
        CASSETTE_TEST(files_that_are_no_cassettes_are_left_as_they_are),
        CASSETTE_TEST(later_versions_and_other_tables_are_refused),
        CASSETTE_TEST(reading_changes_no_byte_and_needs_no_right_to_write),
        CASSETTE_TEST(damage_is_told_row_by_row),
        CASSETTE_TEST(what_was_removed_is_in_no_byte),
        CASSETTE_TEST(nothing_acknowledged_is_lost_by_a_kill),
        CASSETTE_TEST(two_processes_record_into_one_cassette),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
