/* fuzz_wire.c - replies of model services: however a body is split, what is read is the same; a
 * reply that was read, written again, reads as itself and is then written as the same bytes. A
 * request that can be read is written as one that reads and is written as the same bytes.
 *
 * The first byte of an input says what it is: its lowest two bits the dialect, bit 2 a stream, bit
 * 3 a request; the rest is the body. */
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/json.h"
#include "engine/os/reprise_os.h"
#include "fuzz/fuzz.h"
#include "mocks/wire/wire.h"

struct read_reply {
    struct rp_heap heap;
    struct rp_buf story;
    struct rp_value updates, contents, usage;
    char finish[32];
    int is_broken;
};

/* ---- reading -------------------------------------------------------------------------------- */

static void tell_contents(struct rp_buf *story, struct rp_value contents)
{
    rp_buf_addc(story, '\n');
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value content = rp_at(contents, i);
        if (rp_kind(content) == RP_K_C_TEXT) {
            rp_json_write(story, rp_c_text_of(content)->text, 0);
            continue;
        }
        RP_ASSERT(rp_kind(content) == RP_K_C_CALL);
        rp_json_write(story, rp_c_call_of(content)->id, 0);
        rp_json_write(story, rp_c_call_of(content)->name, 0);
        rp_json_write(story, rp_c_call_of(content)->arguments, 0);
    }
}

static void take_end(struct read_reply *r, const struct rp_wire_event *event)
{
    memcpy(r->finish, event->finish, sizeof(r->finish));
    r->usage = event->usage;
    rp_buf_addz(&r->story, event->finish);
    rp_json_write(&r->story, event->usage, 0);
    rp_buf_add_int(&r->story, (int64_t)event->rules);
}

/* 0: it was the last. */
static int take(struct read_reply *r, const struct rp_wire_event *event)
{
    switch (event->kind) {
    case RP_WIRE_MORE:
        break;
    case RP_WIRE_UPDATE:
        tell_contents(&r->story, rp_update_of(event->value)->contents);
        RP_ASSERT(rp_list_add(&r->heap, &r->updates, rp_update_of(event->value)->contents) ==
                  RP_OK);
        break;
    case RP_WIRE_WHOLE:
        r->contents = rp_message_of(rp_at(rp_response_of(event->value)->messages, 0))->contents;
        tell_contents(&r->story, r->contents);
        take_end(r, event);
        return 0;
    case RP_WIRE_END:
        take_end(r, event);
        return 0;
    case RP_WIRE_BROKEN:
        r->is_broken = 1;
        rp_buf_addz(&r->story, event->error.where);
        rp_buf_addz(&r->story, event->error.text);
        rp_buf_add_int(&r->story, (int64_t)event->rules);
        return 0;
    }
    return 1;
}

/* Takes what is there; 0: the end. */
static int drain(struct read_reply *r, struct rp_wire_reader *reader)
{
    struct rp_wire_event event;

    do {
        RP_ASSERT(rp_wire_next(reader, &r->heap, &event) == RP_OK);
        if (!take(r, &event))
            return 0;
    } while (event.kind != RP_WIRE_MORE);
    return 1;
}

static void read_in_steps(struct read_reply *r, enum rp_dialect dialect, int stream,
                          const char *bytes, size_t n, size_t step)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_wire_reader *reader;
    int more = 1;

    memset(r, 0, sizeof(*r));
    rp_heap_init(&r->heap, &alloc, 0, 0);
    rp_buf_init(&r->story, &alloc, SIZE_MAX);
    r->updates = r->contents = rp_list();
    RP_ASSERT(rp_wire_reader_new(&alloc, dialect, stream, &reader) == RP_OK);
    for (size_t at = 0; at < n && more; at += step) {
        RP_ASSERT(rp_wire_feed(reader, bytes + at, step < n - at ? step : n - at) == RP_OK);
        more = drain(r, reader);
    }
    rp_wire_ended(reader);
    RP_ASSERT(!more || !drain(r, reader));
    rp_wire_reader_free(reader);
}

static void read_reply_free(struct read_reply *r)
{
    rp_buf_free(&r->story);
    rp_heap_free(&r->heap);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void write_reply(struct rp_buf *out, enum rp_dialect dialect, int stream,
                        const struct read_reply *r)
{
    struct rp_wire_reply reply = {.id = "r",
                                  .model = "m",
                                  .contents = r->contents,
                                  .updates = r->updates,
                                  .finish = r->finish,
                                  .usage = r->usage};
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_wire_writer w;
    int more = 1;

    rp_buf_init(out, &alloc, SIZE_MAX);
    if (!stream) {
        RP_ASSERT(rp_wire_write_whole(dialect, &reply, out) == RP_OK);
        return;
    }
    rp_wire_writer_init(&w, dialect, &reply);
    w.usage = 1;
    while (more)
        RP_ASSERT(rp_wire_write_piece(&w, out, &more) == RP_OK);
}

static int same(const struct rp_buf *a, const struct rp_buf *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->s, b->s, a->n) == 0);
}

static void try_reply(enum rp_dialect dialect, int stream, const char *bytes, size_t n)
{
    struct read_reply whole, split, once, twice;
    struct rp_buf first, second;

    read_in_steps(&whole, dialect, stream, bytes, n, n + 1);
    read_in_steps(&split, dialect, stream, bytes, n, 1);
    RP_ASSERT(same(&whole.story, &split.story));
    read_reply_free(&split);
    if (!whole.is_broken) {
        write_reply(&first, dialect, stream, &whole);
        read_in_steps(&once, dialect, stream, first.s, first.n, first.n);
        RP_ASSERT(!once.is_broken);
        write_reply(&second, dialect, stream, &once);
        read_in_steps(&twice, dialect, stream, second.s, second.n, 7);
        RP_ASSERT(same(&once.story, &twice.story));
        RP_ASSERT(same(&first, &second));
        rp_buf_free(&first);
        rp_buf_free(&second);
        read_reply_free(&once);
        read_reply_free(&twice);
    }
    read_reply_free(&whole);
}

static void try_request(enum rp_dialect dialect, const char *bytes, size_t n)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_wire_request request;
    struct rp_buf first, second;
    struct rp_error err;
    struct rp_heap heap;

    rp_heap_init(&heap, &alloc, 0, 0);
    rp_buf_init(&first, &alloc, SIZE_MAX);
    rp_buf_init(&second, &alloc, SIZE_MAX);
    if (rp_wire_read_request(dialect, &heap, bytes, n, &request, &err) == RP_OK &&
        rp_wire_write_request(dialect, &request, &first) == RP_OK) {
        RP_ASSERT(rp_wire_read_request(dialect, &heap, first.s, first.n, &request, &err) == RP_OK);
        RP_ASSERT(rp_wire_write_request(dialect, &request, &second) == RP_OK);
        RP_ASSERT(same(&first, &second));
    }
    rp_buf_free(&first);
    rp_buf_free(&second);
    rp_heap_free(&heap);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct rp_error err;
    enum rp_dialect dialect;
    const char *bytes = (const char *)data + 1;

    if (size == 0 || (data[0] & 3) == 3)
        return;
    dialect = (enum rp_dialect)(data[0] & 3);
    if (data[0] & 8)
        try_request(dialect, bytes, size - 1);
    else
        try_reply(dialect, (data[0] & 4) != 0, bytes, size - 1);
    rp_wire_read_error(dialect, 500, bytes, size - 1, &err);
}
