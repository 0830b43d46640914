/* live_child.c - owns the child process that serves, and what other ones print. */
#include "tests/story/live_child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/cm.h"
#include "tests/support/offline.h"

enum { WORDS_MAX = 32, LIFE_S = 120 };

static char program[4096];
static pid_t server;
static char address[128];

void child_find(void)
{
    const char *name = getenv("REPRISE");
    char here[2048] = "";

    name = name && name[0] ? name : "build/reprise";
    if (name[0] != '/')
        assert_non_null(getcwd(here, sizeof(here)));
    snprintf(program, sizeof(program), "%s%s%s", here, here[0] ? "/" : "", name);
}

static void split(const char *words, char *room, size_t n, char **args)
{
    char *rest = NULL;
    int count = 1;

    args[0] = program;
    snprintf(room, n, "%s", words);
    for (char *word = strtok_r(room, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        assert_true(count < WORDS_MAX - 1);
        args[count++] = word;
    }
    args[count] = NULL;
}

/* The child's own part; it does not come back. */
static void become(const char *words, char *const *environment, int offline)
{
    static char *const none[] = {NULL};
    static char room[8192];
    char *args[WORDS_MAX];

    split(words, room, sizeof(room), args);
    alarm(LIFE_S);
    if (offline && offline_enter() != 0)
        _exit(126);
    execve(program, args, environment ? environment : none);
    _exit(127);
}

static void put_at(const char *path, int fd)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (file < 0 || dup2(file, fd) < 0)
        _exit(125);
    close(file);
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(CHILD_TEXT);
    size_t n;

    assert_non_null(file);
    assert_non_null(text);
    n = fread(text, 1, CHILD_TEXT - 1, file);
    assert_true(n < CHILD_TEXT - 1);
    text[n] = '\0';
    fclose(file);
    return text;
}

void child_run(struct child *c, const char *words, char *const *environment, int offline)
{
    int status;
    pid_t id = fork();

    assert_true(id >= 0);
    if (id == 0) {
        put_at(".child-out", 1);
        put_at(".child-err", 2);
        become(words, environment, offline);
    }
    assert_int_equal(waitpid(id, &status, 0), id);
    c->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    c->out = read_all(".child-out");
    c->err = read_all(".child-err");
}

void child_free(struct child *c)
{
    free(c->out);
    free(c->err);
    *c = (struct child){0};
}

/* The line that says where it serves. */
static void hear_address(int from)
{
    static const char before[] = "serving on ";
    char text[256], *at = NULL;
    size_t n = 0;
    ssize_t came = 1;

    while (came > 0 && n < sizeof(text) - 1 && !memchr(text, '\n', n)) {
        came = read(from, text + n, sizeof(text) - 1 - n);
        n += came > 0 ? (size_t)came : 0;
    }
    text[n] = '\0';
    at = strstr(text, before);
    if (!at)
        print_error("reprise serve: %s\n", text);
    assert_non_null(at);
    snprintf(address, sizeof(address), "%.*s", (int)strcspn(at + strlen(before), "\n"),
             at + strlen(before));
}

const char *child_serve(const char *words)
{
    char all[4096];
    int ends[2];

    assert_int_equal(server, 0);
    assert_int_equal(pipe(ends), 0);
    snprintf(all, sizeof(all), "serve %s", words);
    server = fork();
    assert_true(server >= 0);
    if (server == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        put_at(".serve-err", 2);
        become(all, NULL, 0);
    }
    close(ends[1]);
    hear_address(ends[0]);
    close(ends[0]); /* what it prints at its end goes nowhere */
    return address;
}

int child_stop(void)
{
    int status;

    assert_true(server > 0);
    assert_int_equal(kill(server, SIGTERM), 0);
    assert_int_equal(waitpid(server, &status, 0), server);
    server = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
