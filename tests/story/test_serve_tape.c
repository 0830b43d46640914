/* test_serve_tape.c - a server that asks another one and records what passes, over sockets; then
 * the cassette is served in its place, without sockets below, and the same bytes come. */
#include "tests/support/cm.h"
#include "tests/support/served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "scenarios/serve_tape.h"

#define HI   "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define ASK  "{\"model\":\"m\"," HI "}"
#define FLOW "{\"model\":\"m\",\"stream\":true," HI "}"

static const char agents[] =
    "{'name':'anna','model':{'script':[{'text':'one'},{'chunks':['a','b','c'],'chunk_delay_ms':3},"
    "{'error':{'status':429,'message':'slow down','retry_after':7}},"
    "{'error':{'cut_after':1},'chunks':['a','b']},{'text':'last'}]}}";
static const char *const bodies[] = {ASK, FLOW, ASK, FLOW, ASK};
enum { REQUESTS = 5, ANSWER = 8192 };

static char folder[] = "/tmp/reprise-tape-XXXXXX";

/* One server that answers from a tape; the tape is its caller's to close. */
static struct rp_serve_tape *open_tape(const char *path, int record, const struct rp_alloc *alloc,
                                       struct rp_serve_opts *opts)
{
    struct rp_serve_tape_opts o = {.alloc = *alloc,
                                   .cassette = path,
                                   .record = record,
                                   .match = {.rule = RP_MATCH_STRICT},
                                   .immediate = 1};
    struct rp_serve_tape *tape = NULL;
    struct rp_error err = {0};

    if (rp_serve_tape_open(&o, &tape, &err) != RP_OK ||
        rp_serve_tape_serves(tape, opts, &err) != RP_OK)
        print_error("%s: %s\n", err.where, err.text);
    assert_non_null(tape);
    return tape;
}

/* The body of an answer without its framing, and how it ended. */
static void body_of(char *out, size_t room)
{
    const char *at = strstr(server_got, "\r\n\r\n");
    int chunked = strstr(server_got, "Transfer-Encoding: chunked") != NULL;
    size_t n = 0;

    assert_non_null(at);
    n += (size_t)snprintf(out, room, "%.12s|", server_got);
    for (at += 4; chunked && *at;) {
        char *end;
        size_t size = strtoul(at, &end, 16);
        at = strstr(end, "\r\n") + 2;
        n += (size_t)snprintf(out + n, room - n, "%.*s", (int)size, at);
        at += size + 2;
        if (size == 0)
            snprintf(out + n, room - n, "|whole");
    }
    if (!chunked)
        snprintf(out + n, room - n, "%s", at);
}

static void ask_all(const struct server *s, char answers[REQUESTS][ANSWER])
{
    for (int i = 0; i < REQUESTS; i++) {
        int fd = server_dial(s);
        server_say(fd, server_post("Connection: close\r\nAuthorization: Bearer sk-verysecret0123456"
                                   "789verysecret\r\n",
                                   bodies[i]));
        server_hear(fd, NULL);
        close(fd);
        body_of(answers[i], ANSWER);
    }
}

static int has(const char *path, const char *text)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    size_t n, m = strlen(text);
    int found = 0;

    if (!file)
        return 0;
    n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    for (size_t i = 0; i + m <= n && !found; i++)
        found = memcmp(bytes + i, text, m) == 0;
    return found;
}

static void what_passes_a_recording_server_is_served_again(void **state)
{
    static char direct[REQUESTS][ANSWER], passed[REQUESTS][ANSWER], again[REQUESTS][ANSWER];
    static struct server service, proxy;
    struct rp_serve_opts opts = {0};
    struct rp_serve_tape *tape;
    struct rp_alloc alloc = rp_alloc_libc();
    char path[64], base[64];

    (void)state;
    snprintf(path, sizeof(path), "%s/c.cassette", folder);
    server_start(&service, agents, NULL, NULL);
    ask_all(&service, direct);
    server_stop(&service);

    server_start(&service, agents, NULL, NULL);
    snprintf(base, sizeof(base), "http://127.0.0.1:%d/v1", (int)rp_http_port(service.http));
    for (int d = 0; d < RP_DIALECTS; d++)
        opts.base[d] = base;
    opts.open_lanes = 1;
    tape = open_tape(path, 1, &alloc, &opts);
    server_start(&proxy, NULL, &opts, NULL);
    ask_all(&proxy, passed);
    server_stop(&proxy);
    assert_int_equal(rp_serve_tape_ledger(tape).recorded, REQUESTS);
    rp_serve_tape_close(tape);
    server_stop(&service);
    assert_false(has(path, "verysecret"));

    opts = (struct rp_serve_opts){0};
    tape = open_tape(path, 0, &alloc, &opts);
    server_start(&proxy, NULL, &opts, NULL);
    ask_all(&proxy, again);
    server_stop(&proxy);
    assert_int_equal(rp_serve_tape_ledger(tape).replayed, REQUESTS);
    assert_int_equal(rp_serve_tape_ledger(tape).unused, 0);
    rp_serve_tape_close(tape);
    for (int i = 0; i < REQUESTS; i++)
        assert_string_equal(again[i], passed[i]);
    /* Of a cut stream no end comes; what was whole in one piece may come in chunks. */
    assert_string_equal(direct[3], passed[3]);
    for (int i = 0; i < REQUESTS; i++)
        assert_int_equal(strncmp(direct[i], passed[i], strlen(direct[i])), 0);
    assert_non_null(strstr(direct[1], "[DONE]"));
    assert_non_null(strstr(again[2], "429"));
    assert_non_null(strstr(again[2], "slow down"));
}

static int enter(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int leave(void **state)
{
    char path[64];

    (void)state;
    snprintf(path, sizeof(path), "%s/c.cassette", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_passes_a_recording_server_is_served_again),
    };

    return cmocka_run_group_tests(tests, enter, leave);
}
