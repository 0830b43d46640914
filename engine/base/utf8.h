/* utf8.h - validity and case of UTF-8; no locale. Tables: utf8_table.h, out of UnicodeData.txt. */
#ifndef RP_UTF8_H
#define RP_UTF8_H

#include "buf.h"

/* Offset of the first byte that is not valid UTF-8 (overlong, surrogate, beyond U+10FFFF, cut), or
 * n when all is valid. */
size_t rp_utf8_bad(const char *s, size_t n);
/* Reads one character of valid UTF-8 at s; returns its length in bytes, 1 to 4. */
unsigned rp_utf8_read(const char *s, uint32_t *code);
/* Writes code at s (room for 4 bytes); returns its length. */
unsigned rp_utf8_write(char *s, uint32_t code);

/* Unicode's simple (one to one) case mapping. */
uint32_t rp_lower(uint32_t code);
uint32_t rp_upper(uint32_t code);

/* Does s contain part, both in lower case? An empty part is contained in everything. Allocates
 * nothing. Both valid UTF-8. */
int rp_contains_lower(struct rp_str s, struct rp_str part);
/* Does s contain part, byte for byte? */
int rp_contains(struct rp_str s, struct rp_str part);
/* Adds s in upper case. */
int rp_buf_add_upper(struct rp_buf *b, struct rp_str s);

#endif
