/* fuzz_import.c - recordings of other tools. The first byte says which format the rest has; a file
 * is refused with its place, or its exchanges fit together: pieces add up, texts end, an order is
 * only told by the file. What is taken is written as a line of JSON that is read again as the same.
 */
#include "engine/base/check.h"
#include "engine/os/reprise_os.h"
#include "fuzz/fuzz.h"
#include "mocks/formats/import.h"

#include <string.h>

static void check_item(const struct rp_interaction *it)
{
    size_t n = 0;

    RP_ASSERT(it->lane && it->lane[0]);
    RP_ASSERT(it->method && it->url && it->source);
    for (size_t i = 0; i < it->n_chunks; i++)
        n += it->chunks[i].n;
    RP_ASSERT(n == it->n_body);
    for (size_t i = 0; i < it->n_headers; i++)
        RP_ASSERT(it->headers[i].name && it->headers[i].value);
    for (size_t i = 0; i < it->n_request_headers; i++)
        RP_ASSERT(it->request_headers[i].name && it->request_headers[i].value);
}

/* An exchange, with an order, as a line, and that line again. */
static void check_line(const struct rp_alloc *alloc, const struct rp_interaction *given)
{
    static const struct rp_import_opts plain = {0};
    struct rp_interaction it = *given;
    struct rp_buf once, twice;
    struct rp_import *im = NULL;
    struct rp_error err = {0};

    it.order = it.order > 0 ? it.order : 1;
    rp_buf_init(&once, alloc, RP_TEXT_MAX);
    rp_buf_init(&twice, alloc, RP_TEXT_MAX);
    RP_ASSERT(rp_jsonl_line(&once, &it) == RP_OK);
    RP_ASSERT(rp_import_new(alloc, &plain, &im) == RP_OK);
    RP_ASSERT(rp_import_read(im, rp_format_of("jsonl"), "line", once.s, once.n, &err) == RP_OK);
    RP_ASSERT(im->n == 1);
    RP_ASSERT(rp_jsonl_line(&twice, &im->items[0]) == RP_OK);
    RP_ASSERT(once.n == twice.n && memcmp(once.s, twice.s, once.n) == 0);
    rp_import_free(im);
    rp_buf_free(&once);
    rp_buf_free(&twice);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    /* VCR is YAML and JSON by itself. */
    static const char *const names[] = {"vcr", "vcr", "har", "jsonl", "otlp"};
    static const struct rp_import_opts by_key = {.lane_by = "key"}, plain = {0};
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_import *im = NULL;
    struct rp_error err = {0};
    int rc;

    if (size == 0)
        return;
    RP_ASSERT(rp_import_new(&alloc, data[0] & 0x80 ? &by_key : &plain, &im) == RP_OK);
    rc = rp_import_read(im, rp_format_of(names[(data[0] & 0x7f) % 5]), "input",
                        (const char *)data + 1, size - 1, &err);
    if (rc != RP_OK)
        RP_ASSERT(err.where[0] && err.text[0]);
    for (size_t i = 0; rc == RP_OK && i < im->n; i++) {
        check_item(&im->items[i]);
        check_line(&alloc, &im->items[i]);
    }
    for (size_t i = 0; rc == RP_OK && i < im->n_tools; i++)
        RP_ASSERT(im->tools[i].after >= 0 && (size_t)im->tools[i].after <= im->n);
    rp_import_free(im);
}
