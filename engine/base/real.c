/* real.c - owns the way from a double to the fewest digits that read back as it, and from the
 * digits of a number to the nearest double. Both exact, in whole numbers of up to BIG_LIMBS limbs.
 */
#include "buf.h"

#include <float.h>
#include <string.h>

#include "check.h"

_Static_assert(sizeof(double) == 8 && DBL_MANT_DIG == 53, "a double is of IEEE 754's 64 bits");

enum {
    BIG_LIMBS = 144,    /* 10 to the 1130 and some bits of room */
    DIGITS_READ = 800,  /* more decide nothing but whether the number is above a half: 767 can */
    DIGITS_WRITTEN = 17 /* any double is told by that many */
};

static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static uint64_t bits_of(double r)
{
    uint64_t bits;

    memcpy(&bits, &r, sizeof(bits));
    return bits;
}

static double from_bits(uint64_t bits)
{
    double r;

    memcpy(&r, &bits, sizeof(r));
    return r;
}

/* ---- whole numbers of any size ---- */

struct big {
    unsigned n; /* limbs in use, the lowest first; the highest is not 0 */
    uint32_t limb[BIG_LIMBS];
};

static void big_set(struct big *a, uint64_t x)
{
    a->n = 0;
    for (; x > 0; x >>= 32)
        a->limb[a->n++] = (uint32_t)x;
}

static void big_push(struct big *a, uint32_t limb)
{
    RP_ASSERT(a->n < BIG_LIMBS);
    a->limb[a->n++] = limb;
}

/* a = a * factor + plus */
static void big_mul(struct big *a, uint32_t factor, uint32_t plus)
{
    uint64_t carry = plus;

    for (unsigned i = 0; i < a->n; i++) {
        carry += (uint64_t)a->limb[i] * factor;
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        big_push(a, (uint32_t)carry);
}

static void big_mul_ten(struct big *a, int power)
{
    for (; power >= 9; power -= 9)
        big_mul(a, 1000000000, 0);
    for (; power > 0; power--)
        big_mul(a, 10, 0);
}

static void big_shift(struct big *a, unsigned by)
{
    unsigned limbs = by / 32;

    if (a->n == 0)
        return;
    if (by % 32)
        big_mul(a, (uint32_t)1 << by % 32, 0);
    RP_ASSERT(limbs <= BIG_LIMBS - a->n);
    memmove(a->limb + limbs, a->limb, a->n * sizeof(*a->limb));
    memset(a->limb, 0, limbs * sizeof(*a->limb));
    a->n += limbs;
}

static int big_order(const struct big *a, const struct big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (unsigned i = a->n; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

static uint32_t limb_of(const struct big *a, unsigned i)
{
    return i < a->n ? a->limb[i] : 0;
}

/* The order of a + b and c. */
static int big_order_sum(const struct big *a, const struct big *b, const struct big *c)
{
    unsigned n = a->n > b->n ? a->n : b->n;
    uint64_t sum = 0;
    int order = 0;

    n = n > c->n ? n : c->n;
    for (unsigned i = 0; i < n; i++) {
        sum += (uint64_t)limb_of(a, i) + limb_of(b, i);
        if ((uint32_t)sum != limb_of(c, i))
            order = (uint32_t)sum < limb_of(c, i) ? -1 : 1;
        sum >>= 32;
    }
    return sum > 0 ? 1 : order;
}

/* a = a - b, which is not greater */
static void big_sub(struct big *a, const struct big *b)
{
    uint64_t borrow = 0;

    RP_ASSERT(big_order(a, b) >= 0);
    for (unsigned i = 0; i < a->n; i++) {
        borrow = (uint64_t)a->limb[i] - limb_of(b, i) - borrow;
        a->limb[i] = (uint32_t)borrow;
        borrow = borrow >> 63;
    }
    while (a->n > 0 && a->limb[a->n - 1] == 0)
        a->n--;
}

static int big_bits(const struct big *a)
{
    uint32_t top = a->n ? a->limb[a->n - 1] : 0;
    int bits = a->n ? (int)(a->n - 1) * 32 : 0;

    for (; top > 0; top >>= 1)
        bits++;
    return bits;
}

/* ---- writing ---- */

/* A number as 0.d1d2d3... times ten to the power of point. */
struct decimal {
    char digit[DIGITS_WRITTEN + 1];
    int n, point;
};

/* Numbers of up to 15 digits, most that people write: found by trying, proved by dividing, which
 * rounds to the nearest double just as reading does. */
static int few_digits(double r, struct decimal *d)
{
    if (FLT_EVAL_METHOD != 0 || r >= 1e15 || r < 1e-7)
        return 0;
    for (int places = 0; places <= 22; places++) {
        double scaled = r * power_of_ten[places];
        uint64_t whole;
        char reversed[20];
        int n = 0;
        if (scaled >= 1e15)
            return 0;
        whole = (uint64_t)(scaled + 0.5);
        if ((double)whole / power_of_ten[places] != r)
            continue;
        for (; whole > 0; whole /= 10)
            reversed[n++] = (char)('0' + whole % 10);
        RP_ASSERT(n > 0 && n <= 15);
        d->point = n - places;
        for (d->n = 0; n > 0; n--)
            d->digit[d->n++] = reversed[n - 1];
        while (d->digit[d->n - 1] == '0')
            d->n--;
        return 1;
    }
    return 0;
}

/* r is value / whole; up and down are the distances, in the same unit, within which a number reads
 * back as r, the bounds included when even is set. */
struct interval {
    struct big value, up, down, whole;
    int even;
};

static void interval_of(struct interval *w, double r)
{
    uint64_t fraction = bits_of(r) & (((uint64_t)1 << 52) - 1);
    int exponent = (int)(bits_of(r) >> 52 & 0x7ff);
    uint64_t mantissa = exponent ? fraction | (uint64_t)1 << 52 : fraction;
    int below_is_nearer = fraction == 0 && exponent > 1;
    int power = (exponent ? exponent : 1) - 1075 - 2; /* a quarter of the last bit is the unit */

    RP_ASSERT(mantissa > 0 && exponent < 0x7ff);
    w->even = !(mantissa & 1);
    big_set(&w->value, mantissa * 4);
    big_set(&w->up, 2);
    big_set(&w->down, below_is_nearer ? 1 : 2);
    big_set(&w->whole, 1);
    if (power >= 0) {
        big_shift(&w->value, (unsigned)power);
        big_shift(&w->up, (unsigned)power);
        big_shift(&w->down, (unsigned)power);
    } else {
        big_shift(&w->whole, (unsigned)-power);
    }
}

/* Does the number plus up reach whole? */
static int reaches_whole(const struct interval *w)
{
    int order = big_order_sum(&w->value, &w->up, &w->whole);

    return order > 0 || (order == 0 && w->even);
}

/* Scales w until the number is 0.d1d2...; returns the power of ten. It may be one more than what r
 * itself needs, when rounding up makes it so. */
static int scale(struct interval *w)
{
    int power = (big_bits(&w->value) - big_bits(&w->whole)) * 30103 / 100000 - 1;

    big_mul_ten(&w->whole, power);
    big_mul_ten(&w->value, -power);
    big_mul_ten(&w->up, -power);
    big_mul_ten(&w->down, -power);
    while (reaches_whole(w)) {
        big_mul(&w->whole, 10, 0);
        power++;
    }
    return power;
}

/* The next digit; what is left of the number stays in w. */
static int take_digit(struct interval *w)
{
    int digit = 0;

    big_mul(&w->value, 10, 0);
    big_mul(&w->up, 10, 0);
    big_mul(&w->down, 10, 0);
    for (; big_order(&w->value, &w->whole) >= 0; digit++)
        big_sub(&w->value, &w->whole);
    RP_ASSERT(digit < 10);
    return digit;
}

/* Digit by digit, up to the first place where the digit itself or the next one up reads back as r;
 * where both do, the nearer one, and of two equally near ones the even one. */
static void all_digits(double r, struct decimal *d)
{
    struct interval w;
    int low, high, digit;

    interval_of(&w, r);
    d->point = scale(&w);
    d->n = 0;
    do {
        RP_ASSERT(d->n < DIGITS_WRITTEN);
        digit = take_digit(&w);
        low = big_order(&w.value, &w.down) < w.even;
        high = reaches_whole(&w);
        if (high && low) {
            int half;
            big_shift(&w.value, 1);
            half = big_order(&w.value, &w.whole);
            high = half > 0 || (half == 0 && digit % 2);
        }
        d->digit[d->n++] = (char)('0' + digit + high);
    } while (!low && !high);
    RP_ASSERT(d->digit[d->n - 1] <= '9');
}

/* d as text: digits, a point that has digits on both sides, or an exponent. Returns its length. */
static size_t write_decimal(const struct decimal *d, char *out)
{
    int exponent = d->point - 1, has_exponent = exponent < -4 || exponent >= 16;
    int point = has_exponent ? 1 : d->point; /* digits before the point */
    size_t n = 0;

    if (point <= 0)
        out[n++] = '0';
    for (int i = 0; i < point; i++)
        out[n++] = i < d->n ? d->digit[i] : '0';
    if (d->n > point || !has_exponent)
        out[n++] = '.';
    for (int i = point; i < 0; i++)
        out[n++] = '0';
    for (int i = point > 0 ? point : 0; i < d->n; i++)
        out[n++] = d->digit[i];
    if (!has_exponent && d->n <= point)
        out[n++] = '0';
    if (!has_exponent)
        return n;
    out[n++] = 'e';
    out[n++] = exponent < 0 ? '-' : '+';
    exponent = exponent < 0 ? -exponent : exponent;
    if (exponent >= 100)
        out[n++] = (char)('0' + exponent / 100);
    out[n++] = (char)('0' + exponent / 10 % 10);
    out[n++] = (char)('0' + exponent % 10);
    return n;
}

int rp_buf_add_real(struct rp_buf *b, double r)
{
    struct decimal d = {"0", 1, 1};
    char out[32] = "-";
    size_t sign = (size_t)(bits_of(r) >> 63);
    double size = from_bits(bits_of(r) << 1 >> 1);

    RP_ASSERT(size <= DBL_MAX);
    if (size > 0 && !few_digits(size, &d))
        all_digits(size, &d);
    return rp_buf_add(b, out, sign + write_decimal(&d, out + sign));
}

/* ---- reading ---- */

/* Whole number n digits long times ten to a power; more says that digits other than 0 were left
 * out behind it. */
struct number {
    char digit[DIGITS_READ + 1];
    int n, negative;
    int64_t power;
};

/* The exponent that starts at s; what is beyond any double is cut to something still beyond. */
static int64_t read_exponent(const char *s, const char *end)
{
    int negative = s < end && *s == '-';
    int64_t exponent = 0;

    if (s < end && (*s == '-' || *s == '+'))
        s++;
    for (; s < end; s++) {
        RP_ASSERT(*s >= '0' && *s <= '9');
        if (exponent < INT64_MAX / 100)
            exponent = exponent * 10 + (*s - '0');
    }
    return negative ? -exponent : exponent;
}

static void read_number(struct number *d, const char *s, const char *end)
{
    int64_t places = 0; /* digits behind the point, less those before it that were left out */
    int seen_point = 0, more = 0;

    d->n = 0;
    d->negative = s < end && *s == '-';
    for (s += d->negative; s < end && *s != 'e' && *s != 'E'; s++) {
        if (*s == '.') {
            seen_point = 1;
            continue;
        }
        RP_ASSERT(*s >= '0' && *s <= '9');
        places += seen_point;
        if (d->n == 0 && *s == '0')
            continue;
        if (d->n < DIGITS_READ) {
            d->digit[d->n++] = *s;
        } else {
            places--;
            more |= *s != '0';
        }
    }
    d->power = (s < end ? read_exponent(s + 1, end) : 0) - places;
    if (more) { /* a 1 behind the last digit stands for all of them */
        d->digit[d->n++] = '1';
        d->power--;
    }
}

/* Exact where both the digits and the power of ten are doubles: one operation rounds once. */
static int easy_number(const struct number *d, double *r)
{
    uint64_t whole = 0;

    if (FLT_EVAL_METHOD != 0 || d->n > 15 || d->power < -22 || d->power > 22)
        return 0;
    for (int i = 0; i < d->n; i++)
        whole = whole * 10 + (uint64_t)(d->digit[i] - '0');
    *r = (double)whole;
    *r = d->power < 0 ? *r / power_of_ten[-d->power] : *r * power_of_ten[d->power];
    return 1;
}

/* The double nearest to above / below: its bits come one after the other, up to 53 of them or the
 * lowest that a double has; then what is left decides on the rounding, to even in the middle. */
static double nearest(struct big *above, struct big *below)
{
    int power = big_bits(above) - big_bits(below) + 1; /* the number is below 2 to that power */
    uint64_t bits = 0;
    int order;

    if (power < -1074)
        return 0; /* less than half of the smallest */
    if (power > 0)
        big_shift(below, (unsigned)power);
    else
        big_shift(above, (unsigned)-power);
    while (bits < (uint64_t)1 << 52 && power > -1074) {
        big_shift(above, 1);
        bits <<= 1;
        power--;
        if (big_order(above, below) >= 0) {
            big_sub(above, below);
            bits |= 1;
        }
    }
    big_shift(above, 1);
    order = big_order(above, below);
    bits += order > 0 || (order == 0 && (bits & 1));
    if (power + 1074 + 1 >= 0x7ff)
        return from_bits((uint64_t)0x7ff << 52);
    if (bits >> 52) /* the leading bit counts as one already, as two when rounding moved it up */
        bits += (uint64_t)(power + 1074) << 52;
    return from_bits(bits);
}

static double any_number(const struct number *d)
{
    struct big above, below;

    if (d->n == 0 || d->n + d->power < -330)
        return 0;
    if (d->n + d->power > 310)
        return from_bits((uint64_t)0x7ff << 52);
    big_set(&above, 0);
    big_set(&below, 1);
    for (int i = 0; i < d->n; i++)
        big_mul(&above, 10, (uint32_t)(d->digit[i] - '0'));
    if (d->power >= 0)
        big_mul_ten(&above, (int)d->power);
    else
        big_mul_ten(&below, (int)-d->power);
    return nearest(&above, &below);
}

double rp_real_of(const char *s, size_t n)
{
    struct number d;
    double r;

    RP_ASSERT(n > 0);
    read_number(&d, s, s + n);
    if (!easy_number(&d, &r))
        r = any_number(&d);
    return d.negative ? -r : r;
}
