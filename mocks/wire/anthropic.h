/* anthropic.h - the parts of the Anthropic Messages dialect, for each other.
 *
 * The dialect has calls whose arguments are objects, while everywhere else they are a text that
 * need not be one. A text that is no JSON object is carried as {"INVALID_JSON": text}, as the
 * service's documentation proposes for handing such a text back to a model, and is that text again
 * when it is read. */
#ifndef RP_WIRE_ANTHROPIC_H
#define RP_WIRE_ANTHROPIC_H

#include "dialect.h"

/* anthropic.c */
const char *
rp_anthropic_finish(struct rp_str stop_reason);           /* in the names of wire.h; NULL: other */
const char *rp_anthropic_stop_reason(const char *finish); /* the finish itself: other */
/* Adds the object for these arguments, compact. */
int rp_anthropic_put_input(struct rp_buf *out, struct rp_str arguments);
/* Adds it as a JSON string of the object's text, the arguments as they are where they are one. */
int rp_anthropic_put_input_text(struct rp_buf *out, struct rp_str arguments);
/* Adds the arguments that an input, a map, stands for. */
int rp_anthropic_arguments(struct rp_wire_doc *doc, struct rp_value input, struct rp_buf *out);
/* The text inside {"INVALID_JSON": text}; s NULL when input is no such map. */
struct rp_str rp_anthropic_invalid(struct rp_value input);

/* anthropic_request.c, anthropic_ask.c */
int rp_anthropic_write_request(const struct rp_wire_request *request, struct rp_buf *out);
int rp_anthropic_read_request(struct rp_wire_doc *doc, struct rp_heap *h,
                              const struct rp_wire_at *root, struct rp_wire_request *out);

/* anthropic_reply.c: what a message and the events of a stream have in common. */
int rp_anthropic_usage(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                       const struct rp_wire_at *usage);
/* Sets the finish when there is one. */
int rp_anthropic_read_finish(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                             const struct rp_wire_at *stop_reason);
int rp_anthropic_role(struct rp_wire_doc *doc, const struct rp_wire_at *message);
/* What a block is; one that is passed over has its rule noted. */
int rp_anthropic_block_kind(struct rp_wire_doc *doc, const struct rp_wire_at *block,
                            enum rp_wire_item_kind *kind);
/* The id and the name of a call. */
int rp_anthropic_call_words(struct rp_wire_doc *doc, const struct rp_wire_at *block,
                            struct rp_wire_item *item);
int rp_anthropic_read_whole(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_wire_at *root, struct rp_heap *h,
                            struct rp_value *contents);

/* anthropic_stream.c */
int rp_anthropic_read_event(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str name,
                            const struct rp_wire_at *root);
int rp_anthropic_read_end(struct rp_wire_reader *r, struct rp_wire_doc *doc);

/* anthropic_write.c */
int rp_anthropic_write_whole(const struct rp_wire_reply *reply, struct rp_buf *out);
int rp_anthropic_write_piece(struct rp_wire_writer *w, struct rp_buf *out, int *more);
int rp_anthropic_write_error(int status, const char *type, const char *text, struct rp_buf *out);

#endif
