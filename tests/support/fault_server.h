/* fault_server.h - a service that answers exactly the bytes that it is told to, and breaks off as
 * it is told to: on loopback, in a thread, on a port that the kernel chooses. It lives no longer
 * than the test, and at most a minute. */
#ifndef TESTS_FAULT_SERVER_H
#define TESTS_FAULT_SERVER_H

#include <stddef.h>
#include <stdint.h>

enum fault_end {
    FAULT_KEEP,  /* the connection waits for the next request */
    FAULT_CLOSE, /* it is closed in good order */
    FAULT_RESET, /* it is reset */
    FAULT_HOLD   /* nothing more comes until the client goes away */
};

struct fault_answer { /* to one request */
    const char *head; /* sent first */
    const char *body; /* then this */
    size_t n_body;    /* 0: up to its NUL */
    uint64_t times;   /* so often; 0: once */
    size_t step;      /* bytes of one sending; 0: as many as go */
    enum fault_end end;
};

struct fault_server;
/* Answers request k with answers[k], whatever it is; what comes after the last is closed without an
 * answer. Both borrowed until the stop. */
struct fault_server *fault_server_start(const struct fault_answer *answers, size_t n);
/* Ends it. */
void fault_server_stop(struct fault_server *s);
/* "http://127.0.0.1:PORT" */
const char *fault_server_url(const struct fault_server *s);
/* The k-th request as it came, its head and body; NULL: there was none. To be asked when it was
 * answered. */
const char *fault_server_request(struct fault_server *s, size_t k);
size_t fault_server_requests(struct fault_server *s);

/* An address where nobody listens, kept so until the given socket is closed. */
int fault_nobody(char *url, size_t n);

#endif
