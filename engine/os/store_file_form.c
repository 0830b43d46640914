/* store_file_form.c - owns the bytes of the store's files, both ways. */
#include "engine/os/store_file.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/reprise.h"

static const char magic[] = "rpstore\x1a";

/* Places in a head; store_file.h tells the whole. */
enum {
    AT_VERSION = 8,
    AT_KIND = 12,
    AT_NUMBER = 16,
    AT_HEAD = 24,
    AT_LENGTH = 32,
    AT_ITEMS = 40,
    AT_ROOT = 80,
    AT_STRINGS = 104,
    AT_RUNS = 64,
    ID = sizeof(struct rp_item_id)
};

/* ---- names ---- */

enum { DIGITS = 10 };

static const char *const endings[] = {
    [SF_CHECKPOINT] = ".rpc", [SF_REST] = ".rpr", [SF_TEMP] = ".tmp"};

void rp_sf_name(enum sf_kind kind, int64_t number, char name[SF_NAME])
{
    RP_ASSERT(number >= 0);
    RP_ASSERT(number <= SF_NUMBER_MAX);
    for (int i = DIGITS - 1; i >= 0; i--, number /= 10)
        name[i] = (char)('0' + number % 10);
    memcpy(name + DIGITS, endings[kind], 5);
}

int rp_sf_is_name(const char *name, enum sf_kind *kind, int64_t *number)
{
    if (strlen(name) != DIGITS + 4)
        return 0;
    *number = 0;
    for (int i = 0; i < DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9')
            return 0;
        *number = *number * 10 + (name[i] - '0');
    }
    for (*kind = SF_CHECKPOINT; *kind <= SF_TEMP; ++*kind)
        if (memcmp(name + DIGITS, endings[*kind], 5) == 0)
            return 1;
    return 0;
}

/* ---- numbers ---- */

static uint64_t take(const char *at, size_t bytes)
{
    uint64_t word = 0;

    for (size_t i = bytes; i > 0; i--)
        word = word << 8 | (unsigned char)at[i - 1];
    return word;
}

static void put(char *at, uint64_t word, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++, word >>= 8)
        at[i] = (char)(word & 0xff);
}

uint64_t rp_sf_word(const char *at)
{
    return take(at, 8);
}

int rp_sf_add_word(struct rp_buf *b, uint64_t word, size_t bytes)
{
    char s[8];

    RP_ASSERT(bytes <= sizeof(s));
    put(s, word, bytes);
    return rp_buf_add(b, s, bytes);
}

/* ---- writing ---- */

void rp_sf_begin(struct rp_buf *b, enum sf_kind kind, int64_t number)
{
    rp_buf_clear(b);
    rp_buf_add(b, magic, AT_VERSION);
    rp_sf_add_word(b, SF_VERSION, 4);
    rp_sf_add_word(b, kind, 4);
    rp_sf_add_word(b, (uint64_t)number, 8);
    for (int i = 0; i < 3; i++)
        rp_sf_add_word(b, 0, 8);
    RP_ASSERT(b->failed != RP_OK || b->n == SF_HEAD);
}

void rp_sf_add_info(struct rp_buf *b, const struct rp_checkpoint_info *info)
{
    struct rp_str workflow = rp_str(info->workflow), signature = rp_str(info->signature);

    if (b->failed == RP_OK && (workflow.n > UINT32_MAX || signature.n > UINT32_MAX))
        b->failed = RP_ELIMIT;
    rp_sf_add_word(b, (uint64_t)info->previous, 8);
    rp_sf_add_word(b, (uint64_t)info->iteration, 8);
    rp_sf_add_word(b, info->time_ms, 8);
    rp_sf_add_word(b, info->pending, 4);
    rp_sf_add_word(b, info->messages, 4);
    rp_buf_add(b, (const char *)info->root.b, ID);
    rp_sf_add_word(b, workflow.n, 4);
    rp_sf_add_word(b, signature.n, 4);
    RP_ASSERT(b->failed != RP_OK || b->n == AT_STRINGS);
    rp_buf_adds(b, workflow);
    rp_buf_adds(b, signature);
}

void rp_sf_end_head(struct rp_buf *b)
{
    if (rp_sf_add_word(b, 0, SF_SUM) == RP_OK)
        put(b->s + AT_HEAD, b->n, 8);
}

int rp_sf_add_item(struct rp_buf *b, const struct rp_item *item, uint64_t *at)
{
    size_t was = b->n;

    rp_buf_add(b, (const char *)item->id.b, ID);
    rp_sf_add_word(b, item->n, 8);
    *at = b->n;
    if (rp_buf_add(b, item->bytes, item->n) != RP_OK && b->n > was)
        rp_buf_cut(b, was); /* failed stays */
    return b->failed;
}

int rp_sf_finish(struct rp_buf *b, uint64_t items)
{
    size_t head;

    if (!rp_buf_room(b, SF_SUM))
        return b->failed;
    head = (size_t)take(b->s + AT_HEAD, 8);
    put(b->s + AT_LENGTH, b->n + SF_SUM, 8);
    put(b->s + AT_ITEMS, items, 8);
    put(b->s + head - SF_SUM, rp_snap_sum(b->s, head - SF_SUM), SF_SUM);
    return rp_sf_add_word(b, rp_snap_sum(b->s, b->n), SF_SUM);
}

/* ---- reading ---- */

static int wrong(struct sf_fault *fault, uint64_t byte, const char *reason)
{
    *fault = (struct sf_fault){.byte = byte, .reason = reason};
    return 0;
}

/* Up to the record; a file of another version is not looked into any further. */
static int read_opening(struct rp_str s, const struct sf_file *f, struct sf_form *out,
                        struct sf_fault *fault)
{
    size_t n = s.n < AT_VERSION ? s.n : AT_VERSION;

    if (s.n == 0)
        return wrong(fault, 0, "it is empty");
    if (memcmp(s.s, magic, n) != 0)
        return wrong(fault, 0, "it does not begin as a file of a store");
    if (s.n < SF_HEAD + SF_SUM)
        return wrong(fault, s.n, "it ends within its head");
    if (take(s.s + AT_VERSION, 4) != SF_VERSION)
        return wrong(fault, AT_VERSION, "its version is not known to this program");
    out->head = rp_sf_word(s.s + AT_HEAD);
    if (out->head < SF_HEAD + SF_SUM || out->head > (UINT64_C(1) << 48))
        return wrong(fault, AT_HEAD, "the length of its head cannot be");
    if (out->head > s.n)
        return wrong(fault, s.n, "it ends within its head");
    if (rp_sf_word(s.s + out->head - SF_SUM) != rp_snap_sum(s.s, (size_t)out->head - SF_SUM))
        return wrong(fault, out->head - SF_SUM, "the head does not have this sum");
    if (take(s.s + AT_KIND, 4) != (uint64_t)f->kind)
        return wrong(fault, AT_KIND, "it is of another kind than its name says");
    if (rp_sf_word(s.s + AT_NUMBER) != (uint64_t)f->number)
        return wrong(fault, AT_NUMBER, "it has another number than its name says");
    out->length = rp_sf_word(s.s + AT_LENGTH);
    out->items = rp_sf_word(s.s + AT_ITEMS);
    return 1;
}

static int read_info(const char *s, struct sf_form *out, struct sf_fault *fault)
{
    uint64_t workflow, signature;

    if (out->head < AT_STRINGS + SF_SUM)
        return wrong(fault, AT_HEAD, "its head is too short for a checkpoint");
    workflow = take(s + 96, 4);
    signature = take(s + 100, 4);
    if (out->head != AT_STRINGS + SF_SUM + workflow + signature)
        return wrong(fault, 96, "its head is not as long as its strings need");
    if (memchr(s + AT_STRINGS, 0, (size_t)(workflow + signature)))
        return wrong(fault, AT_STRINGS, "there is a byte 0 in a name");
    out->info = (struct rp_checkpoint_info){.id = (int64_t)rp_sf_word(s + AT_NUMBER),
                                            .previous = (int64_t)rp_sf_word(s + 48),
                                            .iteration = (int64_t)rp_sf_word(s + 56),
                                            .time_ms = rp_sf_word(s + 64),
                                            .pending = (uint32_t)take(s + 72, 4),
                                            .messages = (uint32_t)take(s + 76, 4)};
    memcpy(out->info.root.b, s + AT_ROOT, ID);
    out->workflow = (struct rp_str){s + AT_STRINGS, (size_t)workflow};
    out->signature = (struct rp_str){s + AT_STRINGS + workflow, (size_t)signature};
    return 1;
}

/* Runs of numbers ascend, so that they can be gone through beside the files. */
static int runs_are_right(const struct sf_form *f)
{
    uint64_t least = 0;

    for (uint32_t i = 0; i < f->n_runs; i++) {
        uint64_t first = rp_sf_word(f->runs + 16 * (size_t)i);
        uint64_t last = rp_sf_word(f->runs + 16 * (size_t)i + 8);
        if (first < least || last < first || last >= (uint64_t)f->next)
            return 0;
        least = last + 1;
    }
    return 1;
}

static int read_lists(const char *s, struct sf_form *out, struct sf_fault *fault)
{
    uint64_t next, last = 0;

    if (out->head < AT_RUNS + SF_SUM)
        return wrong(fault, AT_HEAD, "its head is too short for a remainder");
    next = rp_sf_word(s + 48);
    out->n_runs = (uint32_t)take(s + 56, 4);
    out->n_rests = (uint32_t)take(s + 60, 4);
    if (out->head != AT_RUNS + SF_SUM + 16 * (uint64_t)out->n_runs + 8 * (uint64_t)out->n_rests)
        return wrong(fault, 56, "its head is not as long as its lists need");
    out->runs = s + AT_RUNS;
    out->rests = out->runs + 16 * (size_t)out->n_runs;
    if (next > (uint64_t)SF_NUMBER_MAX + 1)
        return wrong(fault, 48, "its next number is too large");
    out->next = (int64_t)next;
    if (!runs_are_right(out))
        return wrong(fault, AT_RUNS, "its list of checkpoints is in disorder");
    for (uint32_t i = 0; i < out->n_rests; i++, last++) {
        if (rp_sf_word(out->rests + 8 * (size_t)i) < last)
            return wrong(fault, AT_RUNS, "its list of remainders is in disorder");
        last = rp_sf_word(out->rests + 8 * (size_t)i);
        if (last >= rp_sf_word(s + AT_NUMBER))
            return wrong(fault, AT_RUNS, "its list of remainders is in disorder");
    }
    return 1;
}

int rp_sf_read_head(struct rp_str s, const struct sf_file *f, struct sf_form *out,
                    struct sf_fault *fault)
{
    memset(out, 0, sizeof(*out));
    if (!read_opening(s, f, out, fault))
        return 0;
    return f->kind == SF_CHECKPOINT ? read_info(s.s, out, fault) : read_lists(s.s, out, fault);
}

void rp_sf_walk_init(struct sf_walk *w, struct rp_str s, const struct sf_form *form, int damaged)
{
    uint64_t end = form->length < s.n ? form->length : s.n;

    end = end < form->head + SF_SUM ? form->head : end - SF_SUM;
    *w = (struct sf_walk){.s = s, .at = form->head, .end = end, .damaged = damaged};
}

static int is_named(const struct rp_item *item)
{
    struct rp_item_id id;

    rp_item_name(item->bytes, item->n, &id);
    return memcmp(&id, &item->id, sizeof(id)) == 0;
}

/* The next item as it stands; 0: there is none, or its length cannot be. */
static int step(struct sf_walk *w, struct rp_item *item)
{
    uint64_t n;

    if (w->end - w->at < SF_ITEM)
        return 0;
    n = rp_sf_word(w->s.s + w->at + ID);
    if (n > w->end - w->at - SF_ITEM)
        return 0;
    memcpy(item->id.b, w->s.s + w->at, ID);
    item->bytes = w->s.s + w->at + SF_ITEM;
    item->n = (size_t)n;
    w->at += SF_ITEM + n;
    return 1;
}

int rp_sf_walk(struct sf_walk *w, struct rp_item *item)
{
    while (step(w, item))
        if (!w->damaged || is_named(item))
            return 1;
    return 0;
}

/* Where the damage lies of a file whose sum is wrong. */
static int find_damage(struct rp_str s, const struct sf_form *form, struct sf_fault *fault)
{
    struct rp_item item;
    struct sf_walk w;

    rp_sf_walk_init(&w, s, form, 0);
    while (step(&w, &item))
        if (!is_named(&item))
            return wrong(fault, w.at - item.n - SF_ITEM,
                         "the item there is not what its name says");
    if (w.at != w.end)
        return wrong(fault, w.at, "an item is longer than the file");
    return wrong(fault, form->length - SF_SUM, "the file does not have this sum");
}

int rp_sf_read_rest(struct rp_str s, const struct sf_form *form, struct sf_fault *fault)
{
    struct rp_item item;
    struct sf_walk w;
    uint64_t n = 0;

    if (form->length < form->head + SF_SUM)
        return wrong(fault, AT_LENGTH, "the length of the file cannot be");
    if (s.n < form->length)
        return wrong(fault, s.n, "it ends before its end");
    if (s.n > form->length)
        return wrong(fault, form->length, "it goes on behind its end");
    if (rp_sf_word(s.s + s.n - SF_SUM) != rp_snap_sum(s.s, s.n - SF_SUM))
        return find_damage(s, form, fault);
    rp_sf_walk_init(&w, s, form, 0);
    while (step(&w, &item))
        n++;
    if (w.at != w.end || n != form->items)
        return wrong(fault, w.at, "its items are not as many as its head says");
    return 1;
}
