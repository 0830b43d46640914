/* redact_view.c - owns texts that stand encoded in others: with JSON's escapes, percent signs, as a
 * form, in base64; and the way back from a place in the meaning to the bytes that mean it. */
#include "redact_inside.h"

#include <string.h>

#include "engine/base/utf8.h"

/* ---- units: a few bytes that mean a few others ----------------------------------------------- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int code_unit(const char *s, size_t n, uint32_t *out)
{
    *out = 0;
    if (n < 6 || s[0] != '\\' || s[1] != 'u')
        return 0;
    for (int i = 2; i < 6; i++) {
        int d = hex(s[i]);
        if (d < 0)
            return 0;
        *out = *out << 4 | (uint32_t)d;
    }
    return 1;
}

/* Bytes read at s, which is a backslash; *n_out of them written. */
static size_t escaped(const char *s, size_t n, char out[4], size_t *n_out)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *at = n > 1 && s[1] ? strchr(letters, s[1]) : NULL;
    uint32_t code, low;

    *n_out = 1;
    out[0] = s[0];
    if (at) {
        out[0] = bytes[at - letters];
        return 2;
    }
    if (!code_unit(s, n, &code))
        return 1;
    if (code >= 0xd800 && code < 0xdc00 && code_unit(s + 6, n - 6, &low) && low >= 0xdc00 &&
        low < 0xe000) {
        *n_out = rp_utf8_write(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
        return 12;
    }
    if (code >= 0xd800 && code < 0xe000)
        return 1; /* half of a pair: as it stands */
    *n_out = rp_utf8_write(out, code);
    return 6;
}

static size_t percent(const char *s, size_t n, char out[4])
{
    out[0] = s[0];
    if (n < 3 || hex(s[1]) < 0 || hex(s[2]) < 0)
        return 1;
    out[0] = (char)(hex(s[1]) << 4 | hex(s[2]));
    return 3;
}

static size_t unit(enum rp_view view, const char *s, size_t n, char out[4], size_t *n_out)
{
    *n_out = 1;
    out[0] = s[0];
    if (view == RP_VIEW_ESCAPED && s[0] == '\\')
        return escaped(s, n, out, n_out);
    if (view != RP_VIEW_ESCAPED && s[0] == '%')
        return percent(s, n, out);
    if (view == RP_VIEW_FORM && s[0] == '+')
        out[0] = ' ';
    return 1;
}

static int may_be_encoded(enum rp_view view, char c)
{
    if (view == RP_VIEW_ESCAPED)
        return c == '\\';
    return c == '%' || (view == RP_VIEW_FORM && c == '+');
}

int rp_view_read(enum rp_view view, const char *s, size_t n, struct rp_buf *out, int *encoded)
{
    *encoded = 0;
    for (size_t i = 0; i < n;) {
        size_t plain = i, n_out;
        char meant[4];
        while (plain < n && !may_be_encoded(view, s[plain]))
            plain++;
        RP_TRY(rp_buf_add(out, s + i, plain - i));
        if (plain == n)
            return RP_OK;
        i = plain + unit(view, s + plain, n - plain, meant, &n_out);
        *encoded |= i - plain > 1 || meant[0] != s[plain];
        RP_TRY(rp_buf_add(out, meant, n_out));
    }
    return RP_OK;
}

/* Goes through both texts at once; a span takes all units that it touches. */
void rp_view_lead_back(enum rp_view view, const char *s, size_t n, struct rp_spans *spans,
                       size_t first)
{
    size_t i = 0, meant = 0, began = 0;
    int inside = 0;

    for (size_t k = first; k < spans->n && i < n;) {
        struct rp_span *span = &spans->at[k];
        size_t at = i, n_out;
        char bytes[4];
        i += unit(view, s + i, n - i, bytes, &n_out);
        meant += n_out;
        if (!inside && span->from < meant) {
            began = at;
            inside = 1;
        }
        if (!inside || span->to > meant)
            continue;
        *span = (struct rp_span){began, i, span->number,
                                 view == RP_VIEW_ESCAPED && span->quotes ? span->quotes + 1 : 0};
        k++;
        inside = 0;
    }
}

/* ---- base64 ---------------------------------------------------------------------------------- */

static int letter(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

int rp_base64_run(const char *s, size_t n, size_t least, size_t *at, size_t *end)
{
    size_t i = *at;

    while (i < n) {
        size_t letters = 0, last;
        while (i < n && letter(s[i]) < 0)
            i++;
        last = *at = i;
        for (; i < n && (letter(s[i]) >= 0 || s[i] == '\n' || s[i] == '\r'); i++)
            if (letter(s[i]) >= 0) {
                letters++;
                last = i + 1;
            }
        *end = last;
        if (letters >= least && letters > 0)
            return 1;
    }
    return 0;
}

int rp_base64_read(const char *s, size_t n, unsigned skip, struct rp_buf *out)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < n; i++) {
        int v = letter(s[i]);
        if (v < 0)
            continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        bits = (bits << 6 | (uint32_t)v) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            RP_TRY(rp_buf_addc(out, (char)(bits >> held & 0xff)));
        }
    }
    return RP_OK;
}

/* Byte k stands in the letters k * 8 / 6 up to the one that has its last bit. */
void rp_base64_lead_back(const char *s, size_t n, unsigned skip, struct rp_spans *spans,
                         size_t first)
{
    size_t number = 0, k = first, began = 0; /* number of the letter at i, without those skipped */
    int inside = 0;

    for (size_t i = 0; i < n && k < spans->n; i++) {
        struct rp_span *span = &spans->at[k];
        if (letter(s[i]) < 0)
            continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        if (!inside && number >= span->from * 8 / 6) {
            began = i;
            inside = 1;
        }
        if (inside && number == (span->to * 8 - 1) / 6) {
            *span = (struct rp_span){began, i + 1, span->number, 0};
            k++;
            inside = 0;
        }
        number++;
    }
}
