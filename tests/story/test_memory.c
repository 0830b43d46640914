/* test_memory.c - what a run holds: not more for more supersteps, nor for more readers of a text.
 */
#include "tests/support/cm.h"
#include "tests/story/story.h"

#include <stdlib.h>
#include <string.h>

enum { WORKERS = 64, ROUNDS = 50 };

static int count_to(struct rp_ctx *cx, void *self, struct rp_value data)
{
    const int64_t *end = self;

    if (data.u.i == *end)
        return rp_yield(cx, data);
    return rp_send(cx, rp_int(data.u.i + 1));
}

static void open_ping_pong(struct story *s, int64_t *end)
{
    struct rp_handler handlers[] = {{.accepts = RP_T_INT, .fn = count_to}};
    struct rp_executor a = {.id = "a", .handlers = handlers, .n_handlers = 1, .self = end};
    struct rp_executor b = {.id = "b", .handlers = handlers, .n_handlers = 1, .self = end};
    struct rp_graph *g;

    story_open(s);
    s->events = RP_BIT(RP_EV_OUTPUT);
    g = rp_graph(s->kit, &(struct rp_graph_opts){.max_iterations = UINT32_MAX});
    rp_graph_executor(g, &a);
    rp_graph_executor(g, &b);
    rp_graph_start(g, "a");
    rp_graph_edge(g, "a", "b", (struct rp_cond){0});
    rp_graph_edge(g, "b", "a", (struct rp_cond){0});
    story_run(s, rp_graph_build(g, &s->error));
}

static void a_million_supersteps_hold_no_more_than_a_thousand(void **state)
{
    static struct story s;
    int64_t end = 1000;
    size_t held;

    (void)state;
    open_ping_pong(&s, &end);
    story_give(&s, rp_int(1));
    held = rp_run_memory(s.run);
    end = 1000000;
    story_give(&s, rp_int(1));
    STORY_IS(&s, "1000 output b 1000\n= RP_OK\n1000000 output b 1000000\n= RP_OK\n");
    /* it may grow to twice of what is live, and a chunk, before a collection */
    assert_in_range(rp_run_memory(s.run), 1, held + 4 * RP_HEAP_CHUNK);
    assert_in_range(s.peak, 1, 8 * RP_HEAP_CHUNK);
    assert_int_equal(rp_run_supersteps(s.run), 1001000);
    story_close(&s);
}

static int broadcast(struct rp_ctx *cx, void *self, struct rp_value data)
{
    int *left = self;

    if ((*left)-- == 0)
        return rp_yield(cx, rp_int((int64_t)rp_str_of(data).n));
    return rp_send(cx, data);
}

static int first_echoes(struct rp_ctx *cx, void *self, struct rp_value data)
{
    return self ? rp_send(cx, data) : RP_OK;
}

static void worker_id(char *id, size_t i)
{
    id[0] = 'w';
    id[1] = (char)('0' + i / 10);
    id[2] = (char)('0' + i % 10);
    id[3] = '\0';
}

/* source -> 64 workers; the first worker sends the text back. */
static const struct rp_workflow *broadcaster(struct story *s, int *left)
{
    static char ids[WORKERS][4];
    const char *to[WORKERS];
    struct rp_handler sends[] = {{.accepts = RP_T_TEXT, .fn = broadcast}};
    struct rp_handler echoes[] = {{.accepts = RP_T_TEXT, .fn = first_echoes}};
    struct rp_executor source = {.id = "source", .handlers = sends, .n_handlers = 1, .self = left};
    struct rp_graph *g = rp_graph(s->kit, &(struct rp_graph_opts){.max_iterations = 1000});

    rp_graph_executor(g, &source);
    for (size_t i = 0; i < WORKERS; i++) {
        worker_id(ids[i], i);
        to[i] = ids[i];
        rp_graph_executor(
            g, &(struct rp_executor){
                   .id = ids[i], .handlers = echoes, .n_handlers = 1, .self = i ? NULL : left});
    }
    rp_graph_start(g, "source");
    rp_graph_fan_out(g, "source", to, WORKERS);
    rp_graph_edge(g, "w00", "source", (struct rp_cond){0});
    return rp_graph_build(g, &s->error);
}

/* The most bytes held while a text of that size is broadcast 50 times to 64 workers. */
static size_t peak_of_broadcasts(size_t size)
{
    static struct story s;
    int left = ROUNDS;
    char *text = malloc(size);
    size_t peak;

    assert_non_null(text);
    memset(text, 'x', size);
    story_open(&s);
    s.events = RP_BIT(RP_EV_OUTPUT);
    story_run(&s, broadcaster(&s, &left));
    story_give(&s, rp_text(rp_run_heap(s.run), text, size));
    assert_int_equal(left, -1);
    assert_int_equal(s.out.kind, RP_OUT_DONE);
    assert_int_equal(rp_run_error(s.run, NULL), RP_OK);
    peak = s.peak;
    story_close(&s);
    free(text);
    return peak;
}

static void a_broadcast_text_is_held_once_however_many_read_it(void **state)
{
    const size_t small = 1 << 10, large = RP_TEXT_MAX < (4 << 20) ? RP_TEXT_MAX : 4 << 20;
    size_t with_small = peak_of_broadcasts(small), with_large = peak_of_broadcasts(large);

    (void)state;
    /* one text, and one more while a collection moves it */
    assert_in_range(with_large - with_small, large - small, 2 * large + RP_HEAP_CHUNK);
}

/* Bytes asked of the allocator over three broadcasts of one text. */
static size_t asked_by_broadcasts(size_t size)
{
    static struct story s;
    int left = 3;
    char *text = malloc(size);
    struct rp_value v;
    size_t before, asked;

    assert_non_null(text);
    memset(text, 'x', size);
    story_open(&s);
    s.events = RP_BIT(RP_EV_OUTPUT);
    s.heap_chunk = 16 << 20; /* no collection */
    story_run(&s, broadcaster(&s, &left));
    v = rp_text(rp_run_heap(s.run), text, size);
    before = s.asked;
    story_give(&s, v);
    asked = s.asked - before;
    story_close(&s);
    free(text);
    return asked;
}

static void a_broadcast_asks_for_as_much_memory_for_a_long_text_as_for_a_short_one(void **state)
{
    (void)state;
    assert_int_equal(asked_by_broadcasts(10),
                     asked_by_broadcasts(RP_TEXT_MAX < (1 << 20) ? RP_TEXT_MAX : 1 << 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_supersteps_hold_no_more_than_a_thousand),
        cmocka_unit_test(a_broadcast_text_is_held_once_however_many_read_it),
        cmocka_unit_test(a_broadcast_asks_for_as_much_memory_for_a_long_text_as_for_a_short_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
