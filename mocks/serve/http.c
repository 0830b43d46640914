/* http.c - owns the clock and the loop of a server: libmicrohttpd carries HTTP, in this one thread
 * and with its epoll in this loop; the core says what is answered, and when.
 *
 * libmicrohttpd alone takes about half as much again as the smallest epoll server that parses
 * nothing; reading the request and remembering it costs as much as that. So requests that come at
 * once are answered without further system calls, and only an idle loop polls. */
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 1000,
    LOOK_MS = 200,       /* how often it is looked whether a client that waits has gone */
    SWEEP_MS = 1000,     /* how often it is looked whether one keeps us waiting */
    UPSTREAM_MS = 5,     /* how long a service below is waited for at a time */
    PATIENCE_MS = 60000, /* unless it is told */
};

/* ---- time ---- */

static uint64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t rp_http_now(const struct rp_http *h)
{
    return (clock_ns() - h->start_ns) / 1000000;
}

/* ---- rings ---- */

void rp_http_ring(struct rp_http_link *l)
{
    l->next = l->before = l;
}

void rp_http_ring_add(struct rp_http_link *ring, struct rp_http_link *l)
{
    l->next = ring;
    l->before = ring->before;
    l->before->next = l;
    ring->before = l;
}

void rp_http_ring_take(struct rp_http_link *l)
{
    l->next->before = l->before;
    l->before->next = l->next;
    rp_http_ring(l);
}

int rp_http_alone(const struct rp_http_link *l)
{
    return l->next == l;
}

/* ---- the loop ---- */

static int has_gone(const struct rp_http_call *c)
{
    char byte;
    ssize_t n = c->of ? recv(c->of->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) : -1;

    return n == 0 || (n < 0 && c->of && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/* Wakes those whose answer goes on, and, when it is time to look, those whose client has gone. */
static int pump(struct rp_http *h, int look)
{
    for (struct rp_http_link *l = h->suspended.next, *next; l != &h->suspended; l = next) {
        struct rp_http_call *c = (struct rp_http_call *)(void *)l; /* its first member */
        int came = 0;
        next = l->next;
        if (look && has_gone(c))
            c->ended = c->broken = came = 1;
        else
            RP_TRY(rp_http_fetch(c, &came));
        if (came || h->closing)
            rp_http_resume(c);
    }
    return RP_OK;
}

/* Clients that take too long to say what they want are shown the door. */
static void sweep(struct rp_http *h)
{
    for (struct rp_http_link *l = h->connections.next; l != &h->connections; l = l->next) {
        const struct rp_http_connection *of = (const struct rp_http_connection *)(const void *)l;
        if (!of->busy && rp_http_now(h) - of->since_ms > h->o.patience_ms)
            shutdown(of->fd, SHUT_RDWR);
    }
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How long nothing needs to be done, in milliseconds; UINT64_MAX: for ever. */
static uint64_t idle_for(struct rp_http *h)
{
    MHD_UNSIGNED_LONG_LONG own;
    uint64_t wait = UINT64_MAX;

    if (MHD_get_timeout(h->daemon, &own) == MHD_YES)
        wait = own;
    if (!rp_http_alone(&h->connections))
        wait = least(wait, SWEEP_MS);
    if (!rp_http_alone(&h->suspended)) {
        uint64_t due = rp_serve_due(h->core), at = rp_http_now(h);
        wait = least(wait, LOOK_MS);
        wait = least(wait, due > at ? due - at : 0);
    }
    return wait;
}

static int wait_for_work(struct rp_http *h)
{
    struct pollfd fds[] = {{.fd = h->epoll, .events = POLLIN},
                           {.fd = h->wake[0], .events = POLLIN}};
    int upstream = rp_serve_waits(h->core);
    uint64_t wait = upstream ? 0 : idle_for(h), at = rp_http_now(h);

    if (poll(fds, 2, wait > 60000 ? 60000 : (int)wait) < 0 && errno != EINTR)
        return RP_EIO;
    if (upstream && !(fds[0].revents & POLLIN))
        return rp_serve_wait(h->core, at + UPSTREAM_MS, at);
    return RP_OK;
}

static int is_done(const struct rp_http *h)
{
    return atomic_load(&h->stop) ||
           (h->o.requests > 0 && rp_serve_count(h->core) >= h->o.requests && h->n_calls == 0);
}

static int loop(struct rp_http *h)
{
    uint64_t looked = 0, swept = 0, steps = UINT64_MAX;

    while (!is_done(h)) {
        uint64_t at;
        if (steps == h->steps) /* else there may be more to do at once */
            RP_TRY(wait_for_work(h));
        steps = h->steps;
        if (MHD_run(h->daemon) != MHD_YES)
            return RP_EIO;
        if (rp_http_alone(&h->suspended) && rp_http_alone(&h->connections))
            continue;
        at = rp_http_now(h);
        RP_TRY(pump(h, at - looked >= LOOK_MS));
        looked = at - looked >= LOOK_MS ? at : looked;
        if (at - swept >= SWEEP_MS)
            sweep(h);
        swept = at - swept >= SWEEP_MS ? at : swept;
    }
    return RP_OK;
}

int rp_http_run(struct rp_http *h, struct rp_error *err)
{
    int rc = loop(h);

    if (rc == RP_ENOMEM)
        return rp_fail_at(err, rc, "", "out of memory");
    if (rc != RP_OK)
        return rp_fail_at(err, rc, "", "the server cannot go on: %s", strerror(errno));
    return RP_OK;
}

void rp_http_stop(struct rp_http *h)
{
    int was = errno;
    ssize_t n;

    atomic_store(&h->stop, 1);
    n = write(h->wake[1], "", 1);

    (void)n; /* a full pipe wakes as well */
    errno = was;
}

/* ---- life ---- */

static int start_daemon(struct rp_http *h, struct rp_error *err)
{
    const union MHD_DaemonInfo *epoll;

    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, NULL, NULL,
        rp_http_on_request, h, MHD_OPTION_LISTEN_SOCKET, h->listener, MHD_OPTION_URI_LOG_CALLBACK,
        rp_http_on_target, h, MHD_OPTION_NOTIFY_COMPLETED, rp_http_on_completed, h,
        MHD_OPTION_NOTIFY_CONNECTION, rp_http_on_connection, h, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)RP_HTTP_HEADER_BYTES, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(h->o.patience_ms / 1000 + 1),
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    epoll = h->daemon ? MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!epoll)
        return rp_fail_at(err, RP_EIO, "", "libmicrohttpd cannot be set up: %s", strerror(errno));
    h->epoll = epoll->epoll_fd;
    return RP_OK;
}

static int set_up(struct rp_http *h, struct rp_error *err)
{
    if (pipe(h->wake) != 0) {
        h->wake[0] = h->wake[1] = -1;
        return rp_fail_at(err, RP_EIO, "", "no pipe can be made: %s", strerror(errno));
    }
    fcntl(h->wake[1], F_SETFL, O_NONBLOCK);
    RP_TRY(rp_http_listen(h, err));
    return start_daemon(h, err);
}

int rp_http_new(const struct rp_alloc *alloc, struct rp_serve *core,
                const struct rp_http_opts *opts, struct rp_http **out, struct rp_error *err)
{
    struct rp_http *h = alloc->resize(alloc->ctx, NULL, 0, sizeof(*h));
    int rc;

    if (!h)
        return RP_ENOMEM;
    *h = (struct rp_http){
        .alloc = *alloc, .core = core, .o = *opts, .listener = -1, .wake = {-1, -1}};
    if (h->o.patience_ms == 0)
        h->o.patience_ms = PATIENCE_MS;
    if (h->o.body_max == 0)
        h->o.body_max = RP_SERVE_BODY_MAX;
    h->start_ns = clock_ns();
    rp_http_ring(&h->connections);
    rp_http_ring(&h->suspended);
    rc = set_up(h, err);
    if (rc != RP_OK) {
        rp_http_free(h);
        return rc;
    }
    *out = h;
    return RP_OK;
}

/* libmicrohttpd must not be stopped while connections are suspended: they are told to break. */
static void stop_daemon(struct rp_http *h)
{
    h->closing = 1;
    while (!rp_http_alone(&h->suspended)) {
        struct rp_http_call *c = (struct rp_http_call *)(void *)h->suspended.next;
        c->ended = c->broken = 1;
        rp_http_resume(c);
    }
    MHD_run(h->daemon);
    MHD_stop_daemon(h->daemon); /* closes the listener */
}

void rp_http_free(struct rp_http *h)
{
    if (!h)
        return;
    if (h->daemon)
        stop_daemon(h);
    else if (h->listener >= 0)
        close(h->listener);
    for (int i = 0; i < 2; i++)
        if (h->wake[i] >= 0)
            close(h->wake[i]);
    rp_http_free_calls(h);
    h->alloc.resize(h->alloc.ctx, h, sizeof(*h), 0);
}

uint16_t rp_http_port(const struct rp_http *h)
{
    return h->port;
}
