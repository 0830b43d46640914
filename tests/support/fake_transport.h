/* fake_transport.h - a transport without a network: exchange k gets the pieces of answers[k], each
 * at its time after the start, in virtual time. What was asked of it is kept as text. */
#ifndef TESTS_FAKE_TRANSPORT_H
#define TESTS_FAKE_TRANSPORT_H

#include "mocks/transport.h"

enum { FAKE_OPEN = 16, FAKE_TEXT = 1 << 16 };

struct fake_piece {
    uint64_t at_ms; /* after the start */
    enum rp_piece_kind kind;
    int status;
    const char *headers; /* "Name: value\nName: value" */
    const char *bytes;   /* BYTES; FAILED: its text */
    enum rp_failure failure;
};

#define FAKE_HEAD(at, number, lines)                                                               \
    {                                                                                              \
        .at_ms = (at), .kind = RP_PIECE_HEAD, .status = (number), .headers = (lines)               \
    }
#define FAKE_BYTES(at, text)                                                                       \
    {                                                                                              \
        .at_ms = (at), .kind = RP_PIECE_BYTES, .bytes = (text)                                     \
    }
#define FAKE_END(at)                                                                               \
    {                                                                                              \
        .at_ms = (at), .kind = RP_PIECE_END                                                        \
    }
#define FAKE_FAILED(at, why, text)                                                                 \
    {                                                                                              \
        .at_ms = (at), .kind = RP_PIECE_FAILED, .failure = (why), .bytes = (text)                  \
    }

struct fake_answer {
    const struct fake_piece *pieces;
    size_t n;
};
#define FAKE_ANSWER(pieces)                                                                        \
    {                                                                                              \
        (pieces), sizeof(pieces) / sizeof(*(pieces))                                               \
    }

struct fake_open {
    uint32_t ticket;
    const struct fake_answer *answer;
    uint64_t start_ms;
    size_t told;
};

struct fake_transport {
    struct rp_alloc alloc;
    const struct fake_answer *answers; /* borrowed */
    size_t n_answers, asked;
    struct fake_open open[FAKE_OPEN];
    size_t n_open;
    int bodies;       /* headers and bodies are kept too, not only who asks when */
    int freed;        /* by its owner */
    int64_t position; /* what save saves: exchanges asked; load puts it back */
    struct rp_header headers[16];
    char room[1024];
    char text[FAKE_TEXT]; /* what was asked */
    size_t n;
};

/* It must stay where it is. An exchange beyond the last answer never ends. */
void fake_transport_init(struct fake_transport *f, const struct rp_alloc *alloc,
                         const struct fake_answer *answers, size_t n, struct rp_transport *out);

#endif
