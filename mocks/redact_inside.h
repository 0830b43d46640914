/* redact_inside.h - what the files of redaction share.
 *
 * Secrets are found, not rewritten: every finder gives spans of the bytes that it was given, and
 * what encloses them (a JSON string in a JSON text in base64 ...) leads its spans back to its own
 * bytes. So all that is no secret stays as it was, byte for byte, and pieces of a body can be cut
 * anew. */
#ifndef RP_REDACT_INSIDE_H
#define RP_REDACT_INSIDE_H

#include <regex.h>

#include "redact.h"

enum {
    RP_REDACT_DEPTH = 6,          /* texts inside texts */
    RP_REDACT_TEXT_MIN = 4,       /* bytes of a secret that is given by text: */
    RP_REDACT_LEARN_MIN = 8,      /* bytes of one that is met by another rule, to be looked for
                                     elsewhere too */
    RP_REDACT_SECRETS_MAX = 65536 /* that are looked for */
};

struct rp_span {
    size_t from, to;
    uint32_t number; /* of the secret; 0: a later part of one, nothing takes its place */
    unsigned quotes; /* 0: none are added; 1: ", 2: \" ..., so that a number stays JSON */
};
struct rp_spans {
    struct rp_alloc alloc;
    struct rp_span *at;
    size_t n, room;
};

enum rp_rule_kind {
    RP_RULE_HEADER,
    RP_RULE_QUERY,
    RP_RULE_KEY,
    RP_RULE_JSON,
    RP_RULE_PATTERN,
    RP_RULE_TEXT,
    RP_RULES
};
struct rp_rule {
    enum rp_rule_kind kind;
    char *text; /* the whole rule */
    const char *value;
    int usual; /* one of the defaults */
    /* PATTERN */
    int compiled, at_word;
    size_t n_prefix; /* bytes with which every match begins; 0: not known */
    char prefix[32];
    regex_t regex; /* anchored when there is a prefix */
};

struct rp_secret {
    char *s;
    size_t n;
    uint32_t next; /* of those with the same first byte; number + 1, 0: the last */
};
struct rp_numbered {
    unsigned char digest[32];
    uint32_t number; /* 0: free */
};

struct rp_redact {
    struct rp_alloc alloc;
    struct rp_rule **rules;
    size_t n_rules, rules_room;
    struct rp_secret *secrets;
    uint32_t n_secrets, secrets_room, first[256]; /* number + 1 */
    size_t shortest;                              /* secret */
    int spaces;                                   /* one of them has a space */
    struct rp_numbered *numbered;                 /* open addressing */
    uint32_t n_numbered, numbered_room;
    int learning; /* secrets are gathered, nothing is found */
};

/* What these calls return is RP_OK or RP_ENOMEM unless it is said. */

/* redact.c */
int rp_redact_number(struct rp_redact *r, const char *s, size_t n, uint32_t *number);
int rp_redact_learn(struct rp_redact *r, const char *s, size_t n, size_t least);
/* Does the rule's value name it? Without regard to ASCII case; "*" at an end. */
int rp_redact_names(const struct rp_rule *rule, const char *s, size_t n);
const struct rp_rule *rp_redact_rule(const struct rp_redact *r, enum rp_rule_kind kind,
                                     const char *name, size_t n); /* or NULL */

/* redact_spans.c */
void rp_spans_init(struct rp_spans *s, const struct rp_alloc *alloc);
void rp_spans_free(struct rp_spans *s);
int rp_spans_add(struct rp_spans *s, struct rp_span span);
void rp_spans_sort(struct rp_spans *s); /* in order, none over another */
/* The bytes with their spans, sorted, replaced; chunks may be NULL. RP_ELIMIT too. */
int rp_spans_apply(const struct rp_spans *s, const char *from, size_t n, struct rp_buf *out,
                   struct rp_body_chunk *chunks, size_t n_chunks, uint64_t *changed);
int rp_redact_is_mark(const char *s, size_t n);

/* redact_view.c: a text that stands encoded in another one. Each adds to out what the n bytes mean,
 * and *encoded tells whether that is anything else. */
enum rp_view { RP_VIEW_ESCAPED, RP_VIEW_PERCENT, RP_VIEW_FORM, RP_VIEWS };
int rp_view_read(enum rp_view view, const char *s, size_t n, struct rp_buf *out, int *encoded);
/* The spans from number `first` on, sorted, are those of what it means: they become those of s. */
void rp_view_lead_back(enum rp_view view, const char *s, size_t n, struct rp_spans *spans,
                       size_t first);
/* The next run of base64 letters at or after *at, line breaks inside; *end behind it. 0: none. */
int rp_base64_run(const char *s, size_t n, size_t least, size_t *at, size_t *end);
/* Reads a run from its letter number skip on. */
int rp_base64_read(const char *s, size_t n, unsigned skip, struct rp_buf *out);
void rp_base64_lead_back(const char *s, size_t n, unsigned skip, struct rp_spans *spans,
                         size_t first);

/* redact_tape.c: JSON, as far as it goes, as a list of its parts in order. */
enum rp_node_kind { RP_NODE_MAP, RP_NODE_LIST, RP_NODE_TEXT, RP_NODE_KEY, RP_NODE_WORD };
struct rp_node {
    size_t from, to;      /* of texts: without the quotes */
    uint32_t parent, key; /* RP_NO_NODE: none */
    uint32_t index;       /* in a list */
    uint32_t n;           /* parts of a list */
    enum rp_node_kind kind;
};
#define RP_NO_NODE UINT32_MAX
struct rp_redact_tape {
    struct rp_alloc alloc;
    struct rp_node *at;
    uint32_t n, room;
};
void rp_redact_tape_free(struct rp_redact_tape *t);
/* Reads one value; *end is behind it, or where it is wrong. *whole: it is well-formed. */
int rp_redact_tape_read(struct rp_redact_tape *t, const char *s, size_t n, size_t *end, int *whole);

/* redact_json.c: spans of what stands on the tape, all of them moved by base. */
int rp_redact_tape(struct rp_redact *r, const char *s, const struct rp_redact_tape *t, int depth,
                   size_t base, struct rp_spans *spans);

/* redact_text.c: spans of any text. */
int rp_redact_find(struct rp_redact *r, const char *s, size_t n, int depth, size_t base,
                   struct rp_spans *spans);

/* redact_sse.c */
int rp_redact_is_sse(const char *s, size_t n);
int rp_redact_sse(struct rp_redact *r, const char *s, size_t n, struct rp_spans *spans);

#endif
