/* typed.h - what OpenAI Responses and Anthropic Messages have in common: events that say their
 * type, tools that are flat objects with one, the schema of an answer among other settings. */
#ifndef RP_WIRE_TYPED_H
#define RP_WIRE_TYPED_H

#include "dialect.h"

/* The type of an event: as its data say, or else its `event:` line. */
int rp_wire_typed_event(struct rp_wire_doc *doc, const struct rp_wire_at *event, struct rp_str name,
                        struct rp_str *type);
/* "[DONE]", which neither has, but some services send behind the end. */
int rp_wire_typed_mark(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str data,
                       int *is);

struct rp_wire_typed {
    const char *kind;       /* the type of a tool that is a function */
    int needs_kind;         /* it must be said */
    const char *parameters; /* the key of its parameters */
    int needs_parameters;
    const char *settings; /* the key of what holds the format of an answer */
};
/* The tools of a request; one of another type is kept as it is. */
int rp_wire_typed_tools(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *root,
                        const struct rp_wire_typed *typed, struct rp_value *out);
/* The format of the answer and the options: the entries of root but for those named; of the
 * settings what is not the format. */
int rp_wire_typed_options(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *root,
                          const struct rp_wire_typed *typed, const char *const *but,
                          struct rp_wire_request *out);

#endif
