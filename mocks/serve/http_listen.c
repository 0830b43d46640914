/* http_listen.c - owns the address that a server listens at. */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

/* The address as the system has it. RP_EARG. */
static int address_of(const char *text, uint16_t port, struct sockaddr_storage *out,
                      socklen_t *size)
{
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)out;

    memset(out, 0, sizeof(*out));
    if (!text || strcmp(text, "localhost") == 0)
        text = "127.0.0.1";
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        *size = sizeof(*four);
        return RP_OK;
    }
    if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1)
        return RP_EARG;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    *size = sizeof(*six);
    return RP_OK;
}

int rp_http_is_loopback(const char *address)
{
    struct sockaddr_storage at;
    const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)&at;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)&at;
    socklen_t size;

    if (address_of(address, 0, &at, &size) != RP_OK)
        return -1;
    if (at.ss_family == AF_INET)
        return ntohl(four->sin_addr.s_addr) >> 24 == 127;
    return memcmp(&six->sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
}

static uint16_t port_of(int listener)
{
    struct sockaddr_storage at;
    socklen_t size = sizeof(at);

    if (getsockname(listener, (struct sockaddr *)(void *)&at, &size) != 0)
        return 0;
    if (at.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)(void *)&at)->sin_port);
    return ntohs(((struct sockaddr_in6 *)(void *)&at)->sin6_port);
}

int rp_http_listen(struct rp_http *h, struct rp_error *err)
{
    const char *address = h->o.address ? h->o.address : "127.0.0.1";
    struct sockaddr_storage at;
    socklen_t size;
    int one = 1;

    if (address_of(address, h->o.port, &at, &size) != RP_OK)
        return rp_fail_at(err, RP_EARG, address,
                          "not a numeric address; expected something like "
                          "127.0.0.1 or ::1");
    h->listener = socket(at.ss_family, SOCK_STREAM, 0);
    if (h->listener < 0 ||
        setsockopt(h->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        fcntl(h->listener, F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(h->listener, F_SETFD, FD_CLOEXEC) != 0 ||
        bind(h->listener, (struct sockaddr *)(void *)&at, size) != 0 ||
        listen(h->listener, 512) != 0)
        return rp_fail_at(err, RP_EIO, address, "cannot listen on port %d: %s%s", (int)h->o.port,
                          strerror(errno),
                          errno == EADDRINUSE ? "; take another one, or 0 for any" : "");
    h->port = port_of(h->listener);
    return RP_OK;
}
