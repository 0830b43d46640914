/* zoo_faults.h - what must never decide a run, for the planted faults of determinism: noise from
 * addresses, memory, clocks, the process and its surroundings. Without one, 0. */
#ifndef RP_MOCKS_ZOO_FAULTS_H
#define RP_MOCKS_ZOO_FAULTS_H

#include "engine/base/zoo.h"

#include <stdint.h>

#if RP_ZOO >= 50 && RP_ZOO < 100

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- memory ---------------------------------------------------------------------------------- */

static inline uint64_t rp_zoo_fresh_byte(void)
{
    volatile unsigned char *fresh = malloc(100);
    uint64_t byte = fresh ? fresh[50] : 0;

    free((void *)(uintptr_t)fresh);
    return byte;
}

/* Of bytes that nobody wrote; told through a pointer so that no compiler knows. */
__attribute__((noinline)) static uint64_t rp_zoo_sum(volatile unsigned char *at, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum = sum * 31 + at[i];
    return sum;
}

__attribute__((noinline)) static uint64_t rp_zoo_stack(void)
{
    volatile unsigned char left[512];

    return rp_zoo_sum(left, sizeof(left));
}

static inline uint64_t rp_zoo_padding(void)
{
    struct {
        char kind;
        uint64_t value;
    } *key = malloc(sizeof(*key));
    uint64_t sum = 0;

    if (!key)
        return 0;
    key->kind = 1;
    key->value = 2;
    sum = rp_zoo_sum((volatile unsigned char *)key, sizeof(*key));
    free(key);
    return sum;
}

/* Two blocks, in the order of their addresses: the first time, and then freed ones come back in
 * another order. Every other call tells of the second block. */
static inline uint64_t rp_zoo_address(void)
{
    static void *first, *second;

    if (first) {
        uint64_t address;
        second = malloc(40);
        address = (uintptr_t)second;
        free(first);
        free(second);
        first = NULL;
        return address;
    }
    first = malloc(40);
    return (uintptr_t)first;
}

static inline uint64_t rp_zoo_moved(void)
{
    static char *kept;
    static size_t size = 8;
    uintptr_t before = (uintptr_t)kept;

    size += 24;
    kept = realloc(kept, size);
    return (uintptr_t)kept != before;
}

/* ---- surroundings ---------------------------------------------------------------------------- */

static inline uint64_t rp_zoo_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_nsec;
}

static inline uint64_t rp_zoo_zone(void)
{
    time_t noon = 43200;
    struct tm local;

    return localtime_r(&noon, &local) ? (uint64_t)local.tm_hour : 0;
}

static inline uint64_t rp_zoo_folder(void)
{
    char path[4096];

    return getcwd(path, sizeof(path)) ? strlen(path) : 0;
}

static inline uint64_t rp_zoo_variable(void)
{
    const char *columns = getenv("COLUMNS");

    return columns ? strlen(columns) : 0;
}

static inline void rp_zoo_take_locale(void)
{
    static locale_t taken;

    if (!taken)
        taken = newlocale(LC_ALL_MASK, "", (locale_t)0);
    if (taken)
        uselocale(taken);
}

static inline uint64_t rp_zoo_characters(void)
{
    rp_zoo_take_locale();
    return (uint64_t)mbstowcs(NULL, "\xc3\xa9t\xc3\xa9", 0);
}

static inline uint64_t rp_zoo_half(void)
{
    char text[16];

    rp_zoo_take_locale();
    snprintf(text, sizeof(text), "%.1f", 0.5);
    return (unsigned char)text[1];
}

static inline uint64_t rp_zoo_shared(uint64_t step)
{
    static uint64_t state = 1;

    return (state = state * 6364136223846793005u + step) >> 33;
}

/* object: something with an address. */
static inline uint64_t rp_zoo_noise(const void *object)
{
    static uint64_t counter;

    switch (RP_ZOO) {
    case RP_ZOO_HASH_ORDER:
        return ((uintptr_t)object >> 4) * 0x9e3779b97f4a7c15u >> 32;
    case RP_ZOO_POINTER_ORDER:
        return rp_zoo_address();
    case RP_ZOO_ADDRESS_ID:
        return (uintptr_t)object;
    case RP_ZOO_UNSTABLE_SORT:
    case RP_ZOO_SHARED_RANDOM:
        return rp_zoo_shared(1);
    case RP_ZOO_UNINITIALISED:
        return rp_zoo_fresh_byte();
    case RP_ZOO_STACK:
        return rp_zoo_stack();
    case RP_ZOO_PADDING:
        return rp_zoo_padding();
    case RP_ZOO_CLOCK:
        return rp_zoo_clock();
    case RP_ZOO_COUNTER:
        return ++counter;
    case RP_ZOO_PROCESS:
        return (uint64_t)getpid();
    case RP_ZOO_ENVIRONMENT:
        return rp_zoo_variable();
    case RP_ZOO_FOLDER:
        return rp_zoo_folder();
    case RP_ZOO_LOCALE:
        return rp_zoo_characters();
    case RP_ZOO_FLOAT_FORMAT:
        return rp_zoo_half();
    case RP_ZOO_TIME_ZONE:
        return rp_zoo_zone();
    case RP_ZOO_ALLOCATION:
        return rp_zoo_moved();
    default:
        return 0;
    }
}

#else

static inline uint64_t rp_zoo_noise(const void *object)
{
    (void)object;
    return 0;
}

#endif
#endif
