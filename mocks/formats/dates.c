/* dates.c - reading and writing of dates; no locale, no time zone of the machine. */
#include "dates.h"

#include <stdio.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define DAY_S     INT64_C(86400)

/* ---- the calendar ---------------------------------------------------------------------------- */

/* Days from 1970-01-01; years begin in March, so that a leap day is the last one. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + day - 1 -
           719468;
}

static void date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, d = z - era * 146097;
    int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    int64_t of_year = d - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + era * 400 + (*month <= 2);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A number of n digits; moves s. */
static int take(const char **s, int n, int64_t low, int64_t high, int64_t *out)
{
    *out = 0;
    for (; n > 0; n--, ++*s) {
        if (**s < '0' || **s > '9')
            return 0;
        *out = *out * 10 + (**s - '0');
    }
    return *out >= low && *out <= high;
}

static int pass(const char **s, char c)
{
    if (**s != c)
        return 0;
    ++*s;
    return 1;
}

static int take_time(const char **s, int64_t *seconds)
{
    int64_t h, m, sec;

    if (!take(s, 2, 0, 23, &h) || !pass(s, ':') || !take(s, 2, 0, 59, &m) || !pass(s, ':') ||
        !take(s, 2, 0, 60, &sec))
        return 0;
    *seconds = h * 3600 + m * 60 + sec;
    return 1;
}

static int64_t take_fraction(const char **s)
{
    int64_t us = 0, unit = SECOND_US / 10;

    if (!pass(s, '.'))
        return 0;
    for (; **s >= '0' && **s <= '9'; ++*s, unit /= 10)
        us += unit * (**s - '0');
    return us;
}

static int take_offset(const char **s, int64_t *seconds)
{
    int64_t h, m = 0;
    int east = **s == '+';

    *seconds = 0;
    if (pass(s, 'Z') || pass(s, 'z'))
        return 1;
    if (!pass(s, '+') && !pass(s, '-'))
        return **s == '\0'; /* none is told: UTC */
    if (!take(s, 2, 0, 23, &h))
        return 0;
    pass(s, ':');
    if (**s && !take(s, 2, 0, 59, &m))
        return 0;
    *seconds = (east ? 1 : -1) * (h * 3600 + m * 60);
    return 1;
}

int rp_date_read(const char *s, int64_t *us)
{
    int64_t year, month, day, seconds, fraction, offset;

    if (!take(&s, 4, 0, 9999, &year) || !pass(&s, '-') || !take(&s, 2, 1, 12, &month) ||
        !pass(&s, '-') || !take(&s, 2, 1, 31, &day) || (!pass(&s, 'T') && !pass(&s, ' ')) ||
        !take_time(&s, &seconds))
        return 0;
    fraction = take_fraction(&s);
    if (!take_offset(&s, &offset) || *s)
        return 0;
    *us = (days_of(year, month, day) * DAY_S + seconds - offset) * SECOND_US + fraction;
    return 1;
}

int rp_date_read_http(const char *s, int64_t *us)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t day, year, seconds;
    const char *month;

    s = strchr(s, ',');
    if (!s || *++s != ' ')
        return 0;
    s++;
    if (!take(&s, 2, 1, 31, &day) || !pass(&s, ' ') || strlen(s) < 4 || s[3] != ' ')
        return 0;
    for (month = months; *month && memcmp(month, s, 3) != 0; month += 3)
        ;
    s += 4;
    if (!*month || !take(&s, 4, 0, 9999, &year) || !pass(&s, ' ') || !take_time(&s, &seconds) ||
        strcmp(s, " GMT") != 0)
        return 0;
    *us = (days_of(year, (month - months) / 3 + 1, day) * DAY_S + seconds) * SECOND_US;
    return 1;
}

/* ---- writing --------------------------------------------------------------------------------- */

void rp_date_write(int64_t us, int digits, char out[RP_DATE_SIZE])
{
    int64_t fraction = us % SECOND_US, seconds = us / SECOND_US, year, month, day;
    int n;

    if (fraction < 0) {
        fraction += SECOND_US;
        seconds--;
    }
    date_of((seconds - (seconds % DAY_S + DAY_S) % DAY_S) / DAY_S, &year, &month, &day);
    seconds = (seconds % DAY_S + DAY_S) % DAY_S;
    if (year < 0 || year > 9999) {
        year = 1970;
        month = day = 1;
        seconds = fraction = 0;
    }
    n = snprintf(out, RP_DATE_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", (int)year, (int)month,
                 (int)day, (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
    if (digits)
        snprintf(out + n, RP_DATE_SIZE - (size_t)n, ".%06dZ", (int)fraction);
    else
        snprintf(out + n, RP_DATE_SIZE - (size_t)n, "Z");
}
