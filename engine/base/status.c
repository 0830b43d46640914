/* status.c - owns the sentences of the statuses and how an error is put into words. */
#include "status.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

const char *rp_status_name(int status)
{
    switch (status) {
#define X(name, number, sentence)                                                                  \
    case number:                                                                                   \
        return #name;
        RP_STATUS_LIST(X)
#undef X
    }
    return "unknown status";
}

const char *rp_status_text(int status)
{
    switch (status) {
#define X(name, number, sentence)                                                                  \
    case number:                                                                                   \
        return sentence;
        RP_STATUS_LIST(X)
#undef X
    }
    return "unknown status";
}

/* A field of an rp_error while it is filled: n of room bytes are used, one more is kept for NUL. */
struct field {
    char *s;
    size_t n, room;
    int full; /* something did not fit: what comes later must not slip in behind the cut */
};

static int is_inside_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static void put(struct field *f, const char *s, size_t n)
{
    RP_ASSERT(f->n <= f->room);
    if (f->full)
        return;
    if (n > f->room - f->n) {
        n = f->room - f->n;
        while (n > 0 && is_inside_character(s[n]))
            n--;
        f->full = 1;
    }
    memcpy(f->s + f->n, s, n);
    f->n += n;
    f->s[f->n] = '\0';
}

static void put_number(struct field *f, int negative, uint64_t n)
{
    char digits[21];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    if (negative)
        digits[--at] = '-';
    put(f, digits + at, sizeof(digits) - at);
}

static void put_signed(struct field *f, int64_t i)
{
    put_number(f, i < 0, i < 0 ? 0 - (uint64_t)i : (uint64_t)i);
}

/* The argument that the letter after a % asks for. A letter that is none is a mistake of ours. */
static void put_argument(struct field *f, char letter, va_list *arguments)
{
    const char *z;

    switch (letter) {
    case 's':
        z = va_arg(*arguments, const char *);
        z = z ? z : "(none)";
        put(f, z, strlen(z));
        return;
    case 'd':
        put_signed(f, va_arg(*arguments, int));
        return;
    case 'l':
        put_signed(f, va_arg(*arguments, int64_t));
        return;
    case 'u':
        put_number(f, 0, va_arg(*arguments, uint32_t));
        return;
    }
    RP_ASSERT(letter == '%');
    put(f, "%", 1);
}

int rp_fail_va(struct rp_error *err, int status, const char *where, const char *format,
               va_list given)
{
    va_list arguments;
    struct field f;

    RP_ASSERT(format);
    if (!err)
        return status;
    memset(err, 0, sizeof(*err));
    err->status = status;
    f = (struct field){err->where, 0, sizeof(err->where) - 1, 0};
    if (where)
        put(&f, where, strlen(where));
    f = (struct field){err->text, 0, sizeof(err->text) - 1, 0};
    va_copy(arguments, given);
    while (*format) {
        size_t plain = 0;
        while (format[plain] && format[plain] != '%')
            plain++;
        put(&f, format, plain);
        format += plain;
        if (*format == '%') {
            put_argument(&f, format[1], &arguments);
            format += 2;
        }
    }
    va_end(arguments);
    return status;
}

int rp_fail_at(struct rp_error *err, int status, const char *where, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    rp_fail_va(err, status, where, format, arguments);
    va_end(arguments);
    return status;
}
