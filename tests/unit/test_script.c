/* test_script.c - scripted models: what comes when, and where a script stands.
 */
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

#include <stdio.h>
#include <string.h>

#include "mocks/script.h"

/* ---- a stage: two agents, their scripts, and what happens as text ---- */

struct stage {
    struct faulty f;
    struct rp_kit *kit;
    struct rp_heap *heap; /* the kit's */
    struct rp_heap run;   /* where replies are made */
    struct rp_agent *anna, *bert;
    struct rp_script_agent script[2];
    struct rp_client client;
    char s[4096];
    size_t n;
};

static void tell(struct stage *st, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    st->n += (size_t)vsnprintf(st->s + st->n, sizeof(st->s) - st->n, format, args);
    va_end(args);
    assert_true(st->n < sizeof(st->s));
}

static struct rp_value text(struct stage *st, const char *z)
{
    return rp_textz(st->heap, z);
}

static struct rp_agent *agent(struct stage *st, const char *name)
{
    struct rp_agent *made = rp_agent(st->kit, &(struct rp_agent_opts){.name = name}, NULL);

    assert_non_null(made);
    return made;
}

static void begin(struct stage *st)
{
    memset(st, 0, sizeof(*st));
    faulty_init(&st->f, -1);
    assert_int_equal(rp_kit_new(&st->f.alloc, &st->kit), RP_OK);
    st->heap = rp_kit_heap(st->kit);
    rp_heap_init(&st->run, &st->f.alloc, 0, 0);
    st->anna = agent(st, "anna");
    st->bert = agent(st, "bert");
    st->script[0].name = "anna";
    st->script[1].name = "bert";
}

static void say_lines(struct rp_script_agent *script, const struct rp_script_reply *replies,
                      uint32_t n)
{
    script->replies = replies;
    script->n_replies = n;
}

static void open_client(struct stage *st)
{
    assert_int_equal(rp_script_new(&st->f.alloc, st->script, 2, &st->client), RP_OK);
}

static void end(struct stage *st)
{
    if (st->client.ops)
        st->client.ops->free(st->client.self);
    rp_heap_free(&st->run);
    rp_kit_free(st->kit);
    assert_int_equal(st->f.out, 0);
}

/* ---- telling ---- */

static void tell_contents(struct stage *st, struct rp_value contents)
{
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value v = rp_at(contents, i);
        if (rp_kind(v) == RP_K_C_TEXT)
            tell(st, " '%s'", rp_str_of(rp_c_text_of(v)->text).s);
        else
            tell(st, " %s(%s)#%s", rp_str_of(rp_c_call_of(v)->name).s,
                 rp_str_of(rp_c_call_of(v)->arguments).s, rp_str_of(rp_c_call_of(v)->id).s);
    }
}

static void tell_reply(struct stage *st, const struct rp_reply *reply)
{
    static const char *const kind[] = {"nothing", "update", "whole", "end", "error"};
    struct rp_value v = reply->value;

    tell(st, " %s", kind[reply->kind]);
    if (reply->kind == RP_REPLY_WHOLE) {
        const struct rp_message *m = rp_message_of(rp_at(rp_response_of(v)->messages, 0));
        assert_int_equal(rp_len(rp_response_of(v)->messages), 1);
        assert_int_equal(m->role.u.i, RP_ASSISTANT);
        assert_int_equal(m->author.tag, RP_NIL);
        tell_contents(st, m->contents);
    } else if (reply->kind == RP_REPLY_UPDATE) {
        assert_int_equal(rp_update_of(v)->role.u.i, RP_ASSISTANT);
        tell_contents(st, rp_update_of(v)->contents);
    } else {
        assert_int_equal(v.tag, RP_NIL);
    }
    tell(st, "%s%s;", *reply->reason ? " " : "", reply->reason);
}

static void start(struct stage *st, uint32_t id, const struct rp_agent *who, int stream)
{
    struct rp_model_call call = {.id = id, .agent = who, .stream = stream};
    int64_t number = -1;
    int made = -1;

    assert_int_equal(st->client.ops->start(st->client.self, &call, 0, &number, &made), RP_OK);
    tell(st, "%s %d%s:", rp_agent_name(who), (int)number, made ? "" : " not made");
}

static enum rp_reply_kind poll_once(struct stage *st, uint32_t id)
{
    struct rp_reply reply;

    assert_int_equal(st->client.ops->poll(st->client.self, id, 0, &st->run, &reply), RP_OK);
    tell_reply(st, &reply);
    return reply.kind;
}

/* A whole call, from its start to its end, on one line. */
static void ask(struct stage *st, const struct rp_agent *who, int stream)
{
    start(st, 1, who, stream);
    while (poll_once(st, 1) == RP_REPLY_UPDATE)
        ;
    tell(st, "\n");
}

static void ask_times(struct stage *st, const struct rp_agent *who, int n)
{
    while (n-- > 0)
        ask(st, who, 0);
}

/* ---- replies in turn ---- */

static void replies_come_in_turn_and_stand_as_often_as_they_say(void **state)
{
    struct stage st;

    (void)state;
    begin(&st);
    struct rp_script_reply lines[] = {{.text = text(&st, "one"), .repeat = 2},
                                      {.text = text(&st, "two")}};
    say_lines(&st.script[0], lines, 2);
    struct rp_script_reply other = {.text = text(&st, "other"), .repeat = 1};
    say_lines(&st.script[1], &other, 1);
    open_client(&st);
    ask(&st, st.anna, 0);
    ask(&st, st.bert, 0);
    ask_times(&st, st.anna, 3);
    ask(&st, st.bert, 1);
    assert_string_equal(st.s,
                        "anna 1: whole 'one';\n"
                        "bert 1: whole 'other';\n"
                        "anna 2: whole 'one';\n"
                        "anna 3: whole 'two';\n"
                        "anna 4 not made: error the script of anna has no reply for its call 4;\n"
                        "bert 2 not made: error the script of bert has no reply for its call 2;\n");
    end(&st);
}

static void an_exhausted_script_repeats_its_last_reply_or_starts_anew(void **state)
{
    struct stage st;

    (void)state;
    begin(&st);
    struct rp_script_reply lines[] = {{.text = text(&st, "one")},
                                      {.text = text(&st, "two"), .repeat = 2}};
    say_lines(&st.script[0], lines, 2);
    say_lines(&st.script[1], lines, 2);
    st.script[0].when_exhausted = RP_EXHAUSTED_REPEAT_LAST;
    st.script[1].when_exhausted = RP_EXHAUSTED_CYCLE;
    open_client(&st);
    ask_times(&st, st.anna, 5);
    ask_times(&st, st.bert, 5);
    assert_string_equal(st.s, "anna 1: whole 'one';\n"
                              "anna 2: whole 'two';\n"
                              "anna 3: whole 'two';\n"
                              "anna 4: whole 'two';\n"
                              "anna 5: whole 'two';\n"
                              "bert 1: whole 'one';\n"
                              "bert 2: whole 'two';\n"
                              "bert 3: whole 'two';\n"
                              "bert 4: whole 'one';\n"
                              "bert 5: whole 'two';\n");
    end(&st);
}

static void a_script_without_replies_is_exhausted_whatever_it_does_then(void **state)
{
    struct stage st;

    (void)state;
    begin(&st);
    st.script[0].when_exhausted = RP_EXHAUSTED_REPEAT_LAST;
    st.script[1].when_exhausted = RP_EXHAUSTED_CYCLE;
    open_client(&st);
    ask(&st, st.anna, 0);
    ask(&st, st.bert, 1);
    assert_string_equal(st.s,
                        "anna 1 not made: error anna has no script; give it one, or play with "
                        "--cassette or --base-url;\n"
                        "bert 1 not made: error bert has no script; give it one, or play with "
                        "--cassette or --base-url;\n");
    end(&st);
}

static void an_agent_without_a_script_gets_an_error(void **state)
{
    struct stage st;
    struct rp_agent *carl;

    (void)state;
    begin(&st);
    carl = agent(&st, "carl");
    open_client(&st);
    ask(&st, carl, 0);
    assert_string_equal(st.s, "carl 0 not made: error no script answers for this agent;\n");
    end(&st);
}

/* ---- contents ---- */

static struct rp_script_call call_of(struct stage *st, const char *id, const char *name)
{
    return (struct rp_script_call){
        .id = id ? text(st, id) : rp_nil(), .name = text(st, name), .arguments = text(st, "{}")};
}

/* Text, chunks, calls, nothing: the replies of one script, prepared or not. */
static void ask_for_all_forms(struct stage *st, int prepared)
{
    struct rp_script_call calls[] = {call_of(st, NULL, "look"), call_of(st, "c7", "look"),
                                     call_of(st, "", "go")};
    struct rp_value chunks = rp_list_of(st->heap, 3, text(st, "he"), text(st, "llo"), text(st, ""));
    struct rp_script_reply lines[] = {
        {.text = text(st, "plain")},
        {.text = text(st, "")},
        {.text = rp_nil()},
        {.text = text(st, "and"), .calls = calls, .n_calls = 3},
        {.text = rp_nil(), .calls = calls + 1, .n_calls = 1},
        {.text = text(st, "hello"), .chunks = chunks},
        {.text = text(st, "hello"), .chunks = chunks, .calls = calls, .n_calls = 1},
        {.text = text(st, "hello"), .chunks = chunks, .calls = calls + 1, .n_calls = 1},
        {.error = text(st, "lost")},
    };

    for (size_t i = 0; prepared && i < 9; i++)
        assert_int_equal(rp_script_prepare(st->heap, lines + i), RP_OK);
    say_lines(&st->script[0], lines, 9);
    say_lines(&st->script[1], lines, 9);
    open_client(st);
    ask_times(st, st->anna, 9);
    for (int i = 0; i < 9; i++)
        ask(st, st->bert, 1);
}

static const char all_forms[] =
    "anna 1: whole 'plain';\n"
    "anna 2: whole '';\n"
    "anna 3: whole;\n"
    "anna 4: whole 'and' look({})#call_anna_4_1 look({})#c7 go({})#call_anna_4_3;\n"
    "anna 5: whole look({})#c7;\n"
    "anna 6: whole 'hello';\n"
    "anna 7: whole 'hello' look({})#call_anna_7_1;\n"
    "anna 8: whole 'hello' look({})#c7;\n"
    "anna 9: error lost;\n"
    "bert 1: update 'plain'; end;\n"
    "bert 2: update ''; end;\n"
    "bert 3: update; end;\n"
    "bert 4: update 'and' look({})#call_bert_4_1 look({})#c7 go({})#call_bert_4_3; end;\n"
    "bert 5: update look({})#c7; end;\n"
    "bert 6: update 'he'; update 'llo'; update ''; end;\n"
    "bert 7: update 'he'; update 'llo'; update ''; update look({})#call_bert_7_1; end;\n"
    "bert 8: update 'he'; update 'llo'; update ''; update look({})#c7; end;\n"
    "bert 9: error lost;\n";

static void a_reply_is_text_first_and_then_calls_whole_or_in_pieces(void **state)
{
    struct stage st;

    (void)state;
    begin(&st);
    ask_for_all_forms(&st, 0);
    assert_string_equal(st.s, all_forms);
    end(&st);
}

static void prepared_replies_are_the_same(void **state)
{
    struct stage st;

    (void)state;
    begin(&st);
    ask_for_all_forms(&st, 1);
    assert_string_equal(st.s, all_forms);
    end(&st);
}

static void what_replies_share_is_left_alone_by_who_adds_to_it(void **state)
{
    struct stage st;
    struct rp_reply reply;
    struct rp_value contents;

    (void)state;
    begin(&st);
    struct rp_script_reply line = {.text = text(&st, "one"), .repeat = 2};
    assert_int_equal(rp_script_prepare(st.heap, &line), RP_OK);
    say_lines(&st.script[0], &line, 1);
    open_client(&st);
    start(&st, 5, st.anna, 0);
    assert_int_equal(st.client.ops->poll(st.client.self, 5, 0, &st.run, &reply), RP_OK);
    contents = rp_message_of(rp_at(rp_response_of(reply.value)->messages, 0))->contents;
    assert_int_equal(rp_list_add(&st.run, &contents, rp_content_text(&st.run, line.text)), RP_OK);
    ask(&st, st.anna, 0);
    assert_string_equal(st.s, "anna 1:anna 2: whole 'one';\n");
    assert_int_equal(line.contents.u.vec->fill, 1);
    end(&st);
}

static void a_long_reason_is_cut_between_characters(void **state)
{
    struct stage st;
    char why[301];

    (void)state;
    begin(&st);
    for (size_t i = 0; i < 300; i += 2)
        memcpy(why + i, "\xc3\xa4", 2);
    why[300] = '\0';
    struct rp_script_reply line = {.error = text(&st, why)};
    say_lines(&st.script[0], &line, 1);
    open_client(&st);
    ask(&st, st.anna, 1);
    why[254] = '\0';
    tell(&st, "anna 1: error %s;\n", why);
    assert_int_equal(strncmp(st.s, st.s + st.n / 2, st.n / 2), 0);
    end(&st);
}

/* ---- several calls at once ---- */

static void open_calls_go_their_own_ways(void **state)
{
    struct stage st;

    (void)state;
    begin(&st);
    struct rp_script_reply lines[] = {
        {.text = text(&st, "ab"), .chunks = rp_list_of(st.heap, 2, text(&st, "a"), text(&st, "b"))},
        {.text = text(&st, "two")},
        {.text = text(&st, "three")}};
    say_lines(&st.script[0], lines, 3);
    open_client(&st);
    assert_true(st.client.ops->due(st.client.self) == UINT64_MAX);
    start(&st, 7, st.anna, 1);
    start(&st, 8, st.anna, 0);
    start(&st, 15, st.anna, 0);
    assert_true(st.client.ops->due(st.client.self) == 0);
    poll_once(&st, 7);
    poll_once(&st, 8);
    poll_once(&st, 7);
    st.client.ops->cancel(st.client.self, 15);
    st.client.ops->cancel(st.client.self, 99);
    poll_once(&st, 7);
    assert_true(st.client.ops->due(st.client.self) == UINT64_MAX);
    assert_string_equal(st.s, "anna 1:anna 2:anna 3: update 'a'; whole 'two'; update 'b'; end;");
    end(&st);
}

static void a_call_that_is_not_open_is_not_found(void **state)
{
    struct stage st;
    struct rp_reply reply;

    (void)state;
    begin(&st);
    open_client(&st);
    assert_int_equal(st.client.ops->poll(st.client.self, 1, 0, &st.run, &reply), RP_ENOTFOUND);
    ask(&st, st.anna, 0);
    assert_int_equal(st.client.ops->poll(st.client.self, 1, 0, &st.run, &reply), RP_ENOTFOUND);
    assert_int_equal(reply.kind, RP_REPLY_NONE);
    end(&st);
}

/* Ends calls in an order that leaves holes everywhere in the table of open calls. */
static void a_thousand_open_calls_are_all_found(void **state)
{
    enum { N = 1000, STEP = 7 * 16 + 1 };
    struct stage st;
    struct rp_reply reply;

    (void)state;
    begin(&st);
    struct rp_script_reply line = {.text = text(&st, "x"), .repeat = 2 * N};
    say_lines(&st.script[0], &line, 1);
    open_client(&st);
    for (uint32_t i = 0; i < N; i++) {
        start(&st, i * 16, st.anna, 0);
        st.n = 0;
    }
    for (uint32_t i = 0, at = 0; i < N; i++, at = (at + STEP) % N) {
        assert_int_equal(st.client.ops->poll(st.client.self, at * 16, 0, &st.run, &reply), RP_OK);
        assert_int_equal(reply.kind, RP_REPLY_WHOLE);
    }
    assert_true(st.client.ops->due(st.client.self) == UINT64_MAX);
    end(&st);
}

/* ---- positions ---- */

static struct rp_value saved(struct stage *st)
{
    struct rp_value v = rp_nil();

    assert_int_equal(st->client.ops->save(st->client.self, &st->run, &v), RP_OK);
    return v;
}

static void tell_saved(struct stage *st)
{
    struct rp_buf b;

    rp_buf_init(&b, &st->f.alloc, 1000);
    assert_int_equal(rp_json_write(&b, saved(st), 0), RP_OK);
    tell(st, "%s\n", b.s);
    rp_buf_free(&b);
}

static void scripts_go_on_where_they_stood(void **state)
{
    struct stage st;
    struct rp_value before;

    (void)state;
    begin(&st);
    struct rp_script_reply lines[] = {{.text = text(&st, "one"), .repeat = 3},
                                      {.text = text(&st, "two")}};
    say_lines(&st.script[0], lines, 2);
    say_lines(&st.script[1], lines, 2);
    st.script[1].when_exhausted = RP_EXHAUSTED_CYCLE;
    open_client(&st);
    tell_saved(&st);
    ask_times(&st, st.bert, 6);
    ask_times(&st, st.anna, 2);
    tell_saved(&st);
    before = saved(&st);
    ask_times(&st, st.anna, 3);
    start(&st, 2, st.bert, 0);
    assert_int_equal(st.client.ops->load(st.client.self, before), RP_OK);
    tell(&st, "\n");
    assert_true(st.client.ops->due(st.client.self) == UINT64_MAX);
    ask_times(&st, st.anna, 2);
    ask_times(&st, st.bert, 3);
    assert_int_equal(st.client.ops->load(st.client.self, rp_nil()), RP_OK);
    ask(&st, st.bert, 0);
    tell_saved(&st);
    assert_string_equal(st.s,
                        "{}\n"
                        "bert 1: whole 'one';\nbert 2: whole 'one';\nbert 3: whole 'one';\n"
                        "bert 4: whole 'two';\nbert 5: whole 'one';\nbert 6: whole 'one';\n"
                        "anna 1: whole 'one';\nanna 2: whole 'one';\n"
                        "{\"anna\":2,\"bert\":6}\n"
                        "anna 3: whole 'one';\nanna 4: whole 'two';\n"
                        "anna 5 not made: error the script of anna has no reply for its call 5;\n"
                        "bert 7:\n"
                        "anna 3: whole 'one';\nanna 4: whole 'two';\n"
                        "bert 7: whole 'one';\nbert 8: whole 'two';\nbert 9: whole 'one';\n"
                        "bert 1: whole 'one';\n"
                        "{\"bert\":1}\n");
    end(&st);
}

static int load_one(struct stage *st, const char *name, struct rp_value calls)
{
    struct rp_value map = rp_map();

    assert_int_equal(rp_map_put(&st->run, &map, name, calls), RP_OK);
    return st->client.ops->load(st->client.self, map);
}

static void wrong_positions_are_refused_and_change_nothing(void **state)
{
    struct stage st;

    (void)state;
    begin(&st);
    struct rp_script_reply line = {.text = text(&st, "x"), .repeat = 9};
    say_lines(&st.script[0], &line, 1);
    open_client(&st);
    ask(&st, st.anna, 0);
    assert_int_equal(st.client.ops->load(st.client.self, rp_int(1)), RP_ETYPE);
    assert_int_equal(load_one(&st, "anna", rp_int(-1)), RP_ETYPE);
    assert_int_equal(load_one(&st, "anna", rp_int(INT64_MAX)), RP_ETYPE);
    assert_int_equal(load_one(&st, "anna", rp_list()), RP_ETYPE);
    assert_int_equal(load_one(&st, "zoe", rp_int(1)), RP_ENOTFOUND);
    ask(&st, st.anna, 0);
    assert_string_equal(st.s, "anna 1: whole 'x';\nanna 2: whole 'x';\n");
    end(&st);
}

/* ---- memory ---- */

static const struct rp_agent *lent;
static const struct rp_script_agent *lines_lent;

static int start_and_poll(const struct rp_client *client, struct rp_heap *run, uint32_t id)
{
    struct rp_model_call call = {.id = id, .agent = lent, .stream = 1};
    struct rp_reply reply;
    int64_t number;
    int made;

    RP_TRY(client->ops->start(client->self, &call, 0, &number, &made));
    do
        RP_TRY(client->ops->poll(client->self, id, 0, run, &reply));
    while (reply.kind == RP_REPLY_UPDATE);
    return reply.kind == RP_REPLY_END ? RP_OK : RP_EARG;
}

static int use_client(const struct rp_alloc *alloc)
{
    struct rp_client client;
    struct rp_heap run;
    struct rp_value v;
    int rc = rp_script_new(alloc, lines_lent, 1, &client);

    if (rc != RP_OK)
        return rc;
    rp_heap_init(&run, alloc, 0, 1);
    for (uint32_t id = 1; rc == RP_OK && id <= 2; id++)
        rc = start_and_poll(&client, &run, id);
    if (rc == RP_OK)
        rc = client.ops->save(client.self, &run, &v);
    rp_heap_free(&run);
    client.ops->free(client.self);
    return rc;
}

static void every_failure_of_memory_is_survived(void **state)
{
    struct stage st;

    (void)state;
    begin(&st);
    struct rp_script_call calls[] = {call_of(&st, NULL, "look")};
    struct rp_script_reply line = {.text = text(&st, "ab"),
                                   .chunks = rp_list_of(st.heap, 2, text(&st, "a"), text(&st, "b")),
                                   .calls = calls,
                                   .n_calls = 1,
                                   .repeat = 2};
    say_lines(&st.script[0], &line, 1);
    lent = st.anna;
    lines_lent = st.script;
    assert_true(sweep_memory(use_client) > 0);
    end(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_come_in_turn_and_stand_as_often_as_they_say),
        cmocka_unit_test(an_exhausted_script_repeats_its_last_reply_or_starts_anew),
        cmocka_unit_test(a_script_without_replies_is_exhausted_whatever_it_does_then),
        cmocka_unit_test(an_agent_without_a_script_gets_an_error),
        cmocka_unit_test(a_reply_is_text_first_and_then_calls_whole_or_in_pieces),
        cmocka_unit_test(prepared_replies_are_the_same),
        cmocka_unit_test(what_replies_share_is_left_alone_by_who_adds_to_it),
        cmocka_unit_test(a_long_reason_is_cut_between_characters),
        cmocka_unit_test(open_calls_go_their_own_ways),
        cmocka_unit_test(a_call_that_is_not_open_is_not_found),
        cmocka_unit_test(a_thousand_open_calls_are_all_found),
        cmocka_unit_test(scripts_go_on_where_they_stood),
        cmocka_unit_test(wrong_positions_are_refused_and_change_nothing),
        cmocka_unit_test(every_failure_of_memory_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
