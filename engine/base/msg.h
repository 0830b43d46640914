/* msg.h - making and reading messages, contents, responses and updates; folding of a stream; the
 * JSON form that traces and wires show. All values live in the given heap and are immutable. */
#ifndef RP_MSG_H
#define RP_MSG_H

#include "buf.h"
#include "type.h"

enum rp_role { RP_USER, RP_ASSISTANT, RP_TOOL, RP_SYSTEM };
const char *rp_role_name(int64_t role);

/* Each gives RP_BAD when there is no memory, also when a part is RP_BAD. author NULL-able: pass
 * rp_nil() for none. contents: a list of content records. */
struct rp_value rp_message(struct rp_heap *h, enum rp_role role, struct rp_value author,
                           struct rp_value contents);
/* A message with one text content; an empty text is kept as an empty content. */
struct rp_value rp_text_message(struct rp_heap *h, enum rp_role role, struct rp_value author,
                                struct rp_value text);
struct rp_value rp_user_message(struct rp_heap *h, const char *text);
struct rp_value rp_content_text(struct rp_heap *h, struct rp_value text);
struct rp_value rp_content_call(struct rp_heap *h, struct rp_value id, struct rp_value name,
                                struct rp_value arguments);
struct rp_value rp_content_result(struct rp_heap *h, struct rp_value id, struct rp_value text,
                                  int is_error);
struct rp_value rp_approval_request(struct rp_heap *h, struct rp_value call);
struct rp_value rp_approval_response(struct rp_heap *h, struct rp_value call, int approved);
struct rp_value rp_response(struct rp_heap *h, struct rp_value messages, struct rp_value usage);
struct rp_value rp_update(struct rp_heap *h, enum rp_role role, struct rp_value author,
                          struct rp_value contents);
struct rp_value rp_agent_request(struct rp_heap *h, struct rp_value messages, int should_respond);
/* What a participant answers an orchestration with: executor is its id; conversation what was said,
 * its response included. */
struct rp_value rp_agent_response(struct rp_heap *h, const char *executor,
                                  struct rp_value response, struct rp_value conversation);
/* A record of user type k (0 to 15), see RP_T_USER. */
struct rp_value rp_user_value(struct rp_heap *h, unsigned k, struct rp_value value);

/* A text of n bytes, still zero: its maker fills them before anyone else sees it. RP_BAD without
 * memory or over RP_TEXT_MAX. */
struct rp_value rp_text_room(struct rp_heap *h, size_t n);

/* Text parts joined by a space (R-SES-3); of one part, that part itself. RP_BAD without memory. */
struct rp_value rp_message_text(struct rp_heap *h, struct rp_value message);
/* The messages' texts without separator. */
struct rp_value rp_messages_text(struct rp_heap *h, struct rp_value messages);
/* The same as bytes, for tests on it without allocation: the text where the message has just one
 * text part (or none: an empty text) and *has_one 1; else NULL and 0, and the caller makes it with
 * rp_message_text. */
const struct rp_text *rp_message_only_text(struct rp_value message, int *has_one);

/* R-ORC-5: of each message the non-empty text parts joined by a space; messages left empty are
 * dropped; role and author stay. Messages that are so already are shared. */
int rp_clean(struct rp_heap *h, struct rp_value messages, struct rp_value *out);
/* Text, message, list of those -> list of messages (text becomes a user message). RP_ETYPE. */
int rp_messages_of(struct rp_heap *h, struct rp_value v, struct rp_value *out);

/* Adds an update to the messages folded so far (R-TOOL-11): a new message when the role changes
 * or both message ids are set and differ; adjacent texts join; calls with the same id merge.
 * `ids` is a list beside `messages` holding the message id of each (nil: none). */
int rp_fold(struct rp_heap *h, struct rp_value *messages, struct rp_value *ids,
            struct rp_value update);
/* The messages that a whole list of updates folds to; takes time in proportion to their size. */
int rp_fold_all(struct rp_heap *h, struct rp_value updates, struct rp_value *messages);
/* messages, with the author set in each that has none (R-TOOL-10). Shares what is unchanged. */
int rp_with_author(struct rp_heap *h, struct rp_value messages, struct rp_value author,
                   struct rp_value *out);

#endif
