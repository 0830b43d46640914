/* network_none.c - of reprise, which has no network: finds out whether one is needed, and hands
 * over to reprise-net. Stands in for what opens connections, so that none of it is linked. */
#include "cli.h"
#include "cmd.h"
#include "mocks/curl.h"
#include "network.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int is(const char *word, const char *option)
{
    size_t n = strlen(option);

    return strncmp(word, option, n) == 0 && (word[n] == '\0' || word[n] == '=');
}

/* --mode with anything but none. */
static int is_live_mode(int argc, char **argv, int i)
{
    const char *mode = strchr(argv[i], '=');

    mode = mode ? mode + 1 : i + 1 < argc ? argv[i + 1] : "none";
    return strcmp(mode, "none") != 0;
}

static int needs_network(int argc, char **argv)
{
    if (argc < 2)
        return 0;
    if (strcmp(argv[1], "serve") == 0 || strcmp(argv[1], "record") == 0)
        return 1;
    if (strcmp(argv[1], "bench") == 0)
        return argc > 2 && strcmp(argv[2], "W7") == 0;
    for (int i = 2; i < argc; i++)
        if (is(argv[i], "--base-url") || (is(argv[i], "--mode") && is_live_mode(argc, argv, i)))
            return 1;
    return 0;
}

int rp_network_enter(int argc, char **argv)
{
    static const char name[] = "reprise-net";
    char path[4096];
    ssize_t n;

    if (!needs_network(argc, argv))
        return -1;
    n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(name));
    while (n > 0 && path[n - 1] != '/')
        n--;
    if (n > 0) {
        memcpy(path + n, name, sizeof(name));
        execv(path, argv);
    }
    fprintf(stderr,
            "reprise: %s: cannot be started: %s; it belongs beside reprise and does what needs a "
            "network\n",
            n > 0 ? path : name, strerror(errno));
    return RP_EXIT_BAD;
}

/* ---- in place of what is not linked; nobody gets here ---------------------------------------- */

int rp_cmd_serve(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return RP_EXIT_BAD;
}

int rp_curl_new(const struct rp_alloc *alloc, const struct rp_curl_opts *opts,
                struct rp_transport *out)
{
    (void)alloc;
    (void)opts;
    (void)out;
    return RP_ECLIENT;
}
