/* responses.h - the parts of the OpenAI Responses dialect, for each other. */
#ifndef RP_WIRE_RESPONSES_H
#define RP_WIRE_RESPONSES_H

#include "dialect.h"

/* responses_request.c, responses_ask.c */
int rp_responses_write_request(const struct rp_wire_request *request, struct rp_buf *out);
int rp_responses_read_request(struct rp_wire_doc *doc, struct rp_heap *h,
                              const struct rp_wire_at *root, struct rp_wire_request *out);

/* Flags of the reader. */
enum { RP_RESPONSES_REFUSED = 1, RP_RESPONSES_BEGUN = 2 };

/* responses_reply.c */
/* Where a response has come to: its error or status, how it finished, its usage. status: what
 * holds when it names none; NULL: none is known. To be called when its output was read. */
int rp_responses_end(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                     const struct rp_wire_at *response, const char *status);
/* The text of a part of a message: *has 0 for a part of another kind, which is passed over. */
int rp_responses_part(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                      const struct rp_wire_at *part, struct rp_wire_at *text, int *has);
/* An item that is neither message nor call: passed over by its rule. */
int rp_responses_other_item(struct rp_wire_doc *doc, const struct rp_wire_at *item);
int rp_responses_read_whole(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_wire_at *root, struct rp_heap *h,
                            struct rp_value *contents);

/* responses_item.c: which item a piece belongs to, and whether what is told twice is the same. */
struct rp_responses_place {
    struct rp_str id;    /* of the item; "" without */
    int64_t index, part; /* output_index and content_index; -1 without */
};
/* The place that an event names. */
int rp_responses_place(struct rp_wire_doc *doc, const struct rp_wire_at *event,
                       struct rp_responses_place *out);
/* A piece of a text, or of a call's arguments. */
int rp_responses_text_piece(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_responses_place *place, const struct rp_wire_at *piece);
int rp_responses_arguments_piece(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                                 const struct rp_responses_place *place,
                                 const struct rp_wire_at *piece);
/* How far the one who tells something whole has come. */
enum rp_responses_when { RP_RESPONSES_BEGINS, RP_RESPONSES_DONE, RP_RESPONSES_FINAL };
/* A text told whole: that of its pieces, or, when there were none, said now. */
int rp_responses_text_whole(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_responses_place *place, const struct rp_wire_at *text,
                            enum rp_responses_when when);
/* A call told whole, as an item or by the event that ends its arguments. */
int rp_responses_call_whole(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                            const struct rp_responses_place *place, const struct rp_wire_at *call,
                            enum rp_responses_when when);

/* responses_stream.c */
int rp_responses_read_event(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str name,
                            const struct rp_wire_at *root);
int rp_responses_read_end(struct rp_wire_reader *r, struct rp_wire_doc *doc);

/* responses_write.c */
int rp_responses_write_whole(const struct rp_wire_reply *reply, struct rp_buf *out);
int rp_responses_write_piece(struct rp_wire_writer *w, struct rp_buf *out, int *more);

#endif
