/* test_canaries.c - a thousand secrets, each with a number, are sent through a recorder in every
 * place that redaction knows, and others are deleted, replaced and redacted afterwards: at no
 * moment does one stand in any byte of the cassette or of a file beside it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cassette_ground.h"
#include "tests/support/cm.h"

enum { CANARIES = 1000, PLACES = 20 };

/* Every canary has this in it, and its number behind it; none of them can hide without it. */
#define MARKER "Kq7ZcY"

/* The marker as it may be written: in base64 at its three places, in percent signs, in JSON. What
 * of the letters at its ends depends on its neighbours is left out. */
static const char *const written[] = {MARKER,
                                      "S3E3WmNZ",
                                      "txN1pjW",
                                      "LcTdaY1",
                                      "%4B%71%37%5A%63%59",
                                      "%4b%71%37%5a%63%59",
                                      "\\u004b\\u0071\\u0037\\u005a\\u0063\\u0059"};

/* Prints into a room that is large enough for it. */
static size_t put(char *to, size_t room, const char *format, ...)
{
    va_list given;
    int n;

    va_start(given, format);
    n = vsnprintf(to, room, format, given);
    va_end(given);
    assert_true(n >= 0 && (size_t)n < room);
    return (size_t)n;
}

static const char *find(const char *s, const char *end, const char *part)
{
    size_t n = strlen(part);

    for (; (size_t)(end - s) >= n && (s = memchr(s, part[0], (size_t)(end - s) - n + 1)); s++)
        if (memcmp(s, part, n) == 0)
            return s;
    return NULL;
}

/* ---- canaries ---- */

static char canary[CANARIES][120];

/* Shapes that each place knows how to find; those of text: rules have all that escaping hurts. */
static void hatch(void)
{
    static const char *const tails[] = {"",
                                        "/a+b=",
                                        " with spaces",
                                        "\"quoted\\\"",
                                        "%41&x=y",
                                        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa4",
                                        "{[]}",
                                        "<tag>'"};

    for (int i = 0; i < CANARIES; i++) {
        int place = i % PLACES;
        if (place == 6)
            put(canary[i], sizeof(canary[i]), "tok_" MARKER "%04dabcdef", i);
        else if (place < 6 || place == 9 || place == 14)
            put(canary[i], sizeof(canary[i]), MARKER "-%04d-%x", i, (unsigned)i * 2654435761u);
        else
            put(canary[i], sizeof(canary[i]), MARKER "%04d%s%x", i,
                tails[(i / PLACES) % (int)(sizeof(tails) / sizeof(*tails))],
                (unsigned)i * 2654435761u);
    }
}

static int has_rule_of_its_own(int i)
{
    int place = i % PLACES;

    return place == 7 || place == 8 || (place >= 10 && place != 14 && place != 6);
}

static struct rp_redact *make_rules(const struct rp_alloc *memory)
{
    static const char *const rules[] = {"header:x-tenant", "key:pin", "json:/user/*/name",
                                        "pattern:\\<tok_[A-Za-z0-9]{10,}", "query:who"};
    struct rp_redact *r;
    char rule[200];

    assert_int_equal(rp_redact_new(memory, rules, 5, &r, NULL), RP_OK);
    for (int i = 0; i < CANARIES; i++)
        if (has_rule_of_its_own(i)) {
            put(rule, sizeof(rule), "text:%s", canary[i]);
            assert_int_equal(rp_redact_add(r, rule, NULL), RP_OK);
        }
    return r;
}

/* ---- ways of writing ---- */

static void percent(const char *s, int all, char *out)
{
    for (; *s; s++) {
        int plain =
            (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');
        out += put(out, 4, !all && plain ? "%c" : "%%%02X", (unsigned char)*s);
    }
    *out = '\0';
}

static void base64(const char *s, size_t n, char *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned char)s[i] * 65536u;
        v += i + 1 < n ? (unsigned char)s[i + 1] * 256u : 0;
        v += i + 2 < n ? (unsigned char)s[i + 2] : 0;
        *out++ = letters[v >> 18];
        *out++ = letters[v >> 12 & 63];
        *out++ = i + 1 < n ? letters[v >> 6 & 63] : '=';
        *out++ = i + 2 < n ? letters[v & 63] : '=';
    }
    *out = '\0';
}

/* As a JSON string, without its quotes; twice: a string in a string. */
static void escape(const char *s, int twice, char *out)
{
    struct rp_alloc memory = rp_alloc_libc();
    struct rp_buf once, again;

    rp_buf_init(&once, &memory, SIZE_MAX / 2);
    rp_buf_init(&again, &memory, SIZE_MAX / 2);
    assert_int_equal(rp_json_write_str(&once, rp_str(s)), RP_OK);
    assert_int_equal(rp_json_write_str(&again, rp_str(once.s)), RP_OK);
    if (twice) {
        memcpy(out, again.s + 1, again.n - 2);
        out[again.n - 2] = '\0';
    } else {
        memcpy(out, once.s + 1, once.n - 2);
        out[once.n - 2] = '\0';
    }
    rp_buf_free(&once);
    rp_buf_free(&again);
}

/* ---- exchanges ---- */

struct letter { /* one interaction; everything stands in its room */
    struct rp_interaction i;
    struct rp_header asked[2], got[2];
    struct rp_body_chunk chunks[64];
    char url[600], header[300], request[4000], body[8000], failure[300];
};

static void cut_evenly(struct letter *x, size_t each)
{
    size_t n = strlen(x->body);

    x->i.n_chunks = 0;
    for (size_t at = 0; at < n; at += each)
        x->chunks[x->i.n_chunks++] = (struct rp_body_chunk){n - at < each ? n - at : each, 1000};
    assert_true(x->i.n_chunks <= 64);
}

/* The secret as the deltas of a stream, three bytes each; no byte of a character is alone. */
static void stream(struct letter *x, const char *secret)
{
    size_t n = 0;

    for (const char *s = secret; *s;) {
        char piece[16], escaped[100];
        size_t k = 0;
        while (s[k] && (k < 3 || ((unsigned char)s[k] & 0xc0) == 0x80))
            k++;
        memcpy(piece, s, k);
        piece[k] = '\0';
        s += k;
        escape(piece, 0, escaped);
        n += put(x->body + n, sizeof(x->body) - n,
                 "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n", escaped);
    }
    put(x->body + n, sizeof(x->body) - n, "data: [DONE]\n\n");
}

/* As they are, where a rule names the place. */
static void write_plainly(struct letter *x, int place, const char *s)
{
    switch (place) {
    case 0:
        x->asked[0] = (struct rp_header){"Authorization", x->header};
        put(x->header, sizeof(x->header), "Bearer %s", s);
        put(x->body, sizeof(x->body), "the key %s is wrong", s); /* a service that echoes */
        break;
    case 1:
        x->asked[0] = (struct rp_header){"X-Tenant", x->header};
        put(x->header, sizeof(x->header), "%s", s);
        break;
    case 2:
        x->got[0] = (struct rp_header){"Set-Cookie", x->header};
        put(x->header, sizeof(x->header), "sid=%s; Path=/", s);
        break;
    case 3:
        put(x->request, sizeof(x->request), "{\"a\":[{\"pin\":\"%s\"}],\"t\":\"pin %s\"}", s, s);
        break;
    case 4:
        put(x->body, sizeof(x->body), "{\"login\":{\"Password\" : \"%s\"}}", s);
        break;
    case 5:
        put(x->request, sizeof(x->request), "{\"user\":[{\"name\":\"%s\"}]}", s);
        break;
    case 6:
        put(x->request, sizeof(x->request), "{\"text\":\"see %s, or\"}", s);
        put(x->body, sizeof(x->body), "%s\n", s);
        break;
    case 7:
        put(x->body, sizeof(x->body), "cut into pieces: %s.", s);
        break;
    case 8:
        stream(x, s);
        break;
    case 9:
        put(x->url, sizeof(x->url), "http://h/v1?a=1&who=%s&b=2", s);
        break;
    default:
        put(x->url, sizeof(x->url), "http://me:%s@h/v1", s);
    }
}

/* Encoded in another way. */
static void write_encoded(struct letter *x, int place, const char *s)
{
    char text[1000], more[1500];

    switch (place) {
    case 10:
        percent(s, 0, text);
        put(x->url, sizeof(x->url), "http://h/v1/%s/x?y=%s", text, text);
        break;
    case 11:
    case 12:
    case 13: /* in base64, at each of its three places */
        put(more, sizeof(more), "%.*s%s and more", place - 11, "xx", s);
        base64(more, strlen(more), text);
        put(x->request, sizeof(x->request), "{\"image\":\"data:x;base64,%s\"}", text);
        x->asked[0] = (struct rp_header){"X-Blob", x->header};
        put(x->header, sizeof(x->header), "%s", text);
        break;
    case 15:
        escape(s, 0, text);
        put(x->request, sizeof(x->request), "{\"text\":\"so: %s\",\"%s\":1}", text, text);
        break;
    case 16:
        escape(s, 1, text);
        put(x->body, sizeof(x->body), "{\"arguments\":\"{\\\"q\\\":\\\"%s\\\"}\"}", text);
        break;
    case 17:
        percent(s, 1, text);
        put(x->request, sizeof(x->request), "{\"link\":\"http://x/?q=%s\"}", text);
        break;
    case 18:
        put(x->failure, sizeof(x->failure), "no host %s", s);
        x->i.failure = RP_FAILURE_RESOLVE;
        x->i.failure_text = x->failure;
        break;
    default: /* in base64 of JSON, and the reply is cut in the middle of a string */
        escape(s, 0, text);
        put(more, sizeof(more), "{\"q\":\"%s\"}", text);
        base64(more, strlen(more), text);
        put(x->request, sizeof(x->request), "{\"state\":\"%s\"}", text);
        escape(s, 0, text);
        put(x->body, sizeof(x->body), "{\"text\":\"as you say, %s", text);
    }
}

static void write_letter(struct letter *x, int number)
{
    int place = number % PLACES;

    memset(x, 0, sizeof(*x));
    x->asked[0] = x->asked[1] = x->got[0] = x->got[1] = (struct rp_header){"X-None", "-"};
    put(x->url, sizeof(x->url), "http://h/v1/chat");
    put(x->request, sizeof(x->request), "{\"n\":%d}", number % 7);
    put(x->body, sizeof(x->body), "{}");
    if (place < 10 || place == 14)
        write_plainly(x, place, canary[number]);
    else
        write_encoded(x, place, canary[number]);
    cut_evenly(x, strlen(x->body) > 300 ? 97 : 5);
    x->i = (struct rp_interaction){.lane = "w",
                                   .order = number + 1,
                                   .method = "POST",
                                   .url = x->url,
                                   .request_headers = x->asked,
                                   .n_request_headers = 2,
                                   .request = x->request,
                                   .n_request = strlen(x->request),
                                   .status = x->i.failure ? 0 : 200,
                                   .headers = x->got,
                                   .n_headers = 2,
                                   .body = x->body,
                                   .n_body = strlen(x->body),
                                   .chunks = x->chunks,
                                   .n_chunks = x->i.n_chunks,
                                   .failure = x->i.failure,
                                   .failure_text = x->i.failure_text};
}

/* ---- a service that sends them ---- */

struct service {
    struct letter letter;
    int next; /* piece */
};

static int service_start(void *self, const struct rp_exchange *x, uint64_t now, uint32_t *ticket)
{
    struct service *s = self;

    (void)now;
    write_letter(&s->letter, (int)x->order - 1);
    s->next = s->letter.i.status == 0 ? -1 : 0;
    *ticket = 1;
    return RP_OK;
}

static int service_poll(void *self, uint32_t ticket, uint64_t now, struct rp_piece *out)
{
    struct service *s = self;
    const struct rp_interaction *i = &s->letter.i;
    size_t at = 0;

    (void)ticket;
    (void)now;
    *out = (struct rp_piece){.kind = RP_PIECE_FAILED, .failure = i->failure};
    if (s->next < 0) {
        put(out->text, sizeof(out->text), "%s", i->failure_text);
        return RP_OK;
    }
    if (s->next == 0)
        *out = (struct rp_piece){
            .kind = RP_PIECE_HEAD, .status = 200, .headers = i->headers, .n_headers = 2};
    else if ((size_t)s->next > i->n_chunks)
        *out = (struct rp_piece){.kind = RP_PIECE_END};
    for (int k = 0; k + 1 < s->next && (size_t)k < i->n_chunks; k++)
        at += i->chunks[k].n;
    if (s->next > 0 && (size_t)s->next <= i->n_chunks)
        *out = (struct rp_piece){
            .kind = RP_PIECE_BYTES, .bytes = i->body + at, .n = i->chunks[s->next - 1].n};
    s->next++;
    return RP_OK;
}

static uint64_t service_due(void *self)
{
    (void)self;
    return 0;
}

static void service_cancel(void *self, uint32_t ticket)
{
    (void)self;
    (void)ticket;
}

static void service_free(void *self)
{
    (void)self;
}

static const struct rp_transport_ops service_ops = {.start = service_start,
                                                    .poll = service_poll,
                                                    .due = service_due,
                                                    .cancel = service_cancel,
                                                    .free = service_free};

/* ---- looking ---- */

/* The first canary in the file, as it stands there; NULL when there is none or no file. */
static const char *seen_in(const char *path)
{
    static char what[200];
    const char *found = NULL;
    static char s[4 << 20];
    FILE *f = fopen(path, "rb");
    size_t n;

    if (!f)
        return NULL;
    n = fread(s, 1, sizeof(s), f);
    fclose(f);
    for (size_t i = 0; i < sizeof(written) / sizeof(*written) && !found; i++) {
        found = find(s, s + n, written[i]);
        if (found)
            put(what, sizeof(what), "%.60s", found);
    }
    return found ? what : NULL;
}

static const char *seen_at(const char *path)
{
    static const char *const beside[] = {"", "-journal", "-wal", "-shm"};
    char name[400];

    for (size_t i = 0; i < 4; i++) {
        const char *what;
        put(name, sizeof(name), "%s%s", path, beside[i]);
        what = seen_in(name);
        if (what)
            return what;
    }
    return NULL;
}

/* ---- the stories ---- */

static void record_all(const char *path)
{
    struct rp_recorder_opts opts = {.alloc = rp_alloc_libc(), .mode = RP_MODE_ALL};
    struct service *service = calloc(1, sizeof(*service));
    struct rp_transport transport;
    struct cassette_play play;
    struct rp_recorder *r;

    assert_non_null(service);
    opts.cassette = cassette_open(path, RP_CASSETTE_KEEP);
    opts.redact = make_rules(&opts.alloc);
    assert_int_equal(rp_recorder_new(&opts, (struct rp_transport){&service_ops, service}, &r, NULL),
                     RP_OK);
    assert_int_equal(rp_recorder_transport(r, &transport), RP_OK);
    cassette_play_begin(&play, transport);
    for (int i = 0; i < CANARIES; i++) {
        struct letter *x = malloc(sizeof(*x));
        struct rp_exchange asked;
        assert_non_null(x);
        write_letter(x, i);
        asked = (struct rp_exchange){.method = "POST",
                                     .url = x->url,
                                     .headers = x->asked,
                                     .n_headers = 2,
                                     .body = x->request,
                                     .n_body = strlen(x->request),
                                     .lane = "w",
                                     .order = i + 1};
        cassette_ask_as(&play, &asked);
        cassette_run(&play);
        free(x);
    }
    assert_int_equal(rp_recorder_ledger(r).recorded, CANARIES);
    assert_non_null(find(play.text.s, play.text.s + play.text.n, MARKER)); /* the caller has them */
    cassette_play_end(&play);
    rp_recorder_free(r);
    rp_redact_free(opts.redact);
    rp_cassette_close(opts.cassette);
    free(service);
}

static void no_secret_is_ever_written_while_recording(void **state)
{
    const char *path = cassette_file("c"), *what = NULL;
    struct rp_cassette *c;
    int status = 0, looks = 0;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        record_all(path);
        _exit(0);
    }
    while (waitpid(child, &status, WNOHANG) == 0) {
        what = what ? what : seen_at(path);
        looks++;
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    }
    assert_int_equal(status, 0);
    what = what ? what : seen_at(path);
    if (what)
        fail_msg("%s", what);
    assert_true(looks > 0);
    c = cassette_open(path, RP_CASSETTE_READ);
    assert_int_equal(rp_cassette_count(c), CANARIES);
    assert_int_equal(rp_cassette_verify(c, NULL, NULL), RP_OK);
    rp_cassette_close(c);
}

/* No canary of a number that is done stands anywhere. */
static void look_for_done(const char *path, const char *done)
{
    size_t n;
    char *s = cassette_bytes(path, &n);

    for (const char *at = s; (at = find(at, s + n, MARKER)) != NULL; at++) {
        const char *digits = at + strlen(MARKER) + (at[strlen(MARKER)] == '-');
        int number = (digits[0] - '0') * 1000 + (digits[1] - '0') * 100 + (digits[2] - '0') * 10 +
                     (digits[3] - '0');
        if (number >= 0 && number < CANARIES && done[number])
            fail_msg("canary %d stands in the file", number);
    }
    free(s);
}

static void take_out(const struct rp_alloc *memory, struct rp_cassette *c, struct rp_redact *r,
                     int number)
{
    const struct rp_interaction *i;
    struct rp_interaction *safe;
    int64_t id = number + 1;

    if (number % 3 == 0) {
        assert_int_equal(rp_cassette_remove(c, id, NULL), RP_OK);
        return;
    }
    assert_int_equal(rp_cassette_get(c, id, &i, NULL), RP_OK);
    assert_int_equal(rp_redact_interaction(r, i, &safe, NULL), RP_OK);
    assert_int_equal(rp_cassette_replace(c, safe, NULL), RP_OK);
    rp_interaction_free(memory, safe);
}

static void what_is_taken_out_later_is_gone_from_every_byte(void **state)
{
    const char *path = cassette_file("c");
    struct rp_alloc memory = rp_alloc_libc();
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct rp_redact *r = make_rules(&memory);
    struct letter *x = malloc(sizeof(*x));
    static char done[CANARIES];

    (void)state;
    assert_non_null(x);
    assert_int_equal(rp_cassette_begin(c, NULL), RP_OK);
    for (int i = 0; i < CANARIES; i++) {
        write_letter(x, i);
        assert_int_equal(rp_cassette_add(c, &x->i, NULL, NULL), RP_OK);
    }
    assert_int_equal(rp_cassette_commit(c, NULL), RP_OK);
    assert_non_null(seen_in(path));
    for (int i = 0; i < CANARIES; i++) {
        int number = i * 387 % CANARIES; /* in no order */
        take_out(&memory, c, r, number);
        done[number] = 1;
        if (i % 20 == 0)
            look_for_done(path, done);
    }
    assert_int_equal(rp_cassette_verify(c, NULL, NULL), RP_OK);
    rp_cassette_close(c);
    if (seen_at(path))
        fail_msg("%s", seen_at(path));
    rp_redact_free(r);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(no_secret_is_ever_written_while_recording),
        CASSETTE_TEST(what_is_taken_out_later_is_gone_from_every_byte),
    };

    hatch();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
