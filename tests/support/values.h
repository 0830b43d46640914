/* values.h - one heap for a test's values, and values told as JSON. */
#ifndef TESTS_VALUES_H
#define TESTS_VALUES_H

#include "engine/base/value.h"
#include "tests/support/faulty_alloc.h"

/* The heap of the group of tests, and the allocator below it. */
extern struct faulty faulty;
extern struct rp_heap heap;

/* For cmocka: around a group. values_stop fails when a byte is left. */
int values_start(void **state);
int values_stop(void **state);

/* rp_json_read into heap from a block that ends with the bytes, so that reading beyond is seen. */
int read_bytes(const char *s, size_t n, struct rp_value *v, struct rp_error *err);
/* The value of a text that is JSON; fails the test when it is not. */
struct rp_value read_json(const char *json);

/* Fails the test unless v is expected when it is written as JSON (sorted if sort is set). */
void is_told_as(struct rp_value v, int sort, const char *expected);
void is_told(struct rp_value v, const char *expected);

/* Numbers below a bound, the same in every run. */
uint32_t draw(uint64_t *seed, uint32_t below);

#endif
