/* cassette.h - recorded exchanges with model services: one SQLite file, its schema documented in
 * cassette_schema.c and versioned by user_version. An interaction is written in one transaction
 * when it has ended: it is there whole or not at all, also after a kill. What was deleted or
 * redacted is in no byte of the file (secure_delete, and it is written anew), and no other file
 * stays beside it. Several processes may have it open; each handle is for one thread, and not for
 * both sides of a fork. SQLite's own memory is the C library's. The path ":memory:" names a
 * cassette that is gone with its handle. */
#ifndef RP_CASSETTE_H
#define RP_CASSETTE_H

#include "transport.h"

struct rp_body_chunk {
    size_t n;        /* bytes */
    uint64_t gap_us; /* since the chunk before, of the first: since the head */
};

struct rp_interaction { /* what a cassette holds of one exchange; borrowed where it is given */
    int64_t id;         /* from 1, in order of the requests' start; 0: not yet stored */
    const char *lane;
    int64_t order;
    uint32_t attempt;
    const char *dialect, *model; /* may be NULL */
    int stream;
    const char *method, *url;
    const struct rp_header *request_headers;
    size_t n_request_headers;
    const char *request;
    size_t n_request;
    char digest[65]; /* SHA-256 of the canonical request (match.h), hexadecimal */
    int status;      /* 0: failed before the head */
    const struct rp_header *headers;
    size_t n_headers;
    const char *body;
    size_t n_body;
    const struct rp_body_chunk *chunks; /* their bytes add up to n_body */
    size_t n_chunks;
    uint64_t started_us, head_us; /* start: since the recording began; head: since the start */
    uint64_t end_us;              /* since the last chunk, or the head */
    enum rp_failure failure;      /* how it ended, if badly */
    const char *failure_text;     /* or NULL */
    const char *recorded_at;      /* "2026-11-20T16:10:15Z", or NULL where it is not known */
    const char *source;           /* "record", "vcr", "har", "jsonl", "otlp" */
};

/* A copy in one block, the caller's: rp_interaction_free. RP_ENOMEM. */
int rp_interaction_copy(const struct rp_alloc *alloc, const struct rp_interaction *from,
                        struct rp_interaction **out);
void rp_interaction_free(const struct rp_alloc *alloc, struct rp_interaction *i);

struct rp_tool_record { /* a tool's result, told beside the exchanges */
    const char *lane, *tool, *call_id, *arguments, *result; /* the latter two are JSON */
    int failed;
    int64_t after; /* the interaction that it followed; 0: none */
};

enum rp_cassette_use {
    RP_CASSETTE_READ, /* must exist; not a byte is changed, but that what a killed process left half
                         written is taken back */
    RP_CASSETTE_WRITE, /* must exist */
    RP_CASSETTE_KEEP   /* made when it does not exist */
};
struct rp_cassette;
/* *out owned by the caller. RP_ENOTFOUND, RP_EPARSE (not a cassette, damaged, of a later version:
 * the error says which), RP_EIO, RP_ENOMEM. */
int rp_cassette_open(const struct rp_alloc *alloc, const char *path, enum rp_cassette_use use,
                     struct rp_cassette **out, struct rp_error *err);
void rp_cassette_close(struct rp_cassette *c);
const char *rp_cassette_path(const struct rp_cassette *c);

/* Under i->id where that is given and free, else under the next one; a digest that is "" is made.
 * RP_EIO (disk full, locked: nothing was stored), RP_ENOMEM, RP_EARG (no lane, method or URL;
 * chunks that do not add up to the body). *id may be NULL. */
int rp_cassette_add(struct rp_cassette *c, const struct rp_interaction *i, int64_t *id,
                    struct rp_error *err);
/* The same in place of old, which is removed, in one transaction; traces of it go at the latest
 * when the cassette is closed. RP_ENOTFOUND. */
int rp_cassette_renew(struct rp_cassette *c, int64_t old, const struct rp_interaction *i,
                      int64_t *id, struct rp_error *err);
int rp_cassette_add_tool(struct rp_cassette *c, const struct rp_tool_record *t,
                         struct rp_error *err);
/* Several changes as one: commit stores all of them, rollback and close none. They do not nest:
 * RP_ESTATE. RP_EIO, RP_ENOMEM; a commit that fails has taken them back. */
int rp_cassette_begin(struct rp_cassette *c, struct rp_error *err);
int rp_cassette_commit(struct rp_cassette *c, struct rp_error *err);
void rp_cassette_rollback(struct rp_cassette *c); /* nothing where none has begun */
/* In order of id; as this handle knows them: what was there when it was opened, and what was done
 * by it. What is borrowed lives until the next call on the cassette or its close. RP_ENOTFOUND. */
size_t rp_cassette_count(struct rp_cassette *c);
int64_t rp_cassette_nth(struct rp_cassette *c, size_t i); /* its id */
int rp_cassette_get(struct rp_cassette *c, int64_t id, const struct rp_interaction **out,
                    struct rp_error *err);
size_t rp_cassette_tools(struct rp_cassette *c);
int rp_cassette_tool(struct rp_cassette *c, size_t i, const struct rp_tool_record **out,
                     struct rp_error *err);
/* Tool results of one lane become those of another. */
int rp_cassette_move_tools(struct rp_cassette *c, const char *from, const char *to,
                           struct rp_error *err);
int rp_cassette_replace(struct rp_cassette *c, const struct rp_interaction *i,
                        struct rp_error *err); /* the one of its id */
/* Tool results that followed it follow nothing (0) then. */
int rp_cassette_remove(struct rp_cassette *c, int64_t id, struct rp_error *err);
/* Settings that go with the recordings: redaction rules, match rules. NULL when there is none; a
 * value NULL removes it. */
const char *rp_cassette_note(struct rp_cassette *c, const char *key);
int rp_cassette_set_note(struct rp_cassette *c, const char *key, const char *value,
                         struct rp_error *err);
/* Checks every digest, length and reference; tells each fault. RP_OK; RP_EPARSE: faults. */
int rp_cassette_verify(struct rp_cassette *c, int (*tell)(void *ctx, const char *fault), void *ctx);

#endif
