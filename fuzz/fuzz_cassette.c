/* fuzz_cassette.c - any bytes as a cassette: opening, listing, verifying, redacting and replaying
 * it ends, and what it gives back adds up. */
#include "engine/base/check.h"
#include "engine/os/reprise_os.h"
#include "fuzz/fuzz.h"
#include "mocks/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOKED_AT = 64 };

static int ignore(void *ctx, const char *fault)
{
    (void)ctx;
    RP_ASSERT(fault[0] != '\0');
    return RP_OK;
}

/* Asks for just what was recorded; it is answered, or the miss is told. */
static void play(struct rp_transport *t, const struct rp_interaction *i)
{
    const struct rp_exchange asked = {.method = i->method,
                                      .url = i->url,
                                      .body = i->request,
                                      .n_body = i->n_request,
                                      .lane = i->lane,
                                      .order = i->order,
                                      .attempt = i->attempt};
    struct rp_piece piece = {.kind = RP_PIECE_NONE};
    uint64_t now = 0;
    uint32_t ticket;

    RP_ASSERT(t->ops->start(t->self, &asked, now, &ticket) == RP_OK);
    for (int n = 0; n < 1000 && piece.kind != RP_PIECE_END && piece.kind != RP_PIECE_FAILED; n++) {
        uint64_t due = t->ops->due(t->self);
        now = due > now ? due : now;
        RP_ASSERT(t->ops->poll(t->self, ticket, now, &piece) == RP_OK);
    }
    t->ops->cancel(t->self, ticket);
}

static void replay(struct rp_cassette *c, enum rp_match rule)
{
    static const char *const masks[] = {"/messages/*", "url.query.x"};
    struct rp_recorder_opts opts = {
        .alloc = rp_alloc_libc(), .cassette = c, .match = {rule, masks, 2, NULL}};
    struct rp_recorder *r;
    struct rp_transport t;

    if (rp_recorder_new(&opts, (struct rp_transport){NULL, NULL}, &r, NULL) != RP_OK)
        return;
    RP_ASSERT(rp_recorder_transport(r, &t) == RP_OK);
    for (size_t i = 0; i < rp_cassette_count(c) && i < LOOKED_AT; i++) {
        const struct rp_interaction *one;
        struct rp_interaction *copy;
        if (rp_cassette_get(c, rp_cassette_nth(c, i), &one, NULL) != RP_OK)
            continue;
        RP_ASSERT(rp_interaction_copy(&opts.alloc, one, &copy) == RP_OK);
        play(&t, copy);
        rp_interaction_free(&opts.alloc, copy);
    }
    t.ops->free(t.self);
    rp_recorder_free(r);
}

static void look_at(struct rp_cassette *c, struct rp_redact *redact)
{
    struct rp_alloc alloc = rp_alloc_libc();

    for (size_t i = 0; i < rp_cassette_count(c) && i < LOOKED_AT; i++) {
        const struct rp_interaction *one;
        struct rp_interaction *safe;
        size_t sum = 0;
        if (rp_cassette_get(c, rp_cassette_nth(c, i), &one, NULL) != RP_OK)
            continue;
        for (size_t k = 0; k < one->n_chunks; k++)
            sum += one->chunks[k].n;
        RP_ASSERT(sum == one->n_body);
        RP_ASSERT(rp_redact_interaction(redact, one, &safe, NULL) == RP_OK);
        sum = 0;
        for (size_t k = 0; k < safe->n_chunks; k++)
            sum += safe->chunks[k].n;
        RP_ASSERT(sum == safe->n_body);
        rp_interaction_free(&alloc, safe);
    }
    for (size_t i = 0; i < rp_cassette_tools(c) && i < LOOKED_AT; i++) {
        const struct rp_tool_record *tool;
        (void)rp_cassette_tool(c, i, &tool, NULL);
    }
}

static void open_file(const char *path)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_redact *redact;
    struct rp_cassette *c;
    struct rp_error err = {0};

    if (rp_cassette_open(&alloc, path, RP_CASSETTE_READ, &c, &err) != RP_OK) {
        RP_ASSERT(err.text[0] != '\0');
        return;
    }
    RP_ASSERT(rp_redact_new(&alloc, NULL, 0, &redact, NULL) == RP_OK);
    (void)rp_cassette_verify(c, ignore, NULL);
    look_at(c, redact);
    replay(c, RP_MATCH_STRICT);
    replay(c, RP_MATCH_STRUCTURAL);
    replay(c, RP_MATCH_SEQUENCE);
    rp_redact_free(redact);
    rp_cassette_close(c);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    const char *in = getenv("TMPDIR");
    char path[300];
    FILE *f;
    int file;

    snprintf(path, sizeof(path), "%s/reprise-fuzz-XXXXXX", in ? in : "/tmp");
    file = mkstemp(path);
    RP_ASSERT(file >= 0);
    f = fdopen(file, "wb");
    RP_ASSERT(f != NULL);
    RP_ASSERT(fwrite(data, 1, size, f) == size);
    fclose(f);
    open_file(path);
    unlink(path);
}
