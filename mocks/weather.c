/* weather.c - decides what goes wrong; tools and stores under it. The model client under weather is
 * in weather_client.c. */
#include "weather.h"

void rp_weather_draw(struct rp_weather *w, struct rp_tape *tape, uint64_t seed, uint32_t allowed,
                     uint32_t faults)
{
    *w = (struct rp_weather){.tape = tape, .in = 1, .of = 8, .left = faults};
    struct rp_dice dice = rp_dice_of(seed, "swarm");
    w->on = (uint32_t)(rp_dice_next(&dice) >> 32) & allowed; /* a bit for each, on or off alike */
}

static int is_on(const struct rp_weather *w, enum rp_stream stream)
{
    return (w->on >> stream & 1) != 0;
}

uint32_t rp_weather_fault(struct rp_weather *w, enum rp_stream stream, uint32_t n)
{
    uint32_t in = is_on(w, stream) && w->left > 0 ? w->in : 0;
    uint32_t value = rp_tape_rare(w->tape, stream, n, in, w->of);

    if (value && w->left > 0)
        w->left--;
    return value;
}

/* ---- tools ----------------------------------------------------------------------------------- */

static void spoil(void *ctx, const struct rp_tool_call *call, struct rp_tool_result *result,
                  uint64_t *delay_ms)
{
    (void)call;
    switch ((enum rp_tool_fault)rp_weather_fault(ctx, RP_STREAM_TOOL, RP_TOOL_FAULTS)) {
    case RP_TOOL_FAILS:
        *result = (struct rp_tool_result){.value = rp_nil(), .failed = 1};
        break;
    case RP_TOOL_SLOW:
        *delay_ms = 50;
        break;
    case RP_TOOL_VERY_SLOW:
        *delay_ms = 600000;
        break;
    case RP_TOOL_FINE:
    case RP_TOOL_FAULTS:
        break;
    }
}

struct rp_tool_weather rp_weather_tools(struct rp_weather *w)
{
    return (struct rp_tool_weather){spoil, w};
}

/* ---- stores ---------------------------------------------------------------------------------- */

static int save(void *self, const struct rp_checkpoint_info *info, const struct rp_item *items,
                size_t n, uint64_t *generation, int64_t *id, struct rp_error *err)
{
    struct rp_weather_store *s = self;

    if (rp_weather_fault(s->w, RP_STREAM_STORE, 2))
        return rp_fail_at(err, RP_ESTORE, "weather", "no space left on the device");
    return s->inner->ops->save(s->inner->self, info, items, n, generation, id, err);
}

static int item(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                struct rp_error *err)
{
    const struct rp_weather_store *s = self;

    return s->inner->ops->item(s->inner->self, id, bytes, n, err);
}

static int info(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err)
{
    const struct rp_weather_store *s = self;

    return s->inner->ops->info(s->inner->self, id, out, err);
}

static int list(void *self, const char *workflow,
                int (*visit)(void *ctx, const struct rp_checkpoint_info *info), void *ctx,
                struct rp_error *err)
{
    const struct rp_weather_store *s = self;

    return s->inner->ops->list(s->inner->self, workflow, visit, ctx, err);
}

static int latest(void *self, const char *workflow, int64_t *id, struct rp_error *err)
{
    const struct rp_weather_store *s = self;

    return s->inner->ops->latest(s->inner->self, workflow, id, err);
}

static int take_out(void *self, const int64_t *ids, size_t n, struct rp_error *err)
{
    const struct rp_weather_store *s = self;

    return s->inner->ops->remove(s->inner->self, ids, n, err);
}

static int size(void *self, uint64_t *bytes, struct rp_error *err)
{
    const struct rp_weather_store *s = self;

    return s->inner->ops->size(s->inner->self, bytes, err);
}

static void keep(void *self)
{
    (void)self;
}

struct rp_store rp_weather_store(struct rp_weather_store *s)
{
    static const struct rp_store_ops ops = {.save = save,
                                            .item = item,
                                            .info = info,
                                            .list = list,
                                            .latest = latest,
                                            .remove = take_out,
                                            .size = size,
                                            .free = keep};

    return (struct rp_store){&ops, s};
}
