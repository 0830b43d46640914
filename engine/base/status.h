/* status.h - every status a call can return, its number and its sentence.
 * At or below RP_FATAL the object that returned it is spent: only its free call is allowed. */
#ifndef RP_STATUS_H
#define RP_STATUS_H

#include <stdarg.h>

/* clang-format off */
#define RP_STATUS_LIST(X)                                                                  \
    X(RP_OK,          0,    "success")                                                     \
    X(RP_EARG,       -1,    "an argument is wrong")                                        \
    X(RP_ESTATE,     -2,    "not possible in the present state")                           \
    X(RP_ENOTFOUND,  -3,    "not found")                                                   \
    X(RP_ELIMIT,     -4,    "over a limit")                                                \
    X(RP_EPARSE,     -5,    "the text is not of its format")                               \
    X(RP_EBUILD,     -6,    "the workflow is not valid")                                   \
    X(RP_ETYPE,      -7,    "a value of another type was expected")                        \
    X(RP_EHANDLER,   -8,    "an executor failed")                                          \
    X(RP_ECONVERGE,  -9,    "the superstep limit was reached with messages undelivered")   \
    X(RP_ECHECKPOINT,-10,   "the checkpoint cannot be restored")                           \
    X(RP_ESTORE,     -11,   "the checkpoint store failed")                                 \
    X(RP_ECLIENT,    -12,   "the model client failed")                                     \
    X(RP_EIO,        -13,   "input or output failed")                                      \
    X(RP_ESTALE,     -14,   "the store has changed meanwhile")                             \
    X(RP_EEXPIRED,   -15,   "a request was not answered in time")                          \
    X(RP_FATAL,      -100,  "first fatal status")                                          \
    X(RP_ENOMEM,     -101,  "out of memory")
/* clang-format on */

enum rp_status {
#define X(name, number, sentence) name = (number),
    RP_STATUS_LIST(X)
#undef X
};

/* A static string; "unknown status" for a number that is none. Never NULL. */
const char *rp_status_name(int status);
const char *rp_status_text(int status);

/* What went wrong, for a person. Calls that take one fill it only when they fail; NULL will do. */
struct rp_error {
    int status;      /* the status that the call returned */
    char where[160]; /* place: a path in the file, an executor id; "" when there is none */
    char text[320];  /* reason and, where there is one, remedy */
};

/* Fills err (NULL is fine) and returns status. The format knows %s (NULL prints as "(none)"), %d
 * (int), %l (int64_t), %u (uint32_t) and %%; what does not fit is cut at a character boundary. */
int rp_fail_at(struct rp_error *err, int status, const char *where, const char *format, ...);

/* The same, for calls that take a format themselves. */
int rp_fail_va(struct rp_error *err, int status, const char *where, const char *format,
               va_list given);

/* Returns from the calling function with the status of call unless it is RP_OK. */
#define RP_TRY(call)                                                                               \
    do {                                                                                           \
        int rp_try_rc_ = (call);                                                                   \
        if (rp_try_rc_ != RP_OK)                                                                   \
            return rp_try_rc_;                                                                     \
    } while (0)

#endif
