/* wire_read.c - owns the story of a reply that is read. */
#include "tests/support/cm.h"
#include "tests/support/wire_read.h"

#include <string.h>

#include "engine/base/json.h"
#include "tests/support/values.h"

static int tell_content(struct rp_buf *b, struct rp_value content)
{
    RP_TRY(rp_buf_addc(b, ' '));
    if (rp_kind(content) == RP_K_C_TEXT)
        return rp_json_write(b, rp_c_text_of(content)->text, 0);
    assert_int_equal(rp_kind(content), RP_K_C_CALL);
    RP_TRY(rp_buf_adds(b, rp_str_of(rp_c_call_of(content)->name)));
    RP_TRY(rp_buf_addc(b, '('));
    RP_TRY(rp_buf_adds(b, rp_str_of(rp_c_call_of(content)->id)));
    RP_TRY(rp_buf_add(b, ") ", 2));
    return rp_buf_adds(b, rp_str_of(rp_c_call_of(content)->arguments));
}

static int tell_contents(struct rp_buf *b, const char *what, struct rp_value contents)
{
    RP_TRY(rp_buf_addz(b, what));
    for (uint32_t i = 0; i < rp_len(contents); i++)
        RP_TRY(tell_content(b, rp_at(contents, i)));
    return rp_buf_addc(b, '\n');
}

static int tell_end(struct rp_buf *b, const struct rp_wire_event *event)
{
    RP_TRY(rp_buf_addz(b, "end "));
    RP_TRY(rp_buf_addz(b, event->finish));
    if (event->usage.tag == RP_MAP) {
        RP_TRY(rp_buf_addz(b, " "));
        RP_TRY(rp_buf_add_int(b, rp_map_get(event->usage, "input_tokens").u.i));
        RP_TRY(rp_buf_addz(b, " + "));
        RP_TRY(rp_buf_add_int(b, rp_map_get(event->usage, "output_tokens").u.i));
        RP_TRY(rp_buf_addz(b, " = "));
        RP_TRY(rp_buf_add_int(b, rp_map_get(event->usage, "total_tokens").u.i));
    }
    return rp_buf_addc(b, '\n');
}

static int tell_rules(struct rp_buf *b, uint64_t rules)
{
    if (rules == 0)
        return RP_OK;
    RP_TRY(rp_buf_addz(b, "rules"));
    for (unsigned i = 0; i < RP_WIRE_RULE_COUNT; i++) {
        if (!(rules & RP_BIT(i)))
            continue;
        RP_TRY(rp_buf_addc(b, ' '));
        RP_TRY(rp_buf_addz(b, rp_wire_rule_name((enum rp_wire_rule)i)));
    }
    return rp_buf_addc(b, '\n');
}

static int tell_broken(struct rp_buf *b, const struct rp_error *error)
{
    RP_TRY(rp_buf_addz(b, "broken "));
    RP_TRY(rp_buf_addz(b, error->where));
    RP_TRY(rp_buf_addz(b, ": "));
    RP_TRY(rp_buf_addz(b, error->text));
    return rp_buf_addc(b, '\n');
}

static int take_whole(struct wire_read *r, const struct rp_wire_event *event)
{
    struct rp_response *response = rp_response_of(event->value);
    struct rp_message *message;

    assert_int_equal(rp_len(response->messages), 1);
    message = rp_message_of(rp_at(response->messages, 0));
    assert_int_equal(message->role.u.i, RP_ASSISTANT);
    assert_true(rp_equal(response->usage, event->usage));
    r->contents = message->contents;
    return tell_contents(&r->story, "whole", r->contents);
}

static int take_update(struct wire_read *r, struct rp_value update)
{
    assert_int_equal(rp_update_of(update)->role.u.i, RP_ASSISTANT);
    RP_TRY(rp_list_add(&r->heap, &r->updates, rp_update_of(update)->contents));
    return tell_contents(&r->story, "update", rp_update_of(update)->contents);
}

/* Adds what the event says; *over when it is the last. */
static int take(struct wire_read *r, const struct rp_wire_event *event, int *over)
{
    *over = event->kind != RP_WIRE_UPDATE;
    switch (event->kind) {
    case RP_WIRE_MORE:
        return RP_OK;
    case RP_WIRE_UPDATE:
        return take_update(r, event->value);
    case RP_WIRE_BROKEN:
        r->is_broken = 1;
        RP_TRY(tell_broken(&r->story, &event->error));
        return tell_rules(&r->story, event->rules);
    case RP_WIRE_WHOLE:
        RP_TRY(take_whole(r, event));
        break;
    case RP_WIRE_END:
        break;
    }
    memcpy(r->finish, event->finish, sizeof(r->finish));
    r->usage = event->usage;
    RP_TRY(tell_end(&r->story, event));
    return tell_rules(&r->story, event->rules);
}

static int drain(struct wire_read *r, struct rp_wire_reader *reader, int *over)
{
    struct rp_wire_event event;

    do {
        RP_TRY(rp_wire_next(reader, &r->heap, &event));
        RP_TRY(take(r, &event, over));
    } while (!*over);
    *over = event.kind != RP_WIRE_MORE;
    return RP_OK;
}

static int read_all(struct wire_read *r, struct rp_wire_reader *reader, struct rp_str body,
                    size_t first, size_t step)
{
    size_t at = 0, n = first ? first : step;
    int over = 0;

    while (at < body.n && !over) {
        int rc;
        n = n == 0 || n > body.n - at ? body.n - at : n;
        rc = rp_wire_feed(reader, body.s + at, n);
        if (rc != RP_OK && rc != RP_ELIMIT)
            return rc;
        RP_TRY(drain(r, reader, &over));
        at += n;
        n = step;
    }
    if (over)
        return RP_OK;
    rp_wire_ended(reader);
    RP_TRY(drain(r, reader, &over));
    assert_true(over);
    return RP_OK;
}

int wire_read_with(struct wire_read *r, const struct rp_alloc *alloc, enum rp_dialect dialect,
                   int stream, struct rp_str body, size_t first, size_t step)
{
    struct rp_wire_reader *reader;
    int rc;

    memset(r, 0, sizeof(*r));
    rp_heap_init(&r->heap, alloc, 0, RP_HEAP_CHUNK < 2048 ? RP_HEAP_CHUNK : 2048);
    rp_buf_init(&r->story, alloc, SIZE_MAX);
    r->updates = r->contents = rp_list();
    rc = rp_wire_reader_new(alloc, dialect, stream, &reader);
    if (rc != RP_OK)
        return rc;
    rc = read_all(r, reader, body, first, step);
    rp_wire_reader_free(reader);
    return rc;
}

void wire_read(struct wire_read *r, const struct rp_alloc *alloc, enum rp_dialect dialect,
               int stream, struct rp_str body, size_t first, size_t step)
{
    assert_int_equal(wire_read_with(r, alloc, dialect, stream, body, first, step), RP_OK);
}

void wire_read_free(struct wire_read *r)
{
    rp_buf_free(&r->story);
    rp_heap_free(&r->heap);
}

struct rp_wire_reply wire_read_reply(const struct wire_read *r)
{
    return (struct rp_wire_reply){.id = "reply_1",
                                  .model = "model-1",
                                  .created = 1700000000,
                                  .contents = r->contents,
                                  .updates = r->updates,
                                  .finish = r->finish,
                                  .usage = r->usage};
}

int wire_write(enum rp_dialect dialect, int stream, const struct rp_wire_reply *reply,
               struct rp_buf *out)
{
    struct rp_wire_writer w;
    int more = 1;

    if (!stream)
        return rp_wire_write_whole(dialect, reply, out);
    rp_wire_writer_init(&w, dialect, reply);
    w.usage = 1;
    while (more)
        RP_TRY(rp_wire_write_piece(&w, out, &more));
    return RP_OK;
}

void wire_is_told(enum rp_dialect dialect, int stream, const char *body, const char *expected)
{
    const char *mark = strchr(body, '^'), *place = strchr(expected, '^');
    size_t n = mark ? (size_t)(mark - body) : strlen(body);
    struct rp_buf bytes, story;

    rp_buf_init(&bytes, &faulty.alloc, SIZE_MAX);
    rp_buf_init(&story, &faulty.alloc, SIZE_MAX);
    rp_buf_add(&bytes, body, n);
    rp_buf_addz(&bytes, mark ? mark + 1 : "");
    assert_true(!mark == !place);
    rp_buf_add(&story, expected, place ? (size_t)(place - expected) : strlen(expected));
    if (place)
        rp_buf_add_int(&story, (int64_t)n);
    rp_buf_addz(&story, place ? place + 1 : "");
    for (size_t step = 0; step < 2; step++) {
        struct wire_read r;
        wire_read(&r, &faulty.alloc, dialect, stream, (struct rp_str){bytes.s, bytes.n}, 0, step);
        assert_string_equal(r.story.s, story.s);
        wire_read_free(&r);
    }
    rp_buf_free(&bytes);
    rp_buf_free(&story);
}
