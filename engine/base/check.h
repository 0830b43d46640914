/* check.h - assertions, on in every build. What we guarantee is asserted; what we are given is
 * answered with a status. */
#ifndef RP_CHECK_H
#define RP_CHECK_H

#define RP_ASSERT(condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            __builtin_trap();                                                                      \
    } while (0)

/* A branch that cannot happen but has a safe answer: stops a test, not a release. */
#ifdef RP_TESTMODE
#define RP_NEVER(condition) ((condition) ? (__builtin_trap(), 1) : 0)
#else
#define RP_NEVER(condition) (condition)
#endif

#endif
