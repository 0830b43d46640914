/* dialect.h - the private seam of mocks/wire: what the common code (wire.c, reader.c) asks of a
 * dialect, and what it gives to one. A dialect is one table; nothing else of it is seen.
 *
 * Statuses of all functions: RP_OK; RP_ENOMEM; RP_ELIMIT; RP_EPARSE with doc->err filled (of
 * reading; made by rp_wire_refuse); RP_ETYPE (of writing: a value that the dialect cannot say). */
#ifndef RP_WIRE_DIALECT_H
#define RP_WIRE_DIALECT_H

#include "doc.h"
#include "sse.h"

/* ---- what a reply is made of while it is read ----------------------------------------------- */

enum rp_wire_item_kind { RP_WIRE_ITEM_CALL, RP_WIRE_ITEM_TEXT, RP_WIRE_ITEM_OTHER };

/* A call (or, for dialects that number other things too, one of those), in the reader's memory. */
struct rp_wire_item {
    enum rp_wire_item_kind kind;
    int64_t key, part;   /* the numbers that the dialect finds it by: index, output_index; -1 */
    struct rp_buf other; /* another name of it: Responses' item id */
    struct rp_buf id, name, arguments; /* of a call */
    size_t said;                       /* of a text: bytes given so far */
    unsigned flags;                    /* the dialect's own */
    uint64_t touched;                  /* the dialect's own: number of an event */
};

struct rp_wire_dialect;
struct rp_wire_reader {
    struct rp_alloc alloc;
    const struct rp_wire_dialect *dialect;
    int stream;
    struct rp_wire_item *items; /* in the order in which they began */
    size_t n_items, room;
    int64_t input, output, total; /* usage; -1: not told */
    char finish[32];
    int end_mark;      /* stream: the dialect's end marker came: [DONE], response.completed ... */
    uint64_t events;   /* stream: that came so far, the one being read included */
    unsigned flags;    /* the dialect's own, 0 at first */
    int64_t number;    /* the dialect's own, 0 at first */
    int64_t cached[2]; /* Anthropic's alone: input tokens written to and read from a cache */
    struct rp_buf own; /* the dialect's own text, empty at first */

    /* reader.c's alone */
    struct rp_buf body;   /* a whole reply */
    struct rp_sse sse;    /* a stream */
    struct rp_heap heap;  /* the JSON of one event */
    struct rp_buf pieces; /* texts to be given: a size_t and its bytes, one after the other */
    size_t given;         /* bytes of pieces that were given */
    struct rp_buf last;   /* text for the last update */
    int has_last;
    int gave;  /* an update was given */
    int ended; /* rp_wire_ended was called */
    int over;  /* more than RP_WIRE_BODY_MAX came */
    int state;
    uint64_t rules;
    struct rp_error err;
};

/* A new item at the end, all empty, keys -1; *out is good until the next one is added. RP_ELIMIT
 * over RP_WIRE_ITEMS_MAX. */
int rp_wire_item_add(struct rp_wire_reader *r, enum rp_wire_item_kind kind,
                     struct rp_wire_item **out);

void rp_wire_items_free(struct rp_wire_reader *r); /* reader.c's */

/* In a stream: an update with this text, at once. Of a whole reply: not to be used. */
int rp_wire_say(struct rp_wire_reader *r, struct rp_str text);
/* In a stream: text that belongs to the piece that ends it; it comes in the last update, before
 * the calls. Several are joined. An empty one counts. */
int rp_wire_say_last(struct rp_wire_reader *r, struct rp_str text);
/* In dialects that part texts and calls into events of their own, the event of a text that is one
 * update with calls has a key more, "with_calls": true, which other readers pass over. The first
 * adds that key when contents has calls; the second is rp_wire_say_last for an event that has it,
 * else rp_wire_say. */
int rp_wire_put_with_calls(struct rp_buf *out, struct rp_value contents);
int rp_wire_say_marked(struct rp_wire_reader *r, const struct rp_wire_at *event,
                       struct rp_str text);
/* More came after what was thought the last: what rp_wire_say_last held is said now. */
int rp_wire_say_held(struct rp_wire_reader *r);

/* Sets the finish in the names of wire.h ("stop", "length", "tool_calls", "content_filter",
 * "refusal"; any other as it is); cut at a character to fit. */
void rp_wire_set_finish(struct rp_wire_reader *r, struct rp_str finish);
/* Takes usage from a map with these keys; what is absent stays as it was. Refuses what is not an
 * integer from 0 up. total may be NULL. */
int rp_wire_set_usage(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *usage, const char *input, const char *output,
                      const char *total);

/* Adds the calls that were collected (items of kind CALL) to a list of contents in h, in order;
 * one without id gets "call_<n>" (RP_RULE_NO_ID), n from 1 up by its place among the calls, the
 * next free one where that is taken. For whole replies; the reader does it itself in streams. */
int rp_wire_add_calls(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_heap *h,
                      struct rp_value *contents);
/* Arguments as text into out: a text as it is; a map or list as compact JSON (RP_RULE_ARGUMENTS_
 * OBJECT); nil: nothing. Anything else is refused. */
int rp_wire_arguments(struct rp_wire_doc *doc, const struct rp_wire_at *at, struct rp_buf *out);
/* Is it a whole JSON object? Uses the reader's scratch memory. RP_ENOMEM. */
int rp_wire_is_object(struct rp_wire_reader *r, const struct rp_buf *text, int *is);

/* An error object or text ({"message", "type", "code"}) in a reply: refuses with its words. */
int rp_wire_refuse_error(const struct rp_wire_doc *doc, const struct rp_wire_at *error);

/* ---- what writers share --------------------------------------------------------------------- */

/* All texts of a list of contents, one after the other, as one JSON string. */
int rp_wire_put_texts(struct rp_buf *out, struct rp_value contents);
/* The same, of those from (inclusive) to (exclusive). */
int rp_wire_put_texts_of(struct rp_buf *out, struct rp_value contents, uint32_t from, uint32_t to);
int rp_wire_has_text(struct rp_value contents); /* an empty one counts */
int rp_wire_has_call(struct rp_value contents);
/* RP_ETYPE when contents has anything but texts and calls. */
int rp_wire_check_contents(struct rp_value contents);
/* ,"key":value (the comma is left out behind an opening bracket). */
int rp_wire_put_key(struct rp_buf *out, const char *key);
int rp_wire_put_str(struct rp_buf *out, const char *key, const char *value); /* NULL: null */
int rp_wire_put_text(struct rp_buf *out, const char *key, struct rp_value value);
int rp_wire_put_int(struct rp_buf *out, const char *key, int64_t value);
int rp_wire_put_json(struct rp_buf *out, const char *key, struct rp_value value);
int64_t rp_wire_usage_of(struct rp_value usage, const char *key); /* 0 when it is not there */
/* The finish of a reply in the names of wire.h: as given, else from its last contents. */
const char *rp_wire_finish_of(const struct rp_wire_reply *reply);
/* The updates of a stream: piece i of n, an empty list when the reply has none. n is at least 1. */
uint32_t rp_wire_updates(const struct rp_wire_reply *reply);
struct rp_value rp_wire_update(const struct rp_wire_reply *reply, uint32_t i);
/* Options whose key is in none of the given names (the last one NULL), each as ,"key":value. */
int rp_wire_put_options(struct rp_buf *out, struct rp_value options, const char *const *but);
/* The entries of root whose key is in none of the names: a map in h, or nil when there is none. */
int rp_wire_take_options(struct rp_heap *h, struct rp_value root, const char *const *but,
                         struct rp_value *out);
/* The parameters of a tool, or of one without: {"type":"object","properties":{}}. */
int rp_wire_put_parameters(struct rp_buf *out, const char *key, struct rp_value parameters);

/* ---- a dialect ------------------------------------------------------------------------------ */

struct rp_wire_dialect {
    const char *name, *path;

    int (*write_request)(const struct rp_wire_request *request, struct rp_buf *out);
    /* out is zeroed before. */
    int (*read_request)(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *root,
                        struct rp_wire_request *out);

    /* A whole reply: adds its contents, in order, made in h; sets finish and usage of r. */
    int (*read_whole)(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *root, struct rp_heap *h, struct rp_value *contents);
    /* Is this event's data no JSON but a mark of its own ("[DONE]")? Then it is read here and *is
     * set. NULL: the dialect has none. */
    int (*read_mark)(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str data,
                     int *is);
    /* One event of a stream. name: of its `event:` line, "" without; also after the end mark. */
    int (*read_event)(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str name,
                      const struct rp_wire_at *root);
    /* The body is over: refuses (at NULL: the end of the body) what is not complete. Calls are
     * checked here too; the reader then gives the last update. */
    int (*read_end)(struct rp_wire_reader *r, struct rp_wire_doc *doc);

    int (*write_whole)(const struct rp_wire_reply *reply, struct rp_buf *out);
    /* As rp_wire_write_piece; on error the caller restores w and out. */
    int (*write_piece)(struct rp_wire_writer *w, struct rp_buf *out, int *more);
    /* type NULL: from the status. */
    int (*write_error)(int status, const char *type, const char *text, struct rp_buf *out);
};

const struct rp_wire_dialect *rp_wire_dialect_of(enum rp_dialect dialect);

extern const struct rp_wire_dialect rp_wire_chat, rp_wire_responses, rp_wire_anthropic;

#endif
