/* cassette_ground.c - owns the folder of a test of cassettes, cassettes as text, and exchanges that
 * are played in virtual time. */
#include "tests/support/cassette_ground.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cm.h"

static char folder[200], paths[16][300];
static size_t n_paths;
static struct rp_buf told;

/* ---- files ----------------------------------------------------------------------------------- */

int cassette_set_up(void **state)
{
    const char *in = getenv("TMPDIR");
    struct rp_alloc memory = rp_alloc_libc();

    (void)state;
    n_paths = 0;
    rp_buf_init(&told, &memory, SIZE_MAX / 2);
    snprintf(folder, sizeof(folder), "%s/reprise-cassette-XXXXXX", in ? in : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

int cassette_tear_down(void **state)
{
    char path[600];
    struct dirent *entry;
    DIR *d = opendir(folder);

    (void)state;
    rp_buf_free(&told);
    if (!d)
        return -1;
    while ((entry = readdir(d)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    closedir(d);
    return rmdir(folder);
}

const char *cassette_file(const char *name)
{
    char *path = paths[n_paths++ % 16];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

struct rp_cassette *cassette_open(const char *path, enum rp_cassette_use use)
{
    struct rp_alloc memory = rp_alloc_libc();
    struct rp_cassette *c = NULL;
    struct rp_error err = {0};

    if (rp_cassette_open(&memory, path, use, &c, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
    return c;
}

char *cassette_bytes(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *s;
    long size;

    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    size = ftell(f);
    assert_true(size >= 0);
    rewind(f);
    s = malloc((size_t)size + 1);
    assert_non_null(s);
    *n = fread(s, 1, (size_t)size, f);
    fclose(f);
    return s;
}

/* ---- as text --------------------------------------------------------------------------------- */

static void say(struct rp_buf *b, const char *format, ...)
{
    char line[4096];
    va_list given;
    int n;

    va_start(given, format);
    n = vsnprintf(line, sizeof(line), format, given);
    va_end(given);
    assert_true(n >= 0);
    assert_int_equal(rp_buf_add(b, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1),
                     RP_OK);
}

static void tell_headers(struct rp_buf *b, const char *mark, const struct rp_header *h, size_t n)
{
    for (size_t i = 0; i < n; i++)
        say(b, "  %s %s: %s\n", mark, h[i].name, h[i].value);
}

static void tell_body(struct rp_buf *b, const char *mark, const char *s, size_t n)
{
    say(b, "  %s ", mark);
    assert_int_equal(rp_buf_add(b, s, n), RP_OK);
    say(b, "\n");
}

static void tell_interaction(struct rp_buf *b, const struct rp_interaction *i)
{
    say(b, "%ld %s %ld.%u %s %s%s %s %s %.8s\n", (long)i->id, i->lane, (long)i->order,
        (unsigned)i->attempt, i->dialect ? i->dialect : "-", i->model ? i->model : "-",
        i->stream ? " stream" : "", i->method, i->url, i->digest);
    tell_headers(b, ">", i->request_headers, i->n_request_headers);
    tell_body(b, ">", i->request, i->n_request);
    say(b, "  < %d at %lu+%lu, end %lu, %s %s, %s %s\n", i->status, (unsigned long)i->started_us,
        (unsigned long)i->head_us, (unsigned long)i->end_us, rp_failure_name(i->failure),
        i->failure_text ? i->failure_text : "-", i->recorded_at ? i->recorded_at : "-", i->source);
    tell_headers(b, "<", i->headers, i->n_headers);
    tell_body(b, "<", i->body, i->n_body);
    say(b, "  ");
    for (size_t k = 0; k < i->n_chunks; k++)
        say(b, "%s%lu/%lu", k ? " " : "", (unsigned long)i->chunks[k].n,
            (unsigned long)i->chunks[k].gap_us);
    say(b, "\n");
}

static void tell_tools(struct rp_buf *b, struct rp_cassette *c)
{
    for (size_t i = 0; i < rp_cassette_tools(c); i++) {
        const struct rp_tool_record *t;
        assert_int_equal(rp_cassette_tool(c, i, &t, NULL), RP_OK);
        say(b, "tool %s %s %s %s -> %s%s after %ld\n", t->lane, t->tool, t->call_id, t->arguments,
            t->result, t->failed ? " failed" : "", (long)t->after);
    }
}

const char *cassette_told_of(struct rp_cassette *c)
{
    const char *rules;
    struct rp_error err = {0};

    rp_buf_clear(&told);
    for (size_t i = 0; i < rp_cassette_count(c); i++) {
        const struct rp_interaction *one;
        if (rp_cassette_get(c, rp_cassette_nth(c, i), &one, &err) != RP_OK)
            fail_msg("%s", err.text);
        tell_interaction(&told, one);
    }
    tell_tools(&told, c);
    rules = rp_cassette_note(c, "redact");
    if (rules)
        say(&told, "redact %s\n", rules);
    return told.s ? told.s : "";
}

const char *cassette_told(const char *path)
{
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_READ);
    const char *text = cassette_told_of(c);

    rp_cassette_close(c);
    return text;
}

/* ---- playing --------------------------------------------------------------------------------- */

void cassette_play_begin(struct cassette_play *p, struct rp_transport transport)
{
    struct rp_alloc memory = rp_alloc_libc();

    *p = (struct cassette_play){.transport = transport};
    rp_buf_init(&p->text, &memory, SIZE_MAX / 2);
}

void cassette_play_end(struct cassette_play *p)
{
    p->transport.ops->free(p->transport.self);
    rp_buf_free(&p->text);
}

void cassette_ask_as(struct cassette_play *p, const struct rp_exchange *exchange)
{
    assert_true(p->n_tickets < 32);
    assert_int_equal(
        p->transport.ops->start(p->transport.self, exchange, p->now_ms, &p->tickets[p->n_tickets]),
        RP_OK);
    p->n_tickets++;
}

void cassette_ask(struct cassette_play *p, const char *lane, int64_t order, const char *body)
{
    const struct rp_header headers[] = {{"Content-Type", "application/json"}};

    cassette_ask_as(p, &(struct rp_exchange){.method = "POST",
                                             .url = "http://h/v1/chat",
                                             .headers = headers,
                                             .n_headers = 1,
                                             .body = body,
                                             .n_body = strlen(body),
                                             .lane = lane,
                                             .order = order,
                                             .dialect = "chat",
                                             .model = "m"});
}

/* Everything that is there now for ticket i; 1: it has ended. */
static int take(struct cassette_play *p, size_t i)
{
    struct rp_piece piece;

    for (;;) {
        assert_int_equal(
            p->transport.ops->poll(p->transport.self, p->tickets[i], p->now_ms, &piece), RP_OK);
        switch (piece.kind) {
        case RP_PIECE_NONE:
            return 0;
        case RP_PIECE_HEAD:
            say(&p->text, "[%lu] %u head %d", (unsigned long)p->now_ms, (unsigned)p->tickets[i],
                piece.status);
            for (size_t k = 0; k < piece.n_headers; k++)
                say(&p->text, " %s=%s", piece.headers[k].name, piece.headers[k].value);
            say(&p->text, "\n");
            break;
        case RP_PIECE_BYTES:
            say(&p->text, "[%lu] %u bytes %.*s\n", (unsigned long)p->now_ms,
                (unsigned)p->tickets[i], (int)piece.n, piece.bytes);
            break;
        case RP_PIECE_END:
            say(&p->text, "[%lu] %u end\n", (unsigned long)p->now_ms, (unsigned)p->tickets[i]);
            return 1;
        case RP_PIECE_FAILED:
            say(&p->text, "[%lu] %u failed %s: %s\n", (unsigned long)p->now_ms,
                (unsigned)p->tickets[i], rp_failure_name(piece.failure), piece.text);
            return 1;
        }
    }
}

const char *cassette_run_until(struct cassette_play *p, uint64_t ms)
{
    for (;;) {
        uint64_t due;
        for (size_t i = 0; i < p->n_tickets;)
            if (take(p, i))
                memmove(p->tickets + i, p->tickets + i + 1,
                        (--p->n_tickets - i) * sizeof(*p->tickets));
            else
                i++;
        due = p->transport.ops->due(p->transport.self);
        if (p->n_tickets == 0 || due == UINT64_MAX || due > ms)
            break;
        p->now_ms = due > p->now_ms ? due : p->now_ms;
    }
    return p->text.s ? p->text.s : "";
}

const char *cassette_run(struct cassette_play *p)
{
    return cassette_run_until(p, UINT64_MAX - 1);
}
