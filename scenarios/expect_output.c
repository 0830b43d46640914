/* expect_output.c - owns tests on outputs: their text, and the JSON in it. */
#include "expect_inside.h"

#include "engine/base/json.h"

#include <string.h>

/* ---- the text of an output --------------------------------------------------------------------
 */

static int add_contents(struct rp_buf *b, struct rp_value contents)
{
    int texts = 0;

    for (uint32_t i = 0; i < rp_len(contents); i++) {
        if (rp_kind(rp_at(contents, i)) != RP_K_C_TEXT)
            continue;
        if (texts++)
            RP_TRY(rp_buf_addc(b, ' '));
        RP_TRY(rp_buf_adds(b, rp_str_of(rp_c_text_of(rp_at(contents, i))->text)));
    }
    return RP_OK;
}

static int add_messages(struct rp_buf *b, struct rp_value messages)
{
    for (uint32_t i = 0; i < rp_len(messages); i++)
        if (rp_kind(rp_at(messages, i)) == RP_K_MESSAGE)
            RP_TRY(add_contents(b, rp_message_of(rp_at(messages, i))->contents));
    return RP_OK;
}

int rp_expect_add_text(struct rp_expecting *e, struct rp_buf *b, struct rp_value data)
{
    int rc;

    (void)e;
    if (data.tag == RP_TEXT)
        return rp_buf_adds(b, rp_str_of(data));
    switch (rp_kind(data)) {
    case RP_K_RESPONSE:
        return add_messages(b, rp_response_of(data)->messages);
    case RP_K_AGENT_RESPONSE:
        return add_messages(b, rp_response_of(rp_agent_response_of(data)->response)->messages);
    case RP_K_UPDATE:
        return add_contents(b, rp_update_of(data)->contents);
    case RP_K_MESSAGE:
        return add_contents(b, rp_message_of(data)->contents);
    default:
        break;
    }
    if (rp_len(data) > 0 && rp_kind(rp_at(data, 0)) == RP_K_MESSAGE)
        return add_messages(b, data);
    rc = rp_json_write(b, data, 0);
    return rc == RP_ETYPE ? RP_OK : rc; /* a record of another kind has no text */
}

/* ---- JSON pointers (RFC 6901) -----------------------------------------------------------------
 */

/* Is that token of a pointer this key? "~1" stands for "/", "~0" for "~". */
static int is_key(const char *token, size_t n, struct rp_str key)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++, k++) {
        char c = token[i];
        if (c == '~' && i + 1 < n && (token[i + 1] == '0' || token[i + 1] == '1'))
            c = token[++i] == '0' ? '~' : '/';
        if (k == key.n || key.s[k] != c)
            return 0;
    }
    return k == key.n;
}

static int item_of(struct rp_value list, const char *token, size_t n, struct rp_value *out)
{
    uint32_t at = 0;

    if (n == 0 || n > 9 || (n > 1 && token[0] == '0'))
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (token[i] < '0' || token[i] > '9')
            return 0;
        at = at * 10 + (uint32_t)(token[i] - '0');
    }
    if (at >= rp_len(list))
        return 0;
    *out = rp_at(list, at);
    return 1;
}

static int child_of(struct rp_value v, const char *token, size_t n, struct rp_value *out)
{
    if (v.tag == RP_LIST)
        return item_of(v, token, n, out);
    for (uint32_t i = rp_map_len(v); i > 0; i--)
        if (is_key(token, n, rp_str_of(rp_map_key(v, i - 1)))) {
            *out = rp_map_value(v, i - 1);
            return 1;
        }
    return 0;
}

static int point(struct rp_value v, const char *pointer, struct rp_value *out)
{
    while (*pointer == '/') {
        size_t n = strcspn(++pointer, "/");
        if (!child_of(v, pointer, n, &v))
            return 0;
        pointer += n;
    }
    *out = v;
    return 1;
}

/* ---- the test ---------------------------------------------------------------------------------
 */

static int contains(struct rp_str s, const char *part)
{
    size_t n = strlen(part);

    for (size_t i = 0; i + n <= s.n; i++)
        if (memcmp(s.s + i, part, n) == 0)
            return 1;
    return 0;
}

/* Equal whatever the order of keys. */
static int same_json(struct rp_expecting *e, struct rp_value a, struct rp_value b, int *same)
{
    rp_buf_clear(&e->a);
    rp_buf_clear(&e->b);
    RP_TRY(rp_json_write(&e->a, a, 1));
    RP_TRY(rp_json_write(&e->b, b, 1));
    *same = e->a.n == e->b.n && memcmp(e->a.s, e->b.s, e->a.n) == 0;
    return RP_OK;
}

/* text: of the output, or of what the pointer leads to. */
static int test_text(struct rp_expecting *e, const struct rp_expect_test *test, struct rp_str text,
                     int is_json, struct rp_value json, int *holds)
{
    int same = 1;

    if (test->contains)
        same = contains(text, test->contains);
    if (test->has_equals && test->equals.tag == RP_TEXT && !(is_json && json.tag != RP_TEXT))
        same = same && rp_str_equal(rp_str_of(test->equals), text);
    else if (test->has_equals && !is_json)
        same = 0;
    else if (test->has_equals && same)
        RP_TRY(same_json(e, json, test->equals, &same));
    *holds = same;
    return RP_OK;
}

static int in_json(struct rp_expecting *e, const struct rp_expect_test *test, struct rp_str text,
                   struct rp_value json, int *holds)
{
    struct rp_value at;

    *holds = 0;
    if (!point(json, test->pointer, &at))
        return RP_OK;
    if (at.tag == RP_TEXT)
        return test_text(e, test, rp_str_of(at), 1, at, holds);
    rp_buf_clear(&e->a);
    if (test->contains) {
        RP_TRY(rp_json_write(&e->a, at, 0));
        text = (struct rp_str){e->a.s, e->a.n};
    }
    return test_text(e, test, text, 1, at, holds);
}

int rp_expect_output(struct rp_expecting *e, const struct rp_expect_test *test, int *value)
{
    struct rp_str text = {e->last->s ? e->last->s : "", e->last->n};
    int wants_json = test->pointer || (test->has_equals && test->equals.tag != RP_TEXT);
    struct rp_value json = rp_nil();
    int holds = 0, rc = RP_OK;

    if (wants_json)
        rc = rp_json_try(&e->heap, text, &json);
    if (rc == RP_OK)
        rc = test->pointer ? in_json(e, test, text, json, &holds)
                           : test_text(e, test, text, wants_json, json, &holds);
    else if (rc == RP_EPARSE)
        rc = RP_OK; /* no JSON, so nothing in it */
    if (wants_json) {
        struct rp_alloc alloc = e->alloc;
        rp_heap_free(&e->heap);
        rp_heap_init(&e->heap, &alloc, 0, 0);
    }
    *value = holds ? RP_HOLDS : RP_FAILS;
    return rc;
}
