/* test_fits.c - a checkpoint whose records are all well formed, but that this workflow could never
 * have made, is refused with the executor that it is about: what handlers count on is checked
 * before any of them runs. */
#include "tests/support/cm.h"
#include "tests/story/story.h"

#include <stdio.h>
#include <string.h>

#include "engine/snap.h"

struct play {
    struct story s;
    const struct rp_workflow *w;
    struct rp_heap heap;
    struct rp_value record; /* of the last checkpoint, to be changed */
};

static void open_play(struct play *p, const struct story_line *lines, size_t n)
{
    story_open(&p->s);
    story_script(&p->s, lines, n);
    story_keep(&p->s);
    rp_heap_init(&p->heap, &p->s.alloc, 0, 0);
}

static struct rp_s_run *run_of(struct play *p)
{
    return rp_s_run_of(rp_checkpoint_of(p->record)->run);
}

/* Plays a turn and takes checkpoint id. */
static void take(struct play *p, const struct rp_workflow *w, const char *task, int64_t id)
{
    p->w = w;
    story_run(&p->s, w);
    story_say(&p->s, task);
    assert_int_equal(rp_store_read(&p->s.store, id, &p->heap, &p->record, NULL), RP_OK);
}

static void change_int(struct rp_value *v, int64_t i)
{
    assert_int_equal(v->tag, RP_INT);
    v->u.i = i;
}

/* Writes the changed record, restores it, and gives what that says: "" when it is restored. */
static const char *said(struct play *p)
{
    static char text[600];
    struct rp_checkpoint_info info = {.previous = -1, .workflow = "w", .signature = ""};
    struct rp_error err = {0};
    struct rp_snap *snap;
    struct rp_snap_out out;
    struct rp_heap heap; /* of the writer: in its heap nothing may be changed */
    struct rp_value copy;
    uint64_t generation = 0;
    int64_t id;
    int rc;

    rp_heap_init(&heap, &p->s.alloc, 0, 0);
    assert_int_equal(rp_copy_into(&heap, p->record, &copy), RP_OK);
    assert_int_equal(rp_snap_new(&p->s.alloc, &snap), RP_OK);
    assert_int_equal(rp_snap_write(snap, copy, &out), RP_OK);
    info.root = out.root;
    rc = p->s.store.ops->save(p->s.store.self, &info, out.items, out.n, &generation, &id, &err);
    assert_int_equal(rc, RP_OK);
    rp_snap_free(snap);
    rp_heap_free(&heap);
    story_run(&p->s, p->w);
    rc = rp_run_resume(p->s.run, id, NULL, 0, NULL, &err);
    assert_true(rc == RP_OK || rc == RP_ECHECKPOINT);
    text[0] = '\0';
    if (rc == RP_ECHECKPOINT && strncmp(err.where, "item ", 5) == 0)
        snprintf(text, sizeof(text), "item: %s", err.text);
    else if (rc != RP_OK)
        snprintf(text, sizeof(text), "%s: %s", err.where, err.text);
    assert_true(rc == RP_OK || rp_run_state(p->s.run) == RP_IDLE);
    return text;
}

static void close_play(struct play *p)
{
    rp_heap_free(&p->heap);
    story_close(&p->s);
}

static struct rp_agent *agent(struct play *p, const char *name)
{
    return rp_agent(p->s.kit, &(struct rp_agent_opts){.name = name}, &p->s.error);
}

/* ---- a graph that asks ---- */

static const struct rp_workflow *asking(struct play *p)
{
    struct rp_heap *kit = rp_kit_heap(p->s.kit);
    struct rp_graph *g = rp_graph(p->s.kit, &(struct rp_graph_opts){.name = "asking"});
    struct rp_value ask = rp_map(), pass = rp_map();

    rp_map_put(kit, &ask, "op", rp_textz(kit, "ask"));
    rp_map_put(kit, &pass, "op", rp_textz(kit, "upper"));
    rp_graph_op(g, "asks", ask);
    rp_graph_op(g, "upper", pass);
    rp_graph_start(g, "asks");
    rp_graph_edge(g, "asks", "upper", (struct rp_cond){0});
    return rp_graph_build(g, &p->s.error);
}

static void open_asking(struct play *p)
{
    open_play(p, NULL, 0);
    take(p, asking(p), "q", 1);
    assert_string_equal(said(p), "");
}

static struct rp_request *request(struct play *p)
{
    return rp_request_of(rp_at(run_of(p)->pending, 0));
}

static void a_request_is_one_that_its_executor_makes(void **state)
{
    static struct play p;

    (void)state;
    open_asking(&p);
    change_int(&request(&p)->wants, -1); /* any answer */
    assert_string_equal(said(&p), "asks: the checkpoint holds a request that it does not make");
    request(&p)->wants = rp_int((int64_t)RP_T_TEXT.is);
    request(&p)->data = rp_list();
    assert_string_equal(said(&p), "asks: the checkpoint holds a request that it does not make");
    request(&p)->data = rp_int(1);
    assert_string_equal(said(&p), "");
    change_int(&request(&p)->executor, 1);
    assert_string_equal(said(&p), "upper: the checkpoint holds a request that it does not make");
    change_int(&request(&p)->executor, 2);
    assert_string_equal(said(&p), "item: an open request was made by nobody");
    close_play(&p);
}

static void give(struct play *p, int64_t head, struct rp_value data, struct rp_value answers)
{
    run_of(p)->queue = rp_list_of(&p->heap, 3, rp_int(head), data, answers);
}

static void a_message_is_one_that_can_be_under_way(void **state)
{
    static struct play p;
    const int64_t internal = 1 << 16, answer = 1 << 17;
    struct rp_value q, text;

    (void)state;
    open_asking(&p);
    q = rp_at(run_of(&p)->pending, 0);
    text = rp_textz(&p.heap, "yes");
    give(&p, internal | answer, text, q);
    assert_string_equal(said(&p), "");
    give(&p, internal | answer, rp_int(1), q);
    assert_string_equal(said(&p), "asks: the checkpoint holds an answer that it has not asked for");
    give(&p, internal | answer | 1, text, q);
    assert_string_equal(said(&p), "upper: the checkpoint holds an answer to another executor");
    give(&p, internal | answer, text, rp_nil());
    assert_string_equal(said(&p), "asks: the checkpoint holds a message that is half an answer");
    give(&p, answer, text, q);
    assert_string_equal(said(&p), "asks: the checkpoint holds a message that is half an answer");
    give(&p, internal, text, q);
    assert_string_equal(said(&p), "asks: the checkpoint holds a message that is half an answer");
    give(&p, internal, rp_real(1), rp_nil());
    assert_string_equal(said(&p), "asks: the checkpoint holds a message that it does not take");
    give(&p, 2, text, rp_nil());
    assert_string_equal(said(&p), "asking: a message of the checkpoint is nobody's");
    give(&p, (int64_t)4 << 32, text, rp_nil());
    assert_string_equal(said(&p), "asking: a message of the checkpoint is nobody's");
    give(&p, 1 << 20, text, rp_nil());
    assert_string_equal(said(&p), "asking: a message of the checkpoint is nobody's");
    give(&p, (int64_t)2 << 32, text, rp_nil());
    assert_string_equal(said(&p), "");
    close_play(&p);
}

static void the_executors_are_those_of_the_workflow(void **state)
{
    static struct play p;
    struct rp_s_run *run;

    (void)state;
    open_asking(&p);
    run = run_of(&p);
    run->ids.u.vec->at[1] = rp_textz(&p.heap, "lower");
    assert_string_equal(said(&p), "asking: the checkpoint has another executor, or one twice");
    run->ids.u.vec->at[1] = rp_at(run->ids, 0);
    assert_string_equal(said(&p), "asking: the checkpoint has another executor, or one twice");
    run->ids.u.vec->at[1] = rp_textz(&p.heap, "upper");
    run->executors.u.vec->at[1] = rp_nil();
    assert_string_equal(said(&p), "upper: the checkpoint holds another kind of state for it");
    run->executors = rp_list_part(&p.heap, run->executors, 0, 1);
    run->ids = rp_list_part(&p.heap, run->ids, 0, 1);
    assert_string_equal(said(&p), "asking: the checkpoint has another number of executors");
    close_play(&p);
}

static void executors_in_another_order_are_put_in_order(void **state)
{
    static struct play p;
    struct rp_s_run *run;
    struct rp_value first;

    (void)state;
    open_asking(&p);
    run = run_of(&p);
    first = rp_at(run->ids, 0);
    run->ids.u.vec->at[0] = rp_at(run->ids, 1);
    run->ids.u.vec->at[1] = first;
    first = rp_at(run->executors, 0);
    run->executors.u.vec->at[0] = rp_at(run->executors, 1);
    run->executors.u.vec->at[1] = first;
    assert_string_equal(said(&p), "upper: the checkpoint holds a request that it does not make");
    change_int(&request(&p)->executor, 1);
    assert_string_equal(said(&p), "");
    give(&p, 3 << 16 | 1, rp_textz(&p.heap, "yes"), rp_at(run->pending, 0));
    run->pending = rp_list();
    assert_string_equal(said(&p), "");
    story_forget(&p.s, NULL);
    story_play(&p.s);
    assert_non_null(strstr(p.s.text, "inv upper \"q=yes\""));
    close_play(&p);
}

static void turns_are_at_rest_in_a_checkpoint(void **state)
{
    static struct play p;
    struct rp_s_custom *c;

    (void)state;
    open_asking(&p);
    c = rp_s_custom_of(rp_at(run_of(&p)->executors, 0));
    c->turn = rp_from_rec(rp_rec_new(&p.heap, RP_K_AGENT_TURN));
    assert_string_equal(said(&p), "item: a record of state where none belongs");
    c->turn = rp_nil();
    c->value = rp_at(run_of(&p)->executors, 1);
    assert_string_equal(said(&p), "item: a record of state where none belongs");
    c->value = rp_nil();
    change_int(&c->visits, -1);
    assert_string_equal(said(&p), "item: a count that is negative, or beyond all counting");
    close_play(&p);
}

/* ---- orchestrations ---- */

static void a_join_holds_what_its_target_takes(void **state)
{
    static struct play p;
    static const struct story_line lines[] = {{.agent = "a", .says = "from a"},
                                              {.agent = "b", .calls = "pay"},
                                              {.agent = "b", .says = "paid"}};
    const struct rp_tool pay = {.name = "pay", .needs_approval = 1};
    struct rp_participant who[2];
    struct rp_value *buffers;

    (void)state;
    open_play(&p, lines, STORY_N(lines));
    who[0] = RP_AGENT(agent(&p, "a"));
    who[1] = RP_AGENT(rp_agent(
        p.s.kit, &(struct rp_agent_opts){.name = "b", .tools = &pay, .n_tools = 1}, &p.s.error));
    take(&p,
         rp_concurrent(p.s.kit, &(struct rp_concurrent_opts){.participants = who, .n = 2},
                       &p.s.error),
         "task", 3);
    assert_string_equal(said(&p), "");
    buffers = &run_of(&p)->joins.u.vec->at[0];
    assert_int_equal(rp_len(*buffers), 2);
    assert_int_equal(rp_len(rp_at(*buffers, 0)), 1);
    buffers->u.vec->at[0] = rp_list_of(&p.heap, 1, rp_int(1));
    assert_string_equal(said(&p),
                        "aggregator: the checkpoint holds for its join what it does not take");
    *buffers = rp_list_of(&p.heap, 1, rp_list());
    assert_string_equal(said(&p), "aggregator: the checkpoint holds another join for it");
    *buffers = rp_list_of(&p.heap, 2, rp_list(), rp_nil());
    assert_string_equal(said(&p), "item: a join's buffers are no lists");
    run_of(&p)->join_ids.u.vec->at[0] = rp_textz(&p.heap, "b <- a");
    *buffers = rp_list();
    assert_string_equal(strstr(said(&p), ": "), ": the checkpoint has another join");
    close_play(&p);
}

static void a_manager_has_a_plan_when_work_is_under_way(void **state)
{
    static struct play p;
    static const struct story_line lines[] = {{.agent = "boss", .says = "facts"},
                                              {.agent = "boss", .says = "plan"}};
    struct rp_participant who[1];
    struct rp_s_magentic *m;

    (void)state;
    open_play(&p, lines, STORY_N(lines));
    who[0] = RP_AGENT(agent(&p, "doer"));
    take(&p,
         rp_magentic(
             p.s.kit,
             &(struct rp_magentic_opts){
                 .participants = who, .n = 1, .manager = agent(&p, "boss"), .plan_review = 1},
             &p.s.error),
         "task", 1);
    assert_string_equal(said(&p), "");
    m = rp_s_magentic_of(rp_at(run_of(&p)->executors, 0));
    m->facts = rp_nil();
    assert_string_equal(said(&p), "item: a task without facts and plan, or these without a task");
    m->plan = m->task = rp_nil();
    assert_string_equal(strstr(said(&p), ": "),
                        ": the checkpoint holds work for it without a plan");
    run_of(&p)->pending = rp_list();
    assert_string_equal(said(&p), "");
    close_play(&p);
}

static void a_session_holds_pairs_of_ids_and_calls(void **state)
{
    static struct play p;
    static const struct story_line lines[] = {{.agent = "a", .says = "from a"}};
    struct rp_participant who[1];
    struct rp_session *s = NULL;
    struct rp_value call;

    (void)state;
    open_play(&p, lines, STORY_N(lines));
    who[0] = RP_AGENT(agent(&p, "a"));
    take(&p,
         rp_sequential(p.s.kit, &(struct rp_sequential_opts){.participants = who, .n = 1},
                       &p.s.error),
         "task", 2);
    for (uint32_t i = 0; i < rp_len(run_of(&p)->executors); i++)
        if (rp_kind(rp_at(run_of(&p)->executors, i)) == RP_K_S_AGENT)
            s = rp_session_of(rp_s_agent_of(rp_at(run_of(&p)->executors, i))->session);
    call = rp_content_call(&p.heap, rp_textz(&p.heap, "c1"), rp_textz(&p.heap, "pay"),
                           rp_textz(&p.heap, "{}"));
    s->waiting = rp_list_of(&p.heap, 1,
                            rp_list_of(&p.heap, 2, rp_list_of(&p.heap, 1, rp_textz(&p.heap, "c0")),
                                       rp_list_of(&p.heap, 1, call)));
    assert_string_equal(said(&p), "");
    s->waiting = rp_list_of(&p.heap, 1, rp_list_of(&p.heap, 1, rp_list()));
    assert_string_equal(said(&p), "item: a session's waiting calls are no pair of ids and calls");
    s->waiting =
        rp_list_of(&p.heap, 1, rp_list_of(&p.heap, 2, rp_list_of(&p.heap, 1, call), rp_list()));
    assert_string_equal(said(&p), "item: a session's waiting calls are no ids and calls");
    close_play(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_one_that_its_executor_makes),
        cmocka_unit_test(a_message_is_one_that_can_be_under_way),
        cmocka_unit_test(the_executors_are_those_of_the_workflow),
        cmocka_unit_test(executors_in_another_order_are_put_in_order),
        cmocka_unit_test(turns_are_at_rest_in_a_checkpoint),
        cmocka_unit_test(a_join_holds_what_its_target_takes),
        cmocka_unit_test(a_manager_has_a_plan_when_work_is_under_way),
        cmocka_unit_test(a_session_holds_pairs_of_ids_and_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
