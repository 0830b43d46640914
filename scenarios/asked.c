/* asked.c - numbers of requests over all branches of a scenario's history. */
#include "asked.h"

enum { ASKED_ID, ASKED_CALL };

/* A number and a kind in one integer: kinds are below 64, see RP_BIT. */
static struct rp_value pack(int64_t number, unsigned kind)
{
    RP_ASSERT(kind < 64);
    return rp_int(number * 64 + kind);
}

static int64_t number_in(struct rp_value packed)
{
    return packed.tag == RP_INT ? packed.u.i / 64 : 0;
}

void rp_asked_init(struct rp_asked *a, const struct rp_alloc *alloc)
{
    *a = (struct rp_asked){
        .now = rp_map(), .tools = rp_map(), .marks = rp_list(), .ids = rp_list(), .all = rp_list()};
    rp_heap_init(&a->heap, alloc, 0, 0);
}

void rp_asked_free(struct rp_asked *a)
{
    rp_heap_free(&a->heap);
    *a = (struct rp_asked){0};
}

int64_t rp_asked_count(const struct rp_asked *a)
{
    return rp_len(a->all);
}

int64_t rp_asked_checkpoints(const struct rp_asked *a)
{
    return a->first + rp_len(a->marks);
}

int64_t rp_asked_checkpoint_id(const struct rp_asked *a, int64_t number)
{
    RP_ASSERT(number >= a->first);
    RP_ASSERT(number < rp_asked_checkpoints(a));
    return a->adopted ? number : rp_at(a->ids, (uint32_t)number).u.i;
}

/* Stores give ids in order, not always one after the other. */
int64_t rp_asked_checkpoint(const struct rp_asked *a, int64_t id)
{
    uint32_t low = 0, high = rp_len(a->ids);

    if (a->adopted)
        return id;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rp_at(a->ids, middle).u.i < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < rp_len(a->ids) && rp_at(a->ids, low).u.i == id ? (int64_t)low : -1;
}

int64_t rp_asked_number(const struct rp_asked *a, const char *id)
{
    return number_in(rp_map_get(a->now, id));
}

/* The call that a tool request is about; nil for every other request. */
static struct rp_value tool_call_of(struct rp_value data)
{
    if (rp_kind(data) == RP_K_C_APPROVAL_REQUEST)
        return rp_c_approval_request_of(data)->call;
    return rp_kind(data) == RP_K_C_CALL ? data : rp_nil();
}

/* The number of a tool request, in whatever branch; 0 also when that id was of another call there:
 * a request that was asked anew, of somebody else, has an id of its own. */
static int64_t known_tool(const struct rp_asked *a, const char *id, struct rp_value call)
{
    int64_t number = number_in(rp_map_get(a->tools, id));
    struct rp_value before;

    if (number == 0)
        return 0;
    before = rp_at(rp_at(a->all, (uint32_t)(number - 1)), ASKED_CALL);
    return rp_equal(rp_c_call_of(before)->id, rp_c_call_of(call)->id) ? number : 0;
}

/* What stands under that id already, or 0. A request told outside of a superstep is one that a
 * restore tells again; one that is made anew is a new one, unless its id is that of a tool call. */
static int64_t known_number(const struct rp_asked *a, const struct rp_event *event,
                            struct rp_value call)
{
    if (call.tag != RP_NIL)
        return known_tool(a, event->name, call);
    return event->step == 0 ? rp_asked_number(a, event->name) : 0;
}

static int add_request(struct rp_asked *a, const struct rp_event *event, struct rp_value call)
{
    struct rp_heap *h = &a->heap;
    struct rp_value copy = rp_nil(), row;

    if (call.tag != RP_NIL)
        RP_TRY(rp_copy_into(h, call, &copy));
    row = rp_list_of(h, 2, rp_textz(h, event->name), copy);
    return rp_list_add(h, &a->all, row);
}

static int note_request(struct rp_asked *a, const struct rp_event *event)
{
    struct rp_value call = tool_call_of(event->data);
    int tool = call.tag != RP_NIL;
    int64_t number = known_number(a, event, call);

    if (number == 0) {
        RP_TRY(add_request(a, event, call));
        number = rp_asked_count(a);
        if (tool)
            RP_TRY(rp_map_put(&a->heap, &a->tools, event->name, pack(number, 0)));
    }
    return rp_map_put(&a->heap, &a->now, event->name, pack(number, rp_kind(event->data)));
}

static int note_checkpoint(struct rp_asked *a, const struct rp_event *event)
{
    struct rp_value number = rp_map_get(event->data, "number");

    RP_ASSERT(number.tag == RP_INT);
    if (!a->adopted)
        RP_TRY(rp_list_add(&a->heap, &a->ids, number));
    else
        while (rp_asked_checkpoints(a) < number.u.i) /* made by somebody else meanwhile */
            RP_TRY(rp_list_add(&a->heap, &a->marks, rp_map()));
    return rp_list_add(&a->heap, &a->marks, a->now);
}

int rp_asked_event(struct rp_asked *a, const struct rp_event *event)
{
    if (event->kind == RP_EV_REQUEST_INFO)
        return note_request(a, event);
    if (event->kind == RP_EV_CHECKPOINT)
        return note_checkpoint(a, event);
    return RP_OK;
}

struct rp_value rp_asked_resume(struct rp_asked *a, int64_t checkpoint)
{
    struct rp_value before = a->now;

    RP_ASSERT(checkpoint >= a->first);
    RP_ASSERT(checkpoint < rp_asked_checkpoints(a));
    a->now = rp_at(a->marks, (uint32_t)(checkpoint - a->first));
    return before;
}

int rp_asked_adopt(struct rp_asked *a, int64_t id, struct rp_value requests)
{
    RP_ASSERT(rp_asked_count(a) == 0);
    RP_ASSERT(rp_len(a->marks) == 0);
    a->adopted = 1;
    a->first = id;
    for (uint32_t i = 0; i < rp_len(requests); i++) {
        struct rp_request *q = rp_request_of(rp_at(requests, i));
        struct rp_event told = {
            .kind = RP_EV_REQUEST_INFO, .name = rp_str_of(q->id).s, .data = q->data};
        RP_TRY(note_request(a, &told));
    }
    return rp_list_add(&a->heap, &a->marks, a->now);
}

void rp_asked_return(struct rp_asked *a, struct rp_value before)
{
    RP_ASSERT(before.tag == RP_MAP);
    a->now = before;
}

int rp_asked_find(const struct rp_asked *a, int64_t number, struct rp_asked_request *out)
{
    struct rp_value row, here;

    if (number < 1 || number > rp_asked_count(a))
        return RP_ENOTFOUND;
    row = rp_at(a->all, (uint32_t)(number - 1));
    *out = (struct rp_asked_request){.call = rp_at(row, ASKED_CALL)};
    here = rp_map_get(a->now, rp_str_of(rp_at(row, ASKED_ID)).s);
    if (number_in(here) == number) {
        out->id = rp_str_of(rp_at(row, ASKED_ID)).s;
        out->kind = (unsigned)(here.u.i % 64);
    }
    return RP_OK;
}
