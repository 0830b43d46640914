/* values.c - owns the heap of a test's values and how they are told. */
#include "tests/support/values.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/json.h"
#include "tests/support/cm.h"

struct faulty faulty;
struct rp_heap heap;

int values_start(void **state)
{
    (void)state;
    faulty_init(&faulty, -1);
    rp_heap_init(&heap, &faulty.alloc, 0, 4096);
    return 0;
}

int values_stop(void **state)
{
    (void)state;
    rp_heap_free(&heap);
    return faulty.out != 0;
}

int read_bytes(const char *s, size_t n, struct rp_value *v, struct rp_error *err)
{
    char *exact = malloc(n ? n : 1);
    int rc;

    assert_non_null(exact);
    memcpy(exact, s, n);
    rc = rp_json_read(&heap, exact, n, v, err);
    free(exact);
    return rc;
}

struct rp_value read_json(const char *json)
{
    struct rp_error err = {0};
    struct rp_value v = rp_bad();

    if (read_bytes(json, strlen(json), &v, &err) != RP_OK)
        print_error("%s: %s: %s\n", json, err.where, err.text);
    assert_int_not_equal(v.tag, RP_BAD);
    return v;
}

void is_told_as(struct rp_value v, int sort, const char *expected)
{
    struct faulty f;
    struct rp_buf b;

    faulty_init(&f, -1);
    rp_buf_init(&b, &f.alloc, 1 << 20);
    assert_int_equal(rp_json_write(&b, v, sort), RP_OK);
    assert_string_equal(b.s, expected);
    rp_buf_free(&b);
    assert_int_equal(f.out, 0);
}

void is_told(struct rp_value v, const char *expected)
{
    is_told_as(v, 0, expected);
}

uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}
