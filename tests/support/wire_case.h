/* wire_case.h - cases of a dialect, each a body and what must come of it: replies read at every
 * split, requests read and written, replies written. Values live in the heap of values.h. */
#ifndef TESTS_WIRE_CASE_H
#define TESTS_WIRE_CASE_H

#include "mocks/wire/wire.h"

/* The story (wire_read.h) of a reply's body: whole, at every split in two, and byte by byte. */
void wire_reads(enum rp_dialect dialect, int stream, const char *body, const char *story);

/* The request is written as this body, which is written the same when it was read. */
void wire_asks(enum rp_dialect dialect, const struct rp_wire_request *request, const char *body);
/* The body is read, and written as in that dialect; there it stays the same from then on. */
void wire_asks_as(enum rp_dialect dialect, const char *body, enum rp_dialect other,
                  const char *expected);
/* The body is refused: "where: text". */
void wire_ask_refused(enum rp_dialect dialect, const char *body, const char *expected);

/* The reply as bytes; read again it is the same in the story told. */
void wire_answers(enum rp_dialect dialect, int stream, const struct rp_wire_reply *reply,
                  const char *body, const char *story);

/* Reading the body, and writing it again, at every failing allocation. */
void wire_sweeps_reply(enum rp_dialect dialect, int stream, const char *body);
void wire_sweeps_request(enum rp_dialect dialect, const char *body);

/* Contents and messages. */
struct rp_value case_text(const char *text);
struct rp_value case_call(const char *id, const char *name, const char *arguments);
struct rp_value case_result(const char *id, const char *text, int is_error);
struct rp_value case_list(unsigned n, ...);
struct rp_value case_message(enum rp_role role, unsigned n, ...);

#endif
