/* otlp_value.h - attributes and messages of traces, as values of ours and back. */
#ifndef RP_FORMATS_OTLP_VALUE_H
#define RP_FORMATS_OTLP_VALUE_H

#include "fields.h"

/* The value of the last attribute of that key in a list of attributes, out of its wrapping
 * ({"stringValue"} and so on); of a text that is a JSON object or array, that. Nil: there is none.
 * RP_ENOMEM. */
int rp_otlp_attribute(struct rp_import *im, struct rp_value attributes, const char *key,
                      struct rp_value *out);
/* What {"stringValue"} and so on hold. */
int rp_otlp_any(struct rp_import *im, struct rp_value any, int depth, struct rp_value *out);
/* v as the text that a model or a tool was given: a text as it is, else compact JSON. */
int rp_otlp_as_text(struct rp_import *im, struct rp_value v, struct rp_value *out);

/* A list of messages, of parts or of plain contents and tool_calls, added to messages. finish, of
 * the first one, where it is told; both NULL-able. place is for notes. */
int rp_otlp_messages(struct rp_import *im, struct rp_value list, struct rp_value *messages,
                     struct rp_value *finish, const char *place);
int rp_otlp_message(struct rp_import *im, struct rp_value v, const char *role,
                    struct rp_value *messages, struct rp_value *finish, const char *place);
/* Texts of parts, joined by line ends; nil when there are none. */
int rp_otlp_instructions(struct rp_import *im, struct rp_value v, struct rp_value *out);
/* Tool definitions as struct rp_wire_request has them. */
int rp_otlp_tools(struct rp_import *im, struct rp_value list, struct rp_value *out,
                  const char *place);

/* The URL of chat on that host, where nothing tells the whole URL. port 0: none is told. */
enum { RP_OTLP_URL = 300 };
void rp_otlp_url(const char *host, int64_t port, char out[RP_OTLP_URL]);

#endif
