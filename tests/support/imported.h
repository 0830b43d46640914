/* imported.h - imports and exports as text: what was read, what was told of it. Stands on the
 * ground of cassette_ground.h. */
#ifndef TESTS_IMPORTED_H
#define TESTS_IMPORTED_H

#include "mocks/formats/formats.h"

/* Reads a text of that format into a new cassette, redacted by the default rules, and tells its
 * report and all that the cassette has then, in JSON lines; or "WHERE: TEXT" of the error. The
 * file's name is "input". Lives until the next call. */
const char *imported(const char *format, const char *lane_by, const char *text, size_t n);
/* The same of a text that ends in NUL. */
const char *importedz(const char *format, const char *text);
/* That text as it is told when it is exported in a format: imported once, then exported. */
const char *reexported(const char *format, const char *text, size_t n, const char *to);
/* A file under tests/formats, its format told by itself; *n of its bytes. Lives until the next
 * call. */
const char *formats_file(const char *name, size_t *n);
const char *formats_of(const char *name);

/* Adds a report's lines: counts, then "KIND N: TEXT (FIRST)". */
void told_report(struct rp_buf *out, const struct rp_report *report);

/* Fails unless what was got is what stands in tests/formats/NAME. */
void told_as_in(const char *name, const char *got);

#endif
