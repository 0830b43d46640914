/* sse.c - owns the framing of server-sent events. A line is told as soon as its end is there; a CR
 * ends it at once, an LF right behind that belongs to it. The event's data waits in a buffer of its
 * own, so that a line may come in any pieces. */
#include "sse.h"

#include <string.h>

static const char BOM[] = "\xef\xbb\xbf";

void rp_sse_init(struct rp_sse *s, const struct rp_alloc *alloc)
{
    memset(s, 0, sizeof(*s));
    rp_buf_init(&s->in, alloc, SIZE_MAX);
    rp_buf_init(&s->data, alloc, SIZE_MAX);
    rp_buf_init(&s->lines, alloc, SIZE_MAX);
}

void rp_sse_free(struct rp_sse *s)
{
    rp_buf_free(&s->in);
    rp_buf_free(&s->data);
    rp_buf_free(&s->lines);
}

size_t rp_sse_offset(const struct rp_sse *s)
{
    return s->base + s->in.n;
}

/* Drops what was read, once it is more than what is left. */
static void compact(struct rp_sse *s)
{
    size_t left = s->in.n - s->at;

    if (s->at == 0 || s->at < left)
        return;
    memmove(s->in.s, s->in.s + s->at, left);
    rp_buf_cut(&s->in, left);
    s->base += s->at;
    s->scanned -= s->at;
    s->at = 0;
}

int rp_sse_feed(struct rp_sse *s, const char *bytes, size_t n)
{
    int rc;

    RP_ASSERT(!s->ended);
    compact(s);
    rc = rp_buf_add(&s->in, bytes, n);
    s->in.failed = RP_OK;
    return rc;
}

void rp_sse_ended(struct rp_sse *s)
{
    s->ended = 1;
}

static int bad(struct rp_sse *s, const char *reason, enum rp_sse_kind *kind,
               struct rp_sse_event *out)
{
    *out = (struct rp_sse_event){.offset = s->base + s->at, .reason = reason};
    *kind = RP_SSE_BAD;
    return RP_OK;
}

/* A byte order mark before the first line; 0: it may still come. */
static int begin(struct rp_sse *s)
{
    size_t n = s->in.n < 3 ? s->in.n : 3;

    if (s->begun)
        return 1;
    if (n < 3 && !s->ended && (n == 0 || memcmp(s->in.s, BOM, n) == 0))
        return 0;
    s->begun = 1;
    if (n == 3 && memcmp(s->in.s, BOM, 3) == 0)
        s->at = s->scanned = 3;
    return 1;
}

/* The next whole line, without its end; 0: there is none yet. */
static int take_line(struct rp_sse *s, struct rp_str *line, size_t *next)
{
    const char *in = s->in.s;

    if (s->skip_lf && s->at < s->in.n) {
        s->at += in[s->at] == '\n';
        s->scanned = s->scanned < s->at ? s->at : s->scanned;
        s->skip_lf = 0;
    }
    while (s->scanned < s->in.n && in[s->scanned] != '\n' && in[s->scanned] != '\r')
        s->scanned++;
    if (s->scanned == s->in.n && (!s->ended || s->at == s->in.n))
        return 0;
    *line = (struct rp_str){in + s->at, s->scanned - s->at};
    *next = s->scanned < s->in.n ? s->scanned + 1 : s->scanned;
    return 1;
}

static void go_to(struct rp_sse *s, size_t next)
{
    s->skip_lf = next > 0 && s->in.s[next - 1] == '\r';
    if (s->scanned == s->in.n && s->ended)
        s->rules |= RP_BIT(RP_RULE_LAST_LINE);
    s->at = s->scanned = next;
}

static int add_data(struct rp_sse *s, struct rp_str value)
{
    size_t offset = s->base + (size_t)(value.s - s->in.s);

    if (!s->has_data) {
        s->offset = offset;
    } else {
        RP_TRY(rp_buf_addc(&s->data, '\n'));
        RP_TRY(rp_buf_add(&s->lines, (const char *)&offset, sizeof(offset)));
    }
    s->has_data = 1;
    return rp_buf_adds(&s->data, value);
}

static int is(struct rp_str name, const char *z)
{
    return rp_str_equal(name, rp_str(z));
}

/* May it be the name of a field that somebody added? */
static int is_field_name(struct rp_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.s[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return 0;
    }
    return name.n > 0;
}

static const char *why_not(struct rp_str line)
{
    if (line.s[0] == '{' || line.s[0] == '[')
        return "JSON stands where an event stream is expected";
    if (line.s[0] == '<')
        return "a page of HTML or XML stands where an event stream is expected";
    return "this line is not one of an event stream";
}

/* A line that is not blank; *reason when it is none of an event stream. */
static int take_field(struct rp_sse *s, struct rp_str line, const char **reason)
{
    const char *colon = memchr(line.s, ':', line.n);
    size_t n = colon ? (size_t)(colon - line.s) : line.n;
    struct rp_str name = {line.s, n}, value = {line.s + n, 0};

    if (colon) {
        size_t skip = n + 1 < line.n && line.s[n + 1] == ' ' ? n + 2 : n + 1;
        value = (struct rp_str){line.s + skip, line.n - skip};
    }
    if (is(name, "data"))
        return add_data(s, value);
    if (is(name, "event")) {
        s->n_name = value.n < sizeof(s->name) ? value.n : sizeof(s->name);
        memcpy(s->name, value.s, s->n_name);
    } else if (n > 0 && (!colon || !is_field_name(name))) {
        *reason = why_not(line);
    } else if (n > 0 && !is(name, "id") && !is(name, "retry")) {
        s->rules |= RP_BIT(RP_RULE_UNKNOWN_FIELD);
    }
    return RP_OK;
}

static void forget_event(struct rp_sse *s)
{
    rp_buf_clear(&s->data);
    rp_buf_clear(&s->lines);
    s->has_data = 0;
    s->n_name = 0;
    s->told = 0;
}

/* The event that a blank line, or the end, completes; 0: it has no data. */
static int tell(struct rp_sse *s, struct rp_sse_event *out)
{
    if (rp_str_blank((struct rp_str){s->data.s, s->data.n})) {
        if (s->has_data)
            s->rules |= RP_BIT(RP_RULE_EMPTY_DATA);
        forget_event(s);
        return 0;
    }
    *out = (struct rp_sse_event){.name = {s->name, s->n_name},
                                 .data = {s->data.s, s->data.n},
                                 .offset = s->offset,
                                 .line = (const size_t *)(const void *)s->lines.s,
                                 .n_lines = s->lines.n / sizeof(size_t)};
    s->told = 1;
    return 1;
}

/* The body is over. */
static int tell_last(struct rp_sse *s, enum rp_sse_kind *kind, struct rp_sse_event *out)
{
    if (s->has_data)
        s->rules |= RP_BIT(RP_RULE_LAST_LINE);
    *kind = s->has_data && tell(s, out) ? RP_SSE_EVENT : RP_SSE_END;
    return RP_OK;
}

int rp_sse_next(struct rp_sse *s, enum rp_sse_kind *kind, struct rp_sse_event *out)
{
    const char *reason = NULL;
    struct rp_str line;
    size_t next;

    *out = (struct rp_sse_event){0};
    *kind = RP_SSE_MORE;
    if (s->told)
        forget_event(s);
    if (!begin(s))
        return RP_OK;
    while (take_line(s, &line, &next)) {
        if (line.n > RP_WIRE_LINE_MAX || s->data.n + line.n > RP_WIRE_LINE_MAX)
            return bad(s, "a line or event is too long", kind, out);
        if (line.n > 0)
            RP_TRY(take_field(s, line, &reason));
        if (reason)
            return bad(s, reason, kind, out);
        go_to(s, next);
        if (line.n == 0 && tell(s, out)) {
            *kind = RP_SSE_EVENT;
            return RP_OK;
        }
    }
    if (s->in.n - s->at > RP_WIRE_LINE_MAX)
        return bad(s, "a line or event is too long", kind, out);
    return s->ended ? tell_last(s, kind, out) : RP_OK;
}
