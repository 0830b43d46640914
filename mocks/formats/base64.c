/* base64.c - reading and writing of RFC 4648. */
#include "base64.h"

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

static int is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* What may follow the last digit: padding that fits, white space. */
static int check_end(const char *s, size_t n, size_t i, unsigned digits, size_t *bad)
{
    unsigned pads = 0, wants = digits % 4 == 0 ? 0 : 4 - digits % 4;

    for (; i < n; i++) {
        *bad = i;
        if (s[i] == '=' && pads < wants)
            pads++;
        else if (!is_space(s[i]))
            return RP_EPARSE;
    }
    *bad = n;
    return wants == 3 || (pads != 0 && pads != wants) ? RP_EPARSE : RP_OK;
}

int rp_base64_decode(struct rp_buf *out, const char *s, size_t n, size_t *bad)
{
    size_t from = out->n, i = 0;
    unsigned digits = 0;
    uint32_t bits = 0;
    int rc = RP_OK;

    for (; i < n && rc == RP_OK; i++) {
        if (is_space(s[i]))
            continue;
        if (digit(s[i]) < 0)
            break;
        bits = bits << 6 | (uint32_t)digit(s[i]);
        digits = digits % 4 + 1;
        if (digits > 1)
            rc = rp_buf_addc(out, (char)(bits >> (8 - 2 * digits) & 0xff));
    }
    if (rc == RP_OK)
        rc = check_end(s, n, i, digits, bad);
    if (rc != RP_OK)
        rp_buf_cut(out, from);
    return rc;
}

int rp_base64_encode(struct rp_buf *out, const char *s, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = (const unsigned char *)s;

    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t bits = (uint32_t)at[i] << 16 | (left > 1 ? (uint32_t)at[i + 1] << 8 : 0) |
                        (left > 2 ? at[i + 2] : 0);
        char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                        left > 1 ? digits[bits >> 6 & 63] : '=',
                        left > 2 ? digits[bits & 63] : '='};
        RP_TRY(rp_buf_add(out, four, 4));
    }
    return RP_OK;
}
