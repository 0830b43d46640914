/* chat.h - the parts of the Chat Completions dialect, for each other. */
#ifndef RP_WIRE_CHAT_H
#define RP_WIRE_CHAT_H

#include "dialect.h"

/* chat_request.c, chat_ask.c */
int rp_chat_write_request(const struct rp_wire_request *request, struct rp_buf *out);
int rp_chat_read_request(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *root,
                         struct rp_wire_request *out);

/* chat_reply.c: what a message and a delta have in common. */
enum rp_chat_flag {
    RP_CHAT_ROLE = 1,
    RP_CHAT_FINISHED = 2,
    RP_CHAT_REFUSED = 4,
    RP_CHAT_SPOKE = 8
};
/* The text of content and refusal; *has 0: neither is there. What is put together of parts is in
 * r->own; else text is borrowed from the document. */
int rp_chat_text(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                 const struct rp_wire_at *message, struct rp_str *text, int *has);
int rp_chat_role(struct rp_wire_doc *doc, const struct rp_wire_at *message, int *has);
int rp_chat_usage(struct rp_wire_reader *r, struct rp_wire_doc *doc, const struct rp_wire_at *root);
/* The finish reason of a choice, in the names of wire.h; *has 0: none. */
int rp_chat_finish(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                   const struct rp_wire_at *choice, int *has);
/* The one choice there may be: *has 0 when there is none. */
int rp_chat_choice(struct rp_wire_doc *doc, const struct rp_wire_at *choices,
                   struct rp_wire_at *choice, int *has);
/* A text that counts as absent when it is empty (out->s NULL then). */
int rp_chat_word(struct rp_wire_doc *doc, const struct rp_wire_at *at, struct rp_str *out);
/* Refuses a call that is no function's. */
int rp_chat_call_type(struct rp_wire_doc *doc, const struct rp_wire_at *call);
int rp_chat_read_whole(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                       const struct rp_wire_at *root, struct rp_heap *h, struct rp_value *contents);

/* chat_call.c: which call a piece belongs to. */
int rp_chat_call_pieces(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                        const struct rp_wire_at *list);
int rp_chat_function_piece(struct rp_wire_reader *r, struct rp_wire_doc *doc,
                           const struct rp_wire_at *function);

/* chat_stream.c */
int rp_chat_read_mark(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str data,
                      int *is);
int rp_chat_read_event(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str name,
                       const struct rp_wire_at *root);
int rp_chat_read_end(struct rp_wire_reader *r, struct rp_wire_doc *doc);

/* chat_write.c */
/* ,"tool_calls":[...] when contents has calls; *calls numbers them, NULL: they have no index. */
int rp_chat_put_calls(struct rp_buf *out, struct rp_value contents, uint32_t *calls);
int rp_chat_write_whole(const struct rp_wire_reply *reply, struct rp_buf *out);
int rp_chat_write_piece(struct rp_wire_writer *w, struct rp_buf *out, int *more);
int rp_chat_write_error(int status, const char *type, const char *text, struct rp_buf *out);

#endif
