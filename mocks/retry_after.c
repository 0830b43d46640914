/* retry_after.c - how long a service asks to wait: seconds, milliseconds, or a date. */
#include "retry.h"

#include <string.h>

#define LONGEST_MS ((int64_t)1 << 50) /* what is longer counts as this */

/* "12", "0.5": thousandths of that; -1 when it is no such number. */
static int64_t thousandths(const char *s)
{
    int64_t n = 0, part = 1000;

    if (*s < '0' || *s > '9')
        return -1;
    for (; *s >= '0' && *s <= '9'; s++)
        n = n < LONGEST_MS / 10 ? n * 10 + (*s - '0') * 1000 : LONGEST_MS;
    if (*s == '.')
        for (s++; *s >= '0' && *s <= '9'; s++)
            n += (part /= 10) * (*s - '0');
    s += strspn(s, " \t");
    if (*s)
        return -1;
    return n < LONGEST_MS ? n : LONGEST_MS;
}

/* ---- dates ----------------------------------------------------------------------------------- */

struct date {
    int64_t day, month, year, hour, minute, second; /* month from 0; -1: not found */
};

static int64_t month_of(const char *s)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int64_t i = 0; i < 12; i++)
        if (memcmp(names + 3 * i, s, 3) == 0)
            return i;
    return -1;
}

static int64_t number(const char *s, size_t n)
{
    int64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        sum = sum * 10 + (s[i] - '0');
    }
    return sum;
}

/* One word of a date; what it is can be told from its form. */
static void take_word(struct date *d, const char *s, size_t n)
{
    if (n == 8 && s[2] == ':' && s[5] == ':') {
        d->hour = number(s, 2);
        d->minute = number(s + 3, 2);
        d->second = number(s + 6, 2);
    } else if (n == 3 && s[0] >= 'A' && d->month < 0) {
        d->month = month_of(s); /* a day's name gives -1 */
    } else if (n == 4 && number(s, n) >= 0) {
        d->year = number(s, n);
    } else if (n <= 2 && number(s, n) >= 0 && d->day < 0) {
        d->day = number(s, n);
    } else if (n == 2 && number(s, n) >= 0) { /* of RFC 850: 70 to 99 are of the last century */
        d->year = number(s, n) + (number(s, n) < 70 ? 2000 : 1900);
    }
}

/* Days since 1970-01-01, of the Gregorian calendar; a year begins in March here. */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
    int64_t y = year - (month < 2), m = (month + 10) % 12;

    return 365 * y + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1 - 719468;
}

/* Seconds since 1970 of a date in one of HTTP's three forms; -1: it is none. */
static int64_t seconds(const char *s)
{
    struct date d = {-1, -1, -1, -1, -1, -1};

    while (*s) {
        size_t n = strcspn(s, " ,-");
        take_word(&d, s, n);
        s += n;
        s += strspn(s, " ,-");
    }
    if (d.day < 1 || d.month < 0 || d.year < 1970 || d.hour < 0 || d.minute < 0 || d.second < 0)
        return -1;
    return days(d.year, d.month, d.day) * 86400 + d.hour * 3600 + d.minute * 60 + d.second;
}

int64_t rp_retry_after(const struct rp_header *headers, size_t n)
{
    const char *ms = rp_header_find(headers, n, "retry-after-ms");
    const char *after = rp_header_find(headers, n, "Retry-After");
    const char *date = rp_header_find(headers, n, "Date");
    int64_t then, now;

    if (ms && thousandths(ms) >= 0)
        return thousandths(ms) / 1000;
    if (!after)
        return -1;
    if (thousandths(after) >= 0)
        return thousandths(after);
    then = seconds(after);
    now = date ? seconds(date) : -1;
    if (then < 0 || now < 0)
        return -1;
    return then > now ? (then - now) * 1000 : 0;
}
