/* chat.c - the Chat Completions dialect as one table. */
#include "chat.h"

const struct rp_wire_dialect rp_wire_chat = {
    .name = "chat",
    .path = "/chat/completions",
    .write_request = rp_chat_write_request,
    .read_request = rp_chat_read_request,
    .read_whole = rp_chat_read_whole,
    .read_mark = rp_chat_read_mark,
    .read_event = rp_chat_read_event,
    .read_end = rp_chat_read_end,
    .write_whole = rp_chat_write_whole,
    .write_piece = rp_chat_write_piece,
    .write_error = rp_chat_write_error,
};
