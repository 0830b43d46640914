/* fake_transport.c - owns the exchanges that are open on it, and the text of what was asked. */
#include "tests/support/fake_transport.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cm.h"

static void tell(struct fake_transport *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    f->n += (size_t)vsnprintf(f->text + f->n, sizeof(f->text) - f->n, format, args);
    va_end(args);
    assert_true(f->n < sizeof(f->text));
}

static void tell_request(struct fake_transport *f, const struct rp_exchange *x)
{
    tell(f, "%s %s\n", x->method, x->url);
    for (size_t i = 0; i < x->n_headers; i++)
        tell(f, "%s: %s\n", x->headers[i].name, x->headers[i].value);
    tell(f, "%.*s\n", (int)x->n_body, x->body);
}

/* An allocation that may fail, as a real transport has them. */
static int needs_memory(struct fake_transport *f)
{
    void *block = f->alloc.resize(f->alloc.ctx, NULL, 0, 32);

    if (!block)
        return RP_ENOMEM;
    f->alloc.resize(f->alloc.ctx, block, 32, 0);
    return RP_OK;
}

static int fake_start(void *self, const struct rp_exchange *x, uint64_t now_ms, uint32_t *ticket)
{
    struct fake_transport *f = self;
    struct fake_open *o = f->open + f->n_open;

    RP_TRY(needs_memory(f));
    assert_true(f->n_open < FAKE_OPEN);
    tell(f, "[%lu] %s %d", (unsigned long)now_ms, x->lane ? x->lane : "-", (int)x->order);
    tell(f, ".%u %s %s%s\n", (unsigned)x->attempt, x->dialect ? x->dialect : "-",
         x->model ? x->model : "-", x->stream ? " stream" : "");
    if (f->bodies)
        tell_request(f, x);
    *o = (struct fake_open){.ticket = (uint32_t)++f->position, .start_ms = now_ms};
    if (f->asked < f->n_answers)
        o->answer = f->answers + f->asked;
    f->asked++;
    f->n_open++;
    *ticket = o->ticket;
    return RP_OK;
}

static struct fake_open *find(struct fake_transport *f, uint32_t ticket)
{
    for (size_t i = 0; i < f->n_open; i++)
        if (f->open[i].ticket == ticket)
            return f->open + i;
    return NULL;
}

static void forget(struct fake_transport *f, struct fake_open *o)
{
    size_t i = (size_t)(o - f->open);

    f->n_open--;
    memmove(o, o + 1, (f->n_open - i) * sizeof(*o));
}

static void split_headers(struct fake_transport *f, const char *lines, struct rp_piece *out)
{
    char *rest = NULL;

    snprintf(f->room, sizeof(f->room), "%s", lines ? lines : "");
    for (char *line = strtok_r(f->room, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *value = strstr(line, ": ");
        assert_non_null(value);
        *value = '\0';
        f->headers[out->n_headers++] = (struct rp_header){line, value + 2};
    }
    out->headers = f->headers;
}

static int fake_poll(void *self, uint32_t ticket, uint64_t now_ms, struct rp_piece *out)
{
    struct fake_transport *f = self;
    struct fake_open *o = find(f, ticket);
    const struct fake_piece *p;

    *out = (struct rp_piece){.kind = RP_PIECE_NONE};
    assert_non_null(o);
    RP_TRY(needs_memory(f));
    if (!o->answer || o->told == o->answer->n)
        return RP_OK;
    p = o->answer->pieces + o->told;
    if (o->start_ms + p->at_ms > now_ms)
        return RP_OK;
    o->told++;
    *out = (struct rp_piece){.kind = p->kind, .status = p->status, .failure = p->failure};
    if (p->kind == RP_PIECE_HEAD)
        split_headers(f, p->headers, out);
    out->bytes = p->bytes;
    out->n = p->kind == RP_PIECE_BYTES ? strlen(p->bytes) : 0;
    if (p->kind == RP_PIECE_FAILED)
        snprintf(out->text, sizeof(out->text), "%s", p->bytes);
    if (p->kind == RP_PIECE_FAILED || p->kind == RP_PIECE_END)
        forget(f, o);
    return RP_OK;
}

static uint64_t fake_due(void *self)
{
    struct fake_transport *f = self;
    uint64_t due = UINT64_MAX;

    for (size_t i = 0; i < f->n_open; i++) {
        const struct fake_open *o = f->open + i;
        if (o->answer && o->told < o->answer->n) {
            uint64_t at = o->start_ms + o->answer->pieces[o->told].at_ms;
            due = at < due ? at : due;
        }
    }
    return due;
}

static void fake_cancel(void *self, uint32_t ticket)
{
    struct fake_transport *f = self;
    struct fake_open *o = find(f, ticket);

    if (!o)
        return;
    tell(f, "cancel %u\n", (unsigned)ticket);
    forget(f, o);
}

static int fake_save(void *self, struct rp_heap *heap, struct rp_value *out)
{
    const struct fake_transport *f = self;

    (void)heap;
    *out = rp_int(f->position);
    return RP_OK;
}

static int fake_load(void *self, struct rp_value saved)
{
    struct fake_transport *f = self;

    f->position = saved.tag == RP_INT ? saved.u.i : 0;
    tell(f, "load %d\n", (int)f->position);
    return RP_OK;
}

static void fake_free(void *self)
{
    struct fake_transport *f = self;

    assert_false(f->freed);
    f->freed = 1;
}

void fake_transport_init(struct fake_transport *f, const struct rp_alloc *alloc,
                         const struct fake_answer *answers, size_t n, struct rp_transport *out)
{
    static const struct rp_transport_ops ops = {.start = fake_start,
                                                .poll = fake_poll,
                                                .due = fake_due,
                                                .cancel = fake_cancel,
                                                .save = fake_save,
                                                .load = fake_load,
                                                .free = fake_free};

    memset(f, 0, sizeof(*f));
    f->alloc = *alloc;
    f->answers = answers;
    f->n_answers = n;
    *out = (struct rp_transport){&ops, f};
}
