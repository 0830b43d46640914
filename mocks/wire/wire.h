/* wire.h - what model services speak over HTTP, as bytes and nothing else: no socket, no clock.
 * Three dialects: OpenAI Chat Completions, OpenAI Responses, Anthropic Messages. Each is read and
 * written on both sides: a client writes requests and reads replies, a server reads requests and
 * writes replies. However a reply's bytes are split, what is read is the same.
 *
 * Reading is strict where doubt would lose something, and every leniency is a named rule
 * (RP_WIRE_RULES). What no rule accepts is refused with the offset of the byte. */
#ifndef RP_WIRE_H
#define RP_WIRE_H

#include "engine/reprise.h"

enum rp_dialect { RP_DIALECT_CHAT, RP_DIALECT_RESPONSES, RP_DIALECT_ANTHROPIC, RP_DIALECTS };
const char *rp_dialect_name(enum rp_dialect dialect); /* "chat", "responses", "anthropic" */
int rp_dialect_of(const char *name);                  /* -1: none has that name */
/* Below the service's base URL (which has the version, ".../v1"): "/chat/completions",
 * "/responses", "/messages". */
const char *rp_dialect_path(enum rp_dialect dialect);

/* ---- leniencies -------------------------------------------------------------------------------
 * X(NAME, name, sentence): what is read although it is not as the dialect's description has it. */
#define RP_WIRE_RULES(X)                                                                           \
    X(LAST_LINE, last_line, "the last event counts although no blank line ends it")                \
    X(EMPTY_DATA, empty_data, "an event without data is passed over")                              \
    X(UNKNOWN_FIELD, unknown_field, "a line with an unknown field is passed over")                 \
    X(NO_END_MARK, no_end_mark, "the stream ends without its end marker, after a finish reason")   \
    X(AFTER_END, after_end, "what follows the end marker and says nothing new is passed over")     \
    X(NO_FINISH, no_finish, "the reply is complete but gives no finish reason")                    \
    X(AFTER_FINISH, after_finish, "what comes after a finish reason still counts")                 \
    X(EMPTY_AS_NONE, empty_as_none, "an empty id, name or finish reason counts as none")           \
    X(NO_ID, no_id, "a call without id gets call_<n>, by its place in the reply")                  \
    X(ARGUMENTS_OBJECT, arguments_object, "arguments that are an object become its JSON text")     \
    X(CONTENT_PARTS, content_parts, "a content that is a list of parts becomes their joined text") \
    X(REFUSAL, refusal, "a refusal is read as text, and the finish is refusal")                    \
    X(NO_ROLE, no_role, "a reply without role is the assistant's")                                 \
    X(NO_CHOICES, no_choices, "a chunk without choices says nothing")                              \
    X(NO_DELTA, no_delta, "a choice without delta says nothing")                                   \
    X(CHOICE_INDEX, choice_index, "a choice without index is the first")                           \
    X(NO_INDEX, no_index, "a piece without index goes by its id, name and order")                  \
    X(INDEX_SHARED, index_shared, "a new id, or a name after whole arguments, is a new call")      \
    X(INDEX_MOVED, index_moved, "arguments under a new index go to the call that has none")        \
    X(FIRST_INDEX, first_index, "calls need not be numbered from 0")                               \
    X(LATE_ID, late_id, "the id and the name of a call may come one after the other")              \
    X(NAME_REPEATED, name_repeated, "the name of a call given again is not added to it")           \
    X(FUNCTION_CALL, function_call, "the older function_call is read as a call")                   \
    X(REASONING, reasoning, "what a model thought is passed over")                                 \
    X(UNKNOWN_EVENT, unknown_event, "an event of an unknown type is passed over")                  \
    X(UNKNOWN_ITEM, unknown_item, "an item, block or part of an unknown type is passed over")      \
    X(NO_TYPE, no_type, "an event whose data has no type goes by its event line")                  \
    X(NO_LIFECYCLE, no_lifecycle, "an item, block or part begins or ends without its event")       \
    X(ITEM_ID, item_id, "a piece under an item id of its own goes by its output index")            \
    X(NO_DELTAS, no_deltas, "what came in no delta is taken from where it stands whole")           \
    X(EMPTY_OUTPUT, empty_output, "a final event without output leaves what was streamed")         \
    X(INVALID_JSON, invalid_json, "an input {\"INVALID_JSON\": text} is that text")

enum rp_wire_rule {
#define X(NAME, name, sentence) RP_RULE_##NAME,
    RP_WIRE_RULES(X)
#undef X
        RP_WIRE_RULE_COUNT
};
_Static_assert(RP_WIRE_RULE_COUNT <= 64, "rules are bits of 64");
const char *rp_wire_rule_name(enum rp_wire_rule rule); /* "no_index" */
const char *rp_wire_rule_text(enum rp_wire_rule rule); /* its sentence */

/* ---- requests ------------------------------------------------------------------------------- */

struct rp_wire_request {
    struct rp_value model;        /* text */
    struct rp_value instructions; /* text, or nil */
    struct rp_value messages;     /* list of RP_K_MESSAGE; those without contents are not sent */
    struct rp_value tools; /* list of maps name, description (may be nil), parameters (map or nil),
                              strict; Responses and Anthropic: one with a type is the service's
                              own, as it is */
    struct rp_value
        tool_choice;        /* nil: left out; text "auto", "none", "required", or {"name": text} */
    struct rp_value format; /* JSON Schema (map) of the answer, or nil */
    struct rp_value format_name;   /* text, or nil for "answer" */
    struct rp_value format_strict; /* boolean, or nil: left out */
    struct rp_value options; /* map: temperature, seed, max_tokens ..., put at the top level as they
                                are, but for those that a field above says already; nil: none */
    int stream;
};

/* Adds the body, canonical for equal requests (a fixed order of keys, no spaces). Authors are not
 * sent, approval contents neither (scenario.md, model_call). RP_ENOMEM, RP_ELIMIT, RP_ETYPE. */
int rp_wire_write_request(enum rp_dialect dialect, const struct rp_wire_request *request,
                          struct rp_buf *out);
/* Values in h. What a server understands of a client's request; what is not modelled is in
 * options; each text part of a message is a text content of its own, its name the author. RP_EPARSE
 * with where "byte N" or a JSON path and the reason; RP_ENOMEM, RP_ELIMIT. */
int rp_wire_read_request(enum rp_dialect dialect, struct rp_heap *h, const char *bytes, size_t n,
                         struct rp_wire_request *out, struct rp_error *err);

/* ---- reading replies ------------------------------------------------------------------------ */

enum rp_wire_kind {
    RP_WIRE_MORE,   /* nothing until more bytes are fed */
    RP_WIRE_UPDATE, /* value: RP_K_UPDATE, of a stream */
    RP_WIRE_WHOLE,  /* value: RP_K_RESPONSE; the end */
    RP_WIRE_END,    /* of a stream; usage and finish are filled */
    RP_WIRE_BROKEN  /* error is filled; the end. err->where is "byte N" of the body */
};
struct rp_wire_event {
    enum rp_wire_kind kind;
    struct rp_value value;
    struct rp_value usage; /* map with input_tokens, output_tokens, total_tokens, or nil */
    char finish[32];       /* "stop", "length", "tool_calls", "content_filter", ...; "" unknown */
    uint64_t rules;        /* RP_BIT of the rules that were needed so far */
    struct rp_error error;
};

/* In a stream each text piece is an update of its own, at once; calls are put together and come
 * whole, all in one update, when the reply ends (so that none is cut or merged), in the order in
 * which they began. When the piece that ends the stream also has text, text and calls are one
 * update (in Responses and Anthropic, where each is an event of its own, when the text's event has
 * "with_calls": true, which our writer adds). A stream in which nothing came is one update without
 * contents. That is what a scripted client does with the same reply. A stream that stops before its
 * end is broken, never a success: the last update, END and WHOLE come after rp_wire_ended. */
struct rp_wire_reader;
int rp_wire_reader_new(const struct rp_alloc *alloc, enum rp_dialect dialect, int stream,
                       struct rp_wire_reader **out); /* RP_ENOMEM */
void rp_wire_reader_free(struct rp_wire_reader *r);
/* Copies the bytes. RP_ENOMEM: only free is allowed; RP_ELIMIT: more than RP_WIRE_BODY_MAX in all,
 * what fits was read and RP_WIRE_BROKEN follows it; RP_ESTATE: after rp_wire_ended. Then
 * rp_wire_next until RP_WIRE_MORE, or the last event. */
int rp_wire_feed(struct rp_wire_reader *r, const char *bytes, size_t n);
void rp_wire_ended(struct rp_wire_reader *r); /* the body is over, as its framing says */
/* The next event; values made in h, none of them is kept by the reader. RP_ENOMEM. After the last
 * event (WHOLE, END, BROKEN) it is told again. */
int rp_wire_next(struct rp_wire_reader *r, struct rp_heap *h, struct rp_wire_event *out);

/* What a service says when it refuses: one sentence for a person from a body that is an error of
 * the dialect, or HTML, or anything: never longer than RP_ERROR text, made safe to print. */
void rp_wire_read_error(enum rp_dialect dialect, int status, const char *bytes, size_t n,
                        struct rp_error *err);

/* ---- writing replies ------------------------------------------------------------------------ */

struct rp_wire_reply {
    const char *id, *model;   /* borrowed */
    int64_t created;          /* seconds since 1970, given by the caller */
    struct rp_value contents; /* list of text and call contents */
    struct rp_value
        updates; /* of a stream: list of lists of contents, in order; contents is then not used */
    const char *finish;    /* NULL: from the contents */
    struct rp_value usage; /* map as of rp_wire_event, or nil: zeros */
};
/* The whole reply as one JSON object. RP_ENOMEM, RP_ELIMIT. */
int rp_wire_write_whole(enum rp_dialect dialect, const struct rp_wire_reply *reply,
                        struct rp_buf *out);
/* Server-sent events of one reply, piece by piece: begin, each update, end (with the end marker of
 * the dialect). The state is the caller's. */
struct rp_wire_writer {
    enum rp_dialect dialect;
    const struct rp_wire_reply *reply; /* borrowed */
    int usage;                         /* chat: a usage chunk was asked for (stream_options) */
    uint32_t next;                     /* piece: 0 the beginning, i update i - 1 */
    uint32_t calls, items;             /* numbers given so far */
    int64_t sequence;
    int open; /* an item or block is open */
    size_t text_from;
};
void rp_wire_writer_init(struct rp_wire_writer *w, enum rp_dialect dialect,
                         const struct rp_wire_reply *reply);
/* Adds the bytes of the next piece: first what begins the stream, then one update a call, the
 * last one together with what ends it. *more 0: that was the last. RP_ENOMEM, RP_ELIMIT, RP_ETYPE
 * (neither text nor call): nothing has changed; RP_ESTATE: there is none left. */
int rp_wire_write_piece(struct rp_wire_writer *w, struct rp_buf *out, int *more);

/* An error as the dialect says it: body only. type NULL: from the status. */
int rp_wire_write_error(enum rp_dialect dialect, int status, const char *type, const char *text,
                        struct rp_buf *out);

#endif
