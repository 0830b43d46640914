/* test_heard.c - what models said is shown in traces; each piece, and what pieces fold to. */
#include "engine/os/reprise_os.h"
#include "scenarios/heard.h"
#include "tests/support/cm.h"

#include <string.h>

static struct rp_value text_of(struct rp_heap *h, const char *s)
{
    return rp_content_text(h, rp_textz(h, s));
}

static struct rp_reply piece(struct rp_heap *h, struct rp_value content)
{
    return (struct rp_reply){.kind = RP_REPLY_UPDATE,
                             .value =
                                 rp_update(h, RP_ASSISTANT, rp_nil(), rp_list_of(h, 1, content))};
}

static int says(struct rp_heard *h, const struct rp_agent *a, struct rp_reply reply)
{
    return rp_heard_reply(h, a, &reply);
}

static int has(const struct rp_heard *h, const char *s)
{
    return rp_heard_has(h, rp_str(s));
}

static void a_whole_reply_is_heard(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_heard h;
    struct rp_heap heap;

    (void)state;
    rp_heap_init(&heap, &alloc, 0, 0);
    rp_heard_init(&h, &alloc);
    struct rp_value m =
        rp_message(&heap, RP_ASSISTANT, rp_nil(),
                   rp_list_of(&heap, 2, text_of(&heap, "one"), text_of(&heap, "two")));
    struct rp_reply reply = {.kind = RP_REPLY_WHOLE,
                             .value = rp_response(&heap, rp_list_of(&heap, 1, m), rp_nil())};
    assert_int_equal(says(&h, NULL, reply), RP_OK);
    assert_int_equal(says(&h, NULL, reply), RP_OK);
    assert_true(has(&h, "one") && has(&h, "two"));
    assert_false(has(&h, "onetwo") || has(&h, ""));
    assert_int_equal(h.n, 2);
    rp_heard_free(&h);
    rp_heap_free(&heap);
}

static void pieces_are_heard_and_what_they_fold_to_agent_by_agent(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    const struct rp_agent *a = (const void *)"a", *b = (const void *)"b";
    struct rp_heard h;
    struct rp_heap heap;

    (void)state;
    rp_heap_init(&heap, &alloc, 0, 0);
    rp_heard_init(&h, &alloc);
    struct rp_value call =
        rp_content_call(&heap, rp_textz(&heap, "1"), rp_textz(&heap, "t"), rp_textz(&heap, "{}"));
    assert_int_equal(says(&h, a, piece(&heap, text_of(&heap, "Qui"))), RP_OK);
    assert_int_equal(says(&h, b, piece(&heap, text_of(&heap, "other"))), RP_OK);
    assert_int_equal(says(&h, a, piece(&heap, text_of(&heap, "et"))), RP_OK);
    assert_int_equal(says(&h, a, piece(&heap, call)), RP_OK);
    assert_int_equal(says(&h, a, piece(&heap, text_of(&heap, " streets"))), RP_OK);
    assert_false(has(&h, "Quiet streets"));
    assert_int_equal(says(&h, a, (struct rp_reply){.kind = RP_REPLY_END}), RP_OK);
    assert_int_equal(says(&h, b, (struct rp_reply){.kind = RP_REPLY_ERROR}), RP_OK);
    assert_true(has(&h, "Qui") && has(&h, "et") && has(&h, "Quiet") && has(&h, " streets"));
    assert_true(has(&h, "other"));
    assert_int_equal(h.n, 5);
    rp_heard_free(&h);
    rp_heap_free(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_reply_is_heard),
        cmocka_unit_test(pieces_are_heard_and_what_they_fold_to_agent_by_agent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
