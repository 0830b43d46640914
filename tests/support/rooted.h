/* rooted.h - a heap on an allocator that shows mistakes, and the roots of its collections. */
#ifndef TESTS_ROOTED_H
#define TESTS_ROOTED_H

#include "engine/base/value.h"
#include "tests/support/faulty_alloc.h"

enum { KIND = 7, ROOTS = 8, CHUNKS = 4 };

struct rooted {
    struct faulty f;
    struct rp_heap h;
    struct rp_value root[ROOTS];
    unsigned roots;
    int twice; /* the roots are visited twice in one collection */
};

/* Sizes of chunks to try: from one object each up to the usual. */
extern const size_t rooted_chunks[CHUNKS];
/* JSON of every sort of value. */
extern const char rooted_story[];

void rooted_begin(struct rooted *w, size_t ceiling, size_t chunk);
void rooted_end(struct rooted *w); /* fails the test when a byte is left */
int rooted_collect(struct rooted *w);

/* Sets all roots: values of every sort, with sharing, partly used vectors and handles of different
 * lengths. root[4] is a record that reaches root[3]. */
void rooted_plant(struct rooted *w);
/* Fails the test unless every byte that holds nothing is 0 and no walk has left a flag. */
void rooted_is_clean(struct rooted *w);

struct rp_value record_of(struct rp_heap *h, uint32_t slots);
struct rp_value read_into(struct rp_heap *h, const char *json);

#endif
