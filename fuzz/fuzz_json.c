/* fuzz_json.c - the JSON reader: what it reads, it writes as JSON that reads as the same value, and
 * writing that again gives the same bytes. */
#include "engine/base/check.h"
#include "engine/base/json.h"
#include "engine/os/reprise_os.h"
#include "fuzz/fuzz.h"

#include <string.h>

static void write_whole(struct rp_buf *b, struct rp_value v)
{
    RP_ASSERT(rp_json_write(b, v, 0) == RP_OK);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_heap h;
    struct rp_buf once, twice;
    struct rp_value v, again;
    struct rp_error err;

    rp_heap_init(&h, &alloc, 0, 0);
    rp_buf_init(&once, &alloc, RP_TEXT_MAX);
    rp_buf_init(&twice, &alloc, RP_TEXT_MAX);
    if (rp_json_read(&h, (const char *)data, size, &v, &err) == RP_OK) {
        write_whole(&once, v);
        RP_ASSERT(rp_json_read(&h, once.s, once.n, &again, &err) == RP_OK);
        RP_ASSERT(rp_equal(v, again));
        write_whole(&twice, again);
        RP_ASSERT(once.n == twice.n && memcmp(once.s, twice.s, once.n) == 0);
    }
    rp_buf_free(&once);
    rp_buf_free(&twice);
    rp_heap_free(&h);
}
