/* fields.h - values of a foreign file with their places in it, so that what is wrong can be told
 * where it stands: "log.entries[3].response.status". */
#ifndef RP_FORMATS_FIELDS_H
#define RP_FORMATS_FIELDS_H

#include "import.h"

struct rp_field {
    const struct rp_field *up; /* NULL: the whole */
    const char *key;           /* NULL: an item of a list */
    uint32_t index;
    uint32_t line; /* of the whole: its line in the file; 0: it is all of it */
    struct rp_value v;
};

/* Nil where it is missing. */
struct rp_field rp_field_get(const struct rp_field *of, const char *key);
struct rp_field rp_field_nth(const struct rp_field *of, uint32_t i);
int rp_field_is(const struct rp_field *f); /* there, and not null */

enum { RP_PLACE_MAX = 160 };
void rp_field_place(const struct rp_field *f, char out[RP_PLACE_MAX]);
/* RP_EPARSE with its place. */
int rp_field_fail(struct rp_import *im, const struct rp_field *f, const char *format, ...);
/* What the JSON reader said of the line that f is: its own line is always the first. */
int rp_field_fail_json(struct rp_import *im, const struct rp_field *f, const struct rp_error *why);
/* What it must be. RP_EPARSE otherwise. */
int rp_field_want_map(struct rp_import *im, const struct rp_field *f);
int rp_field_want_list(struct rp_import *im, const struct rp_field *f);

/* A text without NUL, a copy in the pool; *out untouched where there is none and it may be. A
 * number counts as its digits. */
int rp_field_text(struct rp_import *im, const struct rp_field *f, int required, const char **out);
/* A whole number from low to high, also as a text; *out untouched where there is none. */
int rp_field_int(struct rp_import *im, const struct rp_field *f, int64_t low, int64_t high,
                 int64_t *out);
/* The same from 0 to UINT64_MAX, of a number. */
int rp_field_uint(struct rp_import *im, const struct rp_field *f, uint64_t *out);
/* The bytes of a text, a copy in the pool; of base64 when base64 is not 0. */
int rp_field_bytes(struct rp_import *im, const struct rp_field *f, int base64, const char **out,
                   size_t *n);

/* Notes each key of a map that is not among the known ones, which a NULL ends. */
void rp_field_unknown(struct rp_import *im, const struct rp_field *f, const char *const *known);
/* The date of an exchange, as a cassette has it, from a moment; in the pool. NULL: no memory. */
const char *rp_import_date(struct rp_import *im, int64_t us);
/* From the Date header of its reply, where it has none. */
int rp_import_date_of_reply(struct rp_import *im, struct rp_interaction *it);
/* What goes with a status code by the book; "" for one that is not known. */
const char *rp_reason(int status);

#endif
