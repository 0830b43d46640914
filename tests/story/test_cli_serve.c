/* test_cli_serve.c - `reprise serve` as its user meets it: what it prints, how it ends, and what it
 * says when it cannot serve. */
#include "tests/support/cm.h"
#include "tests/story/program.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static char program[4096];

static const char scenario[] =
    "{\"scenario\":1,\"agents\":[{\"name\":\"anna\",\"model\":{\"script\":[{\"text\":\"one\"},"
    "{\"text\":\"two\"}]}}],\"workflow\":{\"pattern\":\"sequential\",\"participants\":[\"anna\"]},"
    "\"turns\":[{\"run\":\"go\"}]}";

/* ---- a program that serves ---- */

struct child {
    pid_t id;
    int out; /* what it prints */
    char text[8192];
    size_t n;
    int port;
};

/* Reads what it prints, up to that text or, with NULL, to the end. */
static void hear(struct child *c, const char *until)
{
    ssize_t came = 1;

    while (came > 0 && !(until && strstr(c->text, until))) {
        came = read(c->out, c->text + c->n, sizeof(c->text) - 1 - c->n);
        c->n += came > 0 ? (size_t)came : 0;
        c->text[c->n] = '\0';
    }
    assert_true(!until || strstr(c->text, until));
}

static void spawn(struct child *c, const char *more)
{
    int ends[2];
    const char *at;

    memset(c, 0, sizeof(*c));
    assert_int_equal(pipe(ends), 0);
    c->id = fork();
    assert_true(c->id >= 0);
    if (c->id == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        alarm(60);
        execl(program, "reprise", "serve", "s.json", more, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    c->out = ends[0];
    hear(c, "/v1\n");
    at = strstr(c->text, "http://127.0.0.1:");
    assert_non_null(at);
    c->port = (int)strtol(at + 17, NULL, 10);
}

static int reap(struct child *c)
{
    int status = -1;

    hear(c, NULL);
    close(c->out);
    assert_int_equal(waitpid(c->id, &status, 0), c->id);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void request(const struct child *c, char *answer, size_t room)
{
    static const char text[] =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
        "application/json\r\nContent-Length: 60\r\n\r\n"
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)c->port)};
    struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t n = 0;
    ssize_t came;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL), (ssize_t)sizeof(text) - 1);
    while ((came = recv(fd, answer + n, room - 1 - n, 0)) > 0)
        n += (size_t)came;
    answer[n] = '\0';
    close(fd);
}

/* ---- tests ---- */

static void it_says_where_it_is_and_what_has_come_of_it(void **state)
{
    struct child c;
    char answer[4096], line[128];

    (void)state;
    program_write("s.json", scenario);
    spawn(&c, "--no-delays");
    request(&c, answer, sizeof(answer));
    program_has(answer, "\"content\":\"one\"");
    assert_int_equal(kill(c.id, SIGTERM), 0);
    assert_int_equal(reap(&c), 0);
    snprintf(line, sizeof(line), "reprise: serving on http://127.0.0.1:%d/v1\n", c.port);
    assert_int_equal(strncmp(c.text, line, strlen(line)), 0);
    assert_string_equal(
        c.text + strlen(line),
        "{\"requests\":1,\"lanes\":[{\"lane\":\"anna\",\"requests\":1,\"left\":1}]}\n");
}

static void it_ends_by_itself_after_its_requests(void **state)
{
    struct child c;
    char answer[4096];

    (void)state;
    program_write("s.json", scenario);
    spawn(&c, "--requests=2");
    request(&c, answer, sizeof(answer));
    request(&c, answer, sizeof(answer));
    program_has(answer, "\"content\":\"two\"");
    assert_int_equal(reap(&c), 0);
    program_has(c.text, "\"requests\":2,\"left\":0");
}

static void what_cannot_be_served_is_said(void **state)
{
    static const struct {
        const char *words, *said;
    } wrong[] = {
        {"serve", "a scenario or --cassette is missing"},
        {"serve s.json --record", "--record needs --cassette and --upstream"},
        {"serve --cassette c --record", "--record needs --cassette and --upstream"},
        {"serve s.json --upstream http://x", "--upstream needs --record"},
        {"serve s.json --cassette c", "a scenario and --cassette exclude each other"},
        {"serve s.json --match strict", "--match and --mask need --cassette"},
        {"serve --cassette c --match wild", "--match takes strict, structural or sequence: wild"},
        {"serve s.json --redact key:x", "--redact needs --record"},
        {"serve s.json --port 1 --listen x:1", "--port and --listen exclude each other"},
        {"serve s.json --port 65536", "a port is a number from 0 to 65535: 65536"},
        {"serve s.json --listen 127.0.0.1", "--listen takes ADDRESS:PORT: 127.0.0.1"},
        {"serve s.json --listen home:80", "--listen takes a numeric address: home:80"},
        {"serve s.json --admin --no-admin", "--admin and --no-admin exclude each other"},
        {"serve s.json --lane secret", "--lane takes KEY=AGENT"},
        {"serve s.json --requests x", "--requests takes a number: x"},
    };
    char said[256];

    (void)state;
    program_write("s.json", scenario);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        snprintf(said, sizeof(said), "reprise serve: %s; see \"reprise serve --help\"\n",
                 wrong[i].said);
        program_gives(wrong[i].words, 2, "", said);
    }
    assert_int_equal(program_run("serve --cassette none.db"), 2);
    program_has(program_err, "none.db");
    assert_int_equal(program_run("serve none.json"), 2);
    program_has(program_err, "reprise: none.json: ");
}

/* The program's path, before the test goes to a folder of its own. */
static int enter(void **state)
{
    const char *name = getenv("REPRISE");
    size_t n = 0;

    name = name && name[0] ? name : "build/reprise";
    if (name[0] != '/') {
        if (!getcwd(program, sizeof(program) / 2))
            return -1;
        n = strlen(program);
    }
    snprintf(program + n, sizeof(program) - n, "%s%s", n > 0 ? "/" : "", name);
    return program_enter(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_where_it_is_and_what_has_come_of_it),
        cmocka_unit_test(it_ends_by_itself_after_its_requests),
        cmocka_unit_test(what_cannot_be_served_is_said),
    };

    return cmocka_run_group_tests(tests, enter, program_leave);
}
