/* responses.c - the OpenAI Responses dialect as one table. */
#include "responses.h"
#include "typed.h"

/* Errors look alike in both of the service's dialects. */
static int write_error(int status, const char *type, const char *text, struct rp_buf *out)
{
    return rp_wire_chat.write_error(status, type, text, out);
}

const struct rp_wire_dialect rp_wire_responses = {
    .name = "responses",
    .path = "/responses",
    .write_request = rp_responses_write_request,
    .read_request = rp_responses_read_request,
    .read_whole = rp_responses_read_whole,
    .read_mark = rp_wire_typed_mark,
    .read_event = rp_responses_read_event,
    .read_end = rp_responses_read_end,
    .write_whole = rp_responses_write_whole,
    .write_piece = rp_responses_write_piece,
    .write_error = write_error,
};
