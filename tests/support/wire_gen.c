/* wire_gen.c - owns drawn replies. */
#include "tests/support/wire_gen.h"

#include "tests/support/values.h"

static int draw_text(uint64_t *seed, struct rp_buf *b)
{
    static const char *const words[] = {"a",
                                        "Hello",
                                        " ",
                                        "\n",
                                        "\r\n",
                                        "\"",
                                        "\\",
                                        "{",
                                        "}",
                                        "data: [DONE]",
                                        "\n\n",
                                        "event:",
                                        ":",
                                        "\xc3\xa4",
                                        "\xe2\x82\xac",
                                        "\xf0\x9f\x98\x80",
                                        "\x01",
                                        "\t",
                                        "\xef\xbb\xbf",
                                        "</p>",
                                        "0",
                                        "null"};
    uint32_t n = draw(seed, 6);

    while (n-- > 0)
        RP_TRY(rp_buf_addz(b, words[draw(seed, sizeof(words) / sizeof(*words))]));
    return RP_OK;
}

static struct rp_value take(struct rp_heap *h, struct rp_buf *b)
{
    struct rp_value text = b->failed == RP_OK ? rp_text(h, b->s ? b->s : "", b->n) : rp_bad();

    rp_buf_free(b);
    return text;
}

static int add_text(uint64_t *seed, struct rp_heap *h, struct rp_value *contents)
{
    struct rp_buf b;

    rp_buf_init(&b, &h->alloc, 4096);
    (void)draw_text(seed, &b); /* told by b.failed */
    return rp_list_add(h, contents, rp_content_text(h, take(h, &b)));
}

/* {"key":"...","n":7}, sometimes empty or within another. */
static struct rp_value arguments(uint64_t *seed, struct rp_heap *h)
{
    static const char *const fixed[] = {"{}", "{\"city\":\"Oslo\"}", "{\"a\":[1,2.5,null,{}]}",
                                        "{\"say\":\"\\\"\\n\\u0001\"}"};
    struct rp_buf b;

    rp_buf_init(&b, &h->alloc, 4096);
    if (draw(seed, 2)) {
        rp_buf_addz(&b, fixed[draw(seed, 4)]);
    } else {
        rp_buf_addz(&b, "{\"n\":");
        rp_buf_add_int(&b, (int64_t)draw(seed, 100000));
        rp_buf_addc(&b, '}');
    }
    return take(h, &b);
}

static int add_call(uint64_t *seed, struct rp_heap *h, uint32_t i, struct rp_value *contents)
{
    static const char *const names[] = {"get_weather", "add", "transfer_to_billing", "f"};
    struct rp_buf id;

    rp_buf_init(&id, &h->alloc, 4096);
    rp_buf_addz(&id, "call_");
    rp_buf_add_int(&id, (int64_t)draw(seed, 1000));
    rp_buf_addc(&id, (char)('a' + i));
    return rp_list_add(
        h, contents,
        rp_content_call(h, take(h, &id), rp_textz(h, names[draw(seed, 4)]), arguments(seed, h)));
}

/* A text or none, then n calls. */
static int last_contents(uint64_t *seed, struct rp_heap *h, uint32_t calls, struct rp_value *out)
{
    *out = rp_list();
    if (draw(seed, 3) > 0)
        RP_TRY(add_text(seed, h, out));
    for (uint32_t i = 0; i < calls; i++)
        RP_TRY(add_call(seed, h, i, out));
    return RP_OK;
}

static int draw_updates(uint64_t *seed, struct rp_heap *h, uint32_t calls, struct rp_value *out)
{
    struct rp_value last;

    *out = rp_list();
    for (uint32_t n = draw(seed, 4); n > 0; n--) {
        struct rp_value one = rp_list();
        RP_TRY(add_text(seed, h, &one));
        RP_TRY(rp_list_add(h, out, one));
    }
    RP_TRY(last_contents(seed, h, calls, &last));
    if (rp_len(last) > 0 || rp_len(*out) == 0)
        RP_TRY(rp_list_add(h, out, last));
    return RP_OK;
}

static int draw_usage(uint64_t *seed, struct rp_heap *h, struct rp_value *out)
{
    int64_t input = (int64_t)draw(seed, 5000), output = (int64_t)draw(seed, 500);

    *out = rp_map();
    RP_TRY(rp_map_put(h, out, "input_tokens", rp_int(input)));
    RP_TRY(rp_map_put(h, out, "output_tokens", rp_int(output)));
    return rp_map_put(h, out, "total_tokens", rp_int(input + output));
}

int wire_gen_reply(uint64_t *seed, struct rp_heap *h, int stream, struct rp_wire_reply *out)
{
    static const char *const finishes[] = {NULL, "length", "content_filter", "stop"};
    uint32_t calls = draw(seed, 3) == 0 ? 1 + draw(seed, 3) : 0;

    *out = (struct rp_wire_reply){.id = "reply_1", .model = "model-1", .created = 1700000000};
    out->finish = finishes[calls ? draw(seed, 2) : draw(seed, 4)];
    if (stream)
        RP_TRY(draw_updates(seed, h, calls, &out->updates));
    else
        RP_TRY(last_contents(seed, h, calls, &out->contents));
    return draw_usage(seed, h, &out->usage);
}
