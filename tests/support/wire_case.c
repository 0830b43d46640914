/* wire_case.c - owns the cases of a dialect. */
#include "tests/support/cm.h"
#include "tests/support/wire_case.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/values.h"
#include "tests/support/wire_read.h"

/* ---- replies read ---- */

static void reads_split(enum rp_dialect dialect, int stream, const char *body, size_t first,
                        size_t step, const char *story)
{
    struct wire_read r;

    wire_read(&r, &faulty.alloc, dialect, stream, rp_str(body), first, step);
    assert_string_equal(r.story.s, story);
    wire_read_free(&r);
}

void wire_reads(enum rp_dialect dialect, int stream, const char *body, const char *story)
{
    reads_split(dialect, stream, body, 0, 0, story);
    reads_split(dialect, stream, body, 1, 1, story);
    for (size_t cut = 1; cut < strlen(body); cut++)
        reads_split(dialect, stream, body, cut, 0, story);
}

/* ---- requests ---- */

static void read_request(enum rp_dialect dialect, const char *body, struct rp_wire_request *out)
{
    struct rp_error err = {0};

    if (rp_wire_read_request(dialect, &heap, body, strlen(body), out, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
}

static void writes(enum rp_dialect dialect, const struct rp_wire_request *request,
                   const char *expected)
{
    struct rp_buf b;

    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    assert_int_equal(rp_wire_write_request(dialect, request, &b), RP_OK);
    assert_string_equal(b.s, expected);
    rp_buf_free(&b);
}

void wire_asks(enum rp_dialect dialect, const struct rp_wire_request *request, const char *body)
{
    struct rp_wire_request again;

    writes(dialect, request, body);
    read_request(dialect, body, &again);
    writes(dialect, &again, body);
}

void wire_asks_as(enum rp_dialect dialect, const char *body, enum rp_dialect other,
                  const char *expected)
{
    struct rp_wire_request request;

    read_request(dialect, body, &request);
    writes(other, &request, expected);
    read_request(other, expected, &request);
    writes(other, &request, expected);
}

void wire_ask_refused(enum rp_dialect dialect, const char *body, const char *expected)
{
    struct rp_wire_request request;
    struct rp_error err = {0};
    char told[512];

    assert_int_equal(rp_wire_read_request(dialect, &heap, body, strlen(body), &request, &err),
                     RP_EPARSE);
    snprintf(told, sizeof(told), "%s: %s", err.where, err.text);
    assert_string_equal(told, expected);
}

/* ---- replies written ---- */

void wire_answers(enum rp_dialect dialect, int stream, const struct rp_wire_reply *reply,
                  const char *body, const char *story)
{
    struct rp_buf b;

    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    assert_int_equal(wire_write(dialect, stream, reply, &b), RP_OK);
    assert_string_equal(b.s, body);
    rp_buf_free(&b);
    reads_split(dialect, stream, body, 0, 0, story);
}

/* ---- memory ---- */

static enum rp_dialect swept_dialect;
static int swept_stream;
static const char *swept_body;

static int read_and_write(const struct rp_alloc *alloc)
{
    struct wire_read r;
    struct rp_wire_reply reply;
    struct rp_buf b;
    int rc = wire_read_with(&r, alloc, swept_dialect, swept_stream, rp_str(swept_body), 0, 7);

    rp_buf_init(&b, alloc, SIZE_MAX);
    reply = wire_read_reply(&r);
    if (rc == RP_OK)
        rc = wire_write(swept_dialect, swept_stream, &reply, &b);
    rp_buf_free(&b);
    wire_read_free(&r);
    return rc;
}

void wire_sweeps_reply(enum rp_dialect dialect, int stream, const char *body)
{
    swept_dialect = dialect;
    swept_stream = stream;
    swept_body = body;
    assert_true(sweep_memory(read_and_write) > 5);
}

static int ask_again(const struct rp_alloc *alloc)
{
    struct rp_wire_request request;
    struct rp_heap h;
    struct rp_buf b;
    int rc;

    rp_heap_init(&h, alloc, 0, 256);
    rp_buf_init(&b, alloc, SIZE_MAX);
    rc = rp_wire_read_request(swept_dialect, &h, swept_body, strlen(swept_body), &request, NULL);
    if (rc == RP_OK)
        rc = rp_wire_write_request(swept_dialect, &request, &b);
    if (rc == RP_OK)
        assert_string_equal(b.s, swept_body);
    rp_buf_free(&b);
    rp_heap_free(&h);
    return rc;
}

void wire_sweeps_request(enum rp_dialect dialect, const char *body)
{
    swept_dialect = dialect;
    swept_body = body;
    assert_true(sweep_memory(ask_again) > 5);
}

/* ---- values ---- */

struct rp_value case_text(const char *text)
{
    return rp_content_text(&heap, rp_textz(&heap, text));
}

struct rp_value case_call(const char *id, const char *name, const char *arguments)
{
    return rp_content_call(&heap, rp_textz(&heap, id), rp_textz(&heap, name),
                           rp_textz(&heap, arguments));
}

struct rp_value case_result(const char *id, const char *text, int is_error)
{
    return rp_content_result(&heap, rp_textz(&heap, id), rp_textz(&heap, text), is_error);
}

static struct rp_value list_of(unsigned n, va_list given)
{
    struct rp_value list = rp_list();

    while (n-- > 0)
        assert_int_equal(rp_list_add(&heap, &list, va_arg(given, struct rp_value)), RP_OK);
    return list;
}

struct rp_value case_list(unsigned n, ...)
{
    struct rp_value list;
    va_list given;

    va_start(given, n);
    list = list_of(n, given);
    va_end(given);
    return list;
}

struct rp_value case_message(enum rp_role role, unsigned n, ...)
{
    struct rp_value list;
    va_list given;

    va_start(given, n);
    list = list_of(n, given);
    va_end(given);
    return rp_message(&heap, role, rp_nil(), list);
}
