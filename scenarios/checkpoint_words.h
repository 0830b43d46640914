/* checkpoint_words.h - values of a checkpoint in words, for people. What is added to a buffer that
 * has failed is lost: whoever reads the buffer looks at its `failed` once, at the end. */
#ifndef RP_CHECKPOINT_WORDS_H
#define RP_CHECKPOINT_WORDS_H

#include "engine/reprise.h"

struct rp_words {
    struct rp_buf *out;
    uint32_t most; /* characters of a text that are shown; 0: all of it */
};

/* Text as it is, but for control characters, which are shown as \x1b; ends of lines as \n. */
void rp_words_name(const struct rp_words *w, struct rp_str s);
/* Likewise, in quotes and cut. */
void rp_words_text(const struct rp_words *w, struct rp_str s);
void rp_words_z(const struct rp_words *w, const char *z); /* untouched */
void rp_words_int(const struct rp_words *w, int64_t i);
/* "1 message", "2 messages". */
void rp_words_count(const struct rp_words *w, int64_t n, const char *thing);
/* Bytes as "812 B", "4.1 KB". */
void rp_words_bytes(const struct rp_words *w, uint64_t n);
/* A field's name with spaces: "round count". */
void rp_words_field(const struct rp_words *w, const char *name);

/* Any value in one line. */
void rp_words_value(const struct rp_words *w, struct rp_value v);
/* Is it a list of messages, one at least? */
int rp_words_are_messages(struct rp_value v);
/* What a request asks for, by its data. */
void rp_words_request(const struct rp_words *w, struct rp_value data);
/* The JSON of an answer to the request with that number, as an example. */
void rp_words_answer(const struct rp_words *w, int64_t number, struct rp_value data);

#endif
