/* serving.c - plays requests against a server's core. */
#include "tests/support/serving.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/cm.h"

enum { HEADERS = 12 };

/* ---- a scenario ---- */

static void swap_quotes(char *s)
{
    for (; *s; s++)
        if (*s == '\'')
            *s = '"';
}

int serving_scenario(const struct rp_alloc *alloc, const char *agents, struct rp_scenario **out)
{
    char text[8192];
    struct rp_error err = {0};
    int n = snprintf(text, sizeof(text),
                     "{'scenario':1,'agents':[%s],'workflow':{'pattern':'graph','start':'x',"
                     "'executors':[{'id':'x','op':'pass','then':'yield'}],'edges':[]},"
                     "'turns':[{'run':'go'}]}",
                     agents);
    int rc;

    assert_true(n > 0 && (size_t)n < sizeof(text));
    swap_quotes(text);
    rc = rp_scenario_read(alloc, "s.json", text, strlen(text), out, &err);
    if (rc != RP_OK && rc != RP_ENOMEM)
        print_error("%s: %s\n", err.where, err.text);
    return rc;
}

void serving_open(struct serving *s, const char *agents, const struct rp_serve_opts *opts)
{
    struct rp_serve_opts all = opts ? *opts : (struct rp_serve_opts){0};

    memset(s, 0, sizeof(*s));
    faulty_init(&s->f, -1);
    all.alloc = s->f.alloc;
    if (agents) {
        assert_int_equal(serving_scenario(&s->f.alloc, agents, &s->scenario), RP_OK);
        all.agents = s->scenario->script;
        all.n_agents = s->scenario->n_agents;
    }
    assert_int_equal(rp_serve_new(&all, &s->core), RP_OK);
}

void serving_close(struct serving *s)
{
    rp_serve_free(s->core);
    rp_scenario_free(s->scenario);
    assert_int_equal(s->f.out, 0);
}

/* ---- what happens ---- */

static void tell(struct serving *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    s->n += (size_t)vsnprintf(s->s + s->n, sizeof(s->s) - s->n, format, args);
    va_end(args);
    assert_true(s->n < sizeof(s->s));
}

/* Where it is another one than that told last in this line. */
static void tell_time(struct serving *s)
{
    if (s->told_ms != s->now_ms)
        tell(s, "%s[%llu]", s->told_ms == UINT64_MAX ? "" : " ", (unsigned long long)s->now_ms);
    s->told_ms = s->now_ms;
}

static void tell_contents(struct serving *s, struct rp_value contents)
{
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value v = rp_at(contents, i);
        if (rp_kind(v) == RP_K_C_TEXT)
            tell(s, " '%s'", rp_str_of(rp_c_text_of(v)->text).s);
        else
            tell(s, " %s(%s)#%s", rp_str_of(rp_c_call_of(v)->name).s,
                 rp_str_of(rp_c_call_of(v)->arguments).s, rp_str_of(rp_c_call_of(v)->id).s);
    }
}

static void tell_event(struct serving *s, const struct rp_wire_event *e)
{
    if (e->kind == RP_WIRE_UPDATE) {
        tell(s, " update");
        tell_contents(s, rp_update_of(e->value)->contents);
    } else if (e->kind == RP_WIRE_WHOLE) {
        tell(s, " whole");
        tell_contents(s, rp_message_of(rp_at(rp_response_of(e->value)->messages, 0))->contents);
    } else if (e->kind == RP_WIRE_END) {
        tell(s, " end");
    } else {
        tell(s, " broken");
    }
    if (e->finish[0] && e->kind != RP_WIRE_UPDATE)
        tell(s, " (%s)", e->finish);
}

struct reading { /* an answer as it comes */
    struct serving *s;
    struct rp_wire_reader *reader; /* NULL: it is told as it is */
    struct rp_heap heap;
    int told_end;
};

static void read_events(struct reading *r)
{
    struct rp_wire_event e;

    for (;;) {
        memset(&e, 0, sizeof(e));
        assert_int_equal(rp_wire_next(r->reader, &r->heap, &e), RP_OK);
        if (e.kind == RP_WIRE_MORE || r->told_end)
            return;
        tell_time(r->s);
        tell_event(r->s, &e);
        r->told_end = e.kind != RP_WIRE_UPDATE;
    }
}

static void tell_head(struct serving *s, const struct rp_piece *p)
{
    tell(s, " %d", p->status);
    for (size_t i = 0; i < p->n_headers; i++) {
        const char *name = p->headers[i].name;
        if (strcmp(name, "Content-Type") == 0 || strcmp(name, "Content-Length") == 0 ||
            strcmp(name, "Cache-Control") == 0)
            continue;
        tell(s, " %s: %s", name, p->headers[i].value);
    }
}

static void take_piece(struct reading *r, const struct rp_piece *p)
{
    switch (p->kind) {
    case RP_PIECE_NONE:
        break;
    case RP_PIECE_HEAD:
        tell_time(r->s);
        tell_head(r->s, p);
        if (p->status != 200) {
            rp_wire_reader_free(r->reader);
            r->reader = NULL;
        }
        break;
    case RP_PIECE_BYTES:
        if (!r->reader) {
            tell(r->s, " %.*s", (int)p->n, p->bytes);
            break;
        }
        assert_int_equal(rp_wire_feed(r->reader, p->bytes, p->n), RP_OK);
        read_events(r);
        break;
    case RP_PIECE_END:
        if (r->reader) {
            rp_wire_ended(r->reader);
            read_events(r);
        }
        break;
    case RP_PIECE_FAILED:
        tell_time(r->s);
        tell(r->s, " %s", rp_failure_name(p->failure));
        break;
    }
}

static void play(struct reading *r, uint32_t ticket)
{
    struct serving *s = r->s;
    struct rp_piece p = {.kind = RP_PIECE_NONE};

    for (int i = 0; i < 1000; i++) {
        assert_int_equal(rp_serve_poll(s->core, ticket, s->now_ms, &p), RP_OK);
        take_piece(r, &p);
        if (p.kind == RP_PIECE_END || p.kind == RP_PIECE_FAILED)
            return;
        if (p.kind != RP_PIECE_NONE)
            continue;
        if (rp_serve_due(s->core) == UINT64_MAX) {
            tell(s, "for ever");
            return;
        }
        assert_true(rp_serve_due(s->core) > s->now_ms);
        s->now_ms = rp_serve_due(s->core);
    }
    fail_msg("the answer does not end");
}

/* ---- a request ---- */

/* Cuts "NAME: value" lines. */
static size_t cut_headers(char *text, struct rp_header *out)
{
    size_t n = 0;

    while (*text) {
        char *colon = strstr(text, ": "), *end = strchr(text, '\n');
        assert_non_null(colon);
        assert_non_null(end);
        *colon = *end = '\0';
        assert_true(n < HEADERS);
        out[n++] = (struct rp_header){text, colon + 2};
        text = end + 1;
    }
    return n;
}

static int dialect_of(const char *target)
{
    for (int d = 0; d < RP_DIALECTS; d++)
        if (strstr(target, rp_dialect_path((enum rp_dialect)d)))
            return d;
    return -1;
}

void serving_ask(struct serving *s, const char *line, const char *headers, const char *body)
{
    char words[2048], lines[1024], text[8192];
    struct rp_header all[HEADERS];
    struct reading r = {.s = s};
    uint32_t ticket = 0;
    char *target;

    snprintf(words, sizeof(words), "%s", line);
    target = strchr(words, ' ');
    assert_non_null(target);
    *target++ = '\0';
    snprintf(lines, sizeof(lines), "%s%s", headers,
             strstr(headers, "Content-Type") ? "" : "Content-Type: application/json\n");
    snprintf(text, sizeof(text), "%s", body);
    swap_quotes(text);
    struct rp_exchange request = {
        .method = words, .url = target, .headers = all, .body = text, .n_body = strlen(text)};
    request.n_headers = cut_headers(lines, all);

    s->told_ms = UINT64_MAX;
    assert_int_equal(rp_serve_start(s->core, &request, s->now_ms, &ticket), RP_OK);
    rp_heap_init(&r.heap, &s->f.alloc, 0, 0);
    if (dialect_of(target) >= 0)
        assert_int_equal(rp_wire_reader_new(&s->f.alloc, (enum rp_dialect)dialect_of(target),
                                            strstr(text, "\"stream\":true") != NULL, &r.reader),
                         RP_OK);
    play(&r, ticket);
    tell(s, "\n");
    rp_serve_cancel(s->core, ticket);
    rp_wire_reader_free(r.reader);
    rp_heap_free(&r.heap);
}

void serving_was(struct serving *s, const char *expected)
{
    s->s[s->n] = '\0';
    for (char *at = s->s; *at; at++)
        if (*at == '"')
            *at = '\'';
    assert_string_equal(s->s, expected);
    s->n = 0;
    s->s[0] = '\0';
}
