/* test_oom_wire.c - each allocation of reading and writing replies and requests fails once: memory
 * short is told, nothing leaks. */
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

#include <string.h>

#include "tests/support/wire_gen.h"
#include "tests/support/wire_read.h"

static enum rp_dialect dialect;
static int stream;
static uint64_t seed;

static int written_and_read(const struct rp_alloc *alloc, struct rp_heap *h, struct rp_buf *bytes)
{
    uint64_t state = seed;
    struct rp_wire_reply reply;
    struct wire_read r;
    int rc;

    RP_TRY(wire_gen_reply(&state, h, stream, &reply));
    RP_TRY(wire_write(dialect, stream, &reply, bytes));
    rc = wire_read_with(&r, alloc, dialect, stream, (struct rp_str){bytes->s, bytes->n}, 100, 300);
    wire_read_free(&r);
    return rc;
}

static int make_reply(const struct rp_alloc *alloc)
{
    struct rp_heap h;
    struct rp_buf bytes;
    int rc;

    rp_heap_init(&h, alloc, 0, 0);
    rp_buf_init(&bytes, alloc, SIZE_MAX);
    rc = written_and_read(alloc, &h, &bytes);
    rp_buf_free(&bytes);
    rp_heap_free(&h);
    return rc;
}

static void replies_of_every_dialect_bear_any_shortage(void **state)
{
    (void)state;
    for (int d = 0; d < RP_DIALECTS; d++) {
        dialect = (enum rp_dialect)d;
        for (stream = 0; stream < 2; stream++)
            for (seed = 0; seed < 6; seed++)
                assert_true(sweep_memory(make_reply) > 4);
    }
}

/* Leniencies that have memory of their own: parts, objects as arguments, data of several lines. */
static int make_odd(const struct rp_alloc *alloc)
{
    const char *body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\n"
                       "data: \"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"refusal\":\"b\",\n"
                       "data: \"tool_calls\":[{\"index\":3,\"function\":{\"name\":\"f\","
                       "\"arguments\":{\"a\":1}}},{\"index\":3,\"function\":{\"name\":\"g\","
                       "\"arguments\":\"{\"}}]},\"finish_reason\":\"stop\"}]}\r\n\r\n"
                       "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"c\"}}]}\n\n"
                       "data: [DONE]";
    struct wire_read r;
    int rc = wire_read_with(&r, alloc, RP_DIALECT_CHAT, 1, rp_str(body), 9, 40);

    if (rc == RP_OK)
        assert_string_equal(r.story.s, "update \"ab\"\nupdate \"c\"\n"
                                       "update f(call_1) {\"a\":1} g(call_2) {\nend refusal\n"
                                       "rules last_line after_finish no_id arguments_object "
                                       "content_parts refusal index_shared first_index\n");
    wire_read_free(&r);
    return rc;
}

static void leniencies_bear_any_shortage(void **state)
{
    (void)state;
    assert_true(sweep_memory(make_odd) > 10);
}

static int request_of(const struct rp_alloc *alloc, struct rp_heap *h, struct rp_buf *bytes)
{
    const char *body =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"be kind\"},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\","
        "\"text\":\"b\"}],\"name\":\"eve\"},{\"role\":\"assistant\",\"content\":null,"
        "\"tool_calls\":[{\"id\":\"x\",\"type\":\"function\",\"function\":{\"name\":\"f\","
        "\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":"
        "[{\"type\":\"text\",\"text\":\"1\"},{\"type\":\"text\",\"text\":\"2\"}]}],"
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":"
        "{\"type\":\"function\",\"function\":{\"name\":\"f\"}},\"temperature\":0.5}";
    struct rp_wire_request request;
    struct rp_error err;

    (void)alloc;
    RP_TRY(rp_wire_read_request(RP_DIALECT_CHAT, h, body, strlen(body), &request, &err));
    for (int d = 0; d < RP_DIALECTS; d++) {
        size_t had = bytes->n;
        RP_TRY(rp_wire_write_request((enum rp_dialect)d, &request, bytes));
        RP_TRY(rp_wire_read_request((enum rp_dialect)d, h, bytes->s + had, bytes->n - had, &request,
                                    &err));
    }
    return RP_OK;
}

static int make_request(const struct rp_alloc *alloc)
{
    struct rp_heap h;
    struct rp_buf bytes;
    int rc;

    rp_heap_init(&h, alloc, 0, 0);
    rp_buf_init(&bytes, alloc, SIZE_MAX);
    rc = request_of(alloc, &h, &bytes);
    rp_buf_free(&bytes);
    rp_heap_free(&h);
    return rc;
}

static void requests_of_every_dialect_bear_any_shortage(void **state)
{
    (void)state;
    assert_true(sweep_memory(make_request) > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_of_every_dialect_bear_any_shortage),
        cmocka_unit_test(leniencies_bear_any_shortage),
        cmocka_unit_test(requests_of_every_dialect_bear_any_shortage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
