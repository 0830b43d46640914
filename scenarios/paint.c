/* paint.c - pieces of a transcript. */
#include "paint.h"

#include <string.h>

enum { STEP_WIDTH = 4, GAP = 2 };

static const char *const colours[] = {
    [RP_PLAIN] = "",        [RP_NAME] = "\033[1;36m", [RP_DIM] = "\033[2m",
    [RP_ASKS] = "\033[33m", [RP_GOOD] = "\033[32m",   [RP_BAD_NEWS] = "\033[31m",
    [RP_HEAD] = "\033[1m",
};

static int spaces(struct rp_buf *b, size_t n)
{
    while (n-- > 0)
        RP_TRY(rp_buf_addc(b, ' '));
    return RP_OK;
}

/* A control character, so that a text cannot drive the terminal it is shown on. */
static int add_control(struct rp_buf *b, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    char shown[] = {'\\', 'x', digits[c >> 4], digits[c & 15], '\0'};

    return rp_buf_addz(b, shown);
}

/* C1 controls, U+0080 to U+009F, are two bytes in UTF-8 and as bad as the others. */
static int is_c1(struct rp_str s, size_t i)
{
    return (unsigned char)s.s[i] == 0xc2 && i + 1 < s.n &&
           ((unsigned char)s.s[i + 1] & 0xe0) == 0x80;
}

static int add_safely(struct rp_transcript *t, struct rp_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.s[i];
        if (c == '\n') {
            RP_TRY(rp_buf_addc(&t->out, '\n'));
            if (i + 1 < s.n && s.s[i + 1] != '\n')
                RP_TRY(spaces(&t->out, STEP_WIDTH + GAP + t->width + GAP));
        } else if ((c < 0x20 && c != '\t') || c == 0x7f) {
            RP_TRY(add_control(&t->out, c));
        } else if (is_c1(s, i)) {
            RP_TRY(add_control(&t->out, (unsigned char)s.s[++i]));
        } else {
            RP_TRY(rp_buf_addc(&t->out, s.s[i]));
        }
    }
    return RP_OK;
}

int rp_paint_text(struct rp_transcript *t, enum rp_paint paint, struct rp_str text)
{
    int coloured = t->colour && paint != RP_PLAIN && text.n > 0;

    if (coloured)
        RP_TRY(rp_buf_addz(&t->out, colours[paint]));
    RP_TRY(add_safely(t, text));
    return coloured ? rp_buf_addz(&t->out, "\033[0m") : RP_OK;
}

int rp_paint_z(struct rp_transcript *t, enum rp_paint paint, const char *z)
{
    return rp_paint_text(t, paint, rp_str(z));
}

int rp_paint_int(struct rp_transcript *t, enum rp_paint paint, int64_t i)
{
    struct rp_buf b;
    int rc;

    rp_buf_init(&b, &t->out.alloc, 32);
    rc = rp_buf_add_int(&b, i);
    if (rc == RP_OK)
        rc = rp_paint_text(t, paint, (struct rp_str){b.s, b.n});
    rp_buf_free(&b);
    return rc;
}

int rp_paint_json(struct rp_transcript *t, enum rp_paint paint, struct rp_value v)
{
    struct rp_buf b;
    int rc;

    rp_buf_init(&b, &t->out.alloc, RP_TEXT_MAX);
    rc = rp_json_write(&b, v, 0);
    if (rc == RP_OK)
        rc = rp_paint_text(t, paint, (struct rp_str){b.s, b.n});
    rp_buf_free(&b);
    return rc;
}

static size_t columns(const char *z)
{
    size_t n = 0;

    for (; *z; z++)
        n += ((unsigned char)*z & 0xc0) != 0x80;
    return n;
}

/* The number of a superstep stands once, to the right of its column. */
static int add_step(struct rp_transcript *t, int64_t step)
{
    size_t digits = 0;

    if (step <= 0 || step == t->step)
        return spaces(&t->out, STEP_WIDTH);
    for (int64_t rest = step; rest > 0; rest /= 10)
        digits++;
    t->step = step;
    RP_TRY(spaces(&t->out, digits < STEP_WIDTH ? STEP_WIDTH - digits : 0));
    return rp_paint_int(t, RP_DIM, step);
}

int rp_paint_open(struct rp_transcript *t, int64_t step, const char *who)
{
    size_t name = who ? columns(who) : 0;

    if (t->speaking) {
        RP_TRY(rp_buf_addc(&t->out, '\n'));
        t->speaking = NULL;
    }
    RP_TRY(add_step(t, step));
    RP_TRY(spaces(&t->out, GAP));
    RP_TRY(rp_paint_z(t, RP_NAME, who));
    RP_TRY(spaces(&t->out, name < t->width ? t->width - name : 0));
    return spaces(&t->out, GAP);
}

int rp_paint_gap(struct rp_transcript *t)
{
    RP_TRY(rp_buf_addz(&t->out, t->speaking ? "\n\n" : "\n"));
    t->speaking = NULL;
    return RP_OK;
}

int rp_paint_flush(struct rp_transcript *t)
{
    int rc = RP_OK;

    if (t->out.n > 0)
        rc = t->sink.put(t->sink.ctx, t->out.s, t->out.n);
    rp_buf_clear(&t->out);
    return rc;
}

int rp_paint_close(struct rp_transcript *t)
{
    while (t->out.n > 0 && t->out.s[t->out.n - 1] == ' ')
        t->out.s[--t->out.n] = '\0';
    RP_TRY(rp_buf_addc(&t->out, '\n'));
    return rp_paint_flush(t);
}

int rp_paint_line(struct rp_transcript *t, int64_t step, const char *who, enum rp_paint paint,
                  const char *text)
{
    return rp_paint_line2(t, step, who, paint, text, (struct rp_str){"", 0});
}

int rp_paint_line2(struct rp_transcript *t, int64_t step, const char *who, enum rp_paint paint,
                   const char *text, struct rp_str more)
{
    RP_TRY(rp_paint_open(t, step, who));
    RP_TRY(rp_paint_z(t, paint, text));
    RP_TRY(rp_paint_text(t, RP_PLAIN, more));
    return rp_paint_close(t);
}
