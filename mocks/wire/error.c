/* error.c - owns what a service says when it refuses, as one sentence for a person: from an error
 * of a dialect, a page of HTML, or anything. Nothing of it is trusted: what could move a cursor or
 * turn a line around is left out. */
#include <string.h>

#include "dialect.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"

enum { SAID_MAX = 200, WORD_MAX = 48, JSON_MAX = 16 << 10, ARENA_SIZE = 96 << 10 };

/* ---- words that are safe to print ----------------------------------------------------------- */

static int is_unsafe(uint32_t code)
{
    return (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
           code == 0xfeff;
}

/* s in at most max bytes and a NUL: runs of space as one, "..." where it was cut. */
static void clean(struct rp_str s, char *room, size_t max)
{
    size_t n = 0, i = 0;

    while (i < s.n) {
        size_t left = s.n - i;
        uint32_t code = '?';
        unsigned length = 1;
        if ((unsigned char)s.s[i] < 0x80)
            code = (unsigned char)s.s[i] <= ' ' ? ' ' : (unsigned char)s.s[i];
        else if (rp_utf8_bad(s.s + i, left < 4 ? left : 4) > 0)
            length = rp_utf8_read(s.s + i, &code);
        i += length;
        if (is_unsafe(code) || (code == ' ' && (n == 0 || room[n - 1] == ' ')))
            continue;
        if (n + 4 + 3 > max) {
            memcpy(room + n, "...", 3);
            n += 3;
            break;
        }
        n += rp_utf8_write(room + n, code);
    }
    while (n > 0 && room[n - 1] == ' ')
        n--;
    room[n] = '\0';
}

/* ---- an error object ------------------------------------------------------------------------ */

static struct rp_str first_text(struct rp_value v, const char *const *keys)
{
    for (; *keys; keys++) {
        struct rp_value text = rp_map_get(v, *keys);
        if (text.tag == RP_TEXT && rp_str_of(text).n > 0)
            return rp_str_of(text);
    }
    return (struct rp_str){"", 0};
}

/* "Rate limit reached (rate_limit_error)" of an error object or a text; "" when it says nothing. */
static void say_error(struct rp_value error, char room[SAID_MAX + WORD_MAX + 4])
{
    static const char *const said[] = {"message", "detail", "msg", "error", "title", NULL};
    static const char *const sort[] = {"type", "code", "status", NULL};
    char text[SAID_MAX + 1], word[WORD_MAX + 1];
    struct rp_error both;

    clean(error.tag == RP_TEXT ? rp_str_of(error) : first_text(error, said), text, SAID_MAX);
    clean(first_text(error, sort), word, WORD_MAX);
    if (text[0] == '\0')
        rp_fail_at(&both, 0, NULL, "%s", word);
    else if (word[0] == '\0')
        rp_fail_at(&both, 0, NULL, "%s", text);
    else
        rp_fail_at(&both, 0, NULL, "%s (%s)", text, word);
    memcpy(room, both.text, SAID_MAX + WORD_MAX + 3);
    room[SAID_MAX + WORD_MAX + 3] = '\0';
}

int rp_wire_refuse_error(const struct rp_wire_doc *doc, const struct rp_wire_at *error)
{
    char room[SAID_MAX + WORD_MAX + 4];

    say_error(error->v, room);
    return rp_wire_refuse(doc, error, "the service reports: %s",
                          room[0] ? room : "an error without a message");
}

/* ---- the body of a refusal ------------------------------------------------------------------ */

/* Memory for the JSON of one short body; nothing is given back. */
struct arena {
    size_t used;
    char at[ARENA_SIZE];
};

static void *arena_resize(void *ctx, void *old, size_t was, size_t now)
{
    struct arena *arena = ctx;
    size_t size = (now + 15) & ~(size_t)15;
    void *p = arena->at + arena->used;

    if (now == 0 || size > sizeof(arena->at) - arena->used)
        return NULL;
    arena->used += size;
    if (old)
        memcpy(p, old, was < now ? was : now);
    return p;
}

/* The error object, or the whole, of a body that is JSON; 0: it says nothing. */
static int say_json(const char *bytes, size_t n, char room[SAID_MAX + WORD_MAX + 4])
{
    _Alignas(16) struct arena arena;
    struct rp_alloc alloc = {arena_resize, &arena};
    struct rp_value root = rp_nil(), error;
    struct rp_heap heap;

    arena.used = 0;
    rp_heap_init(&heap, &alloc, 0, 4096);
    room[0] = '\0';
    if (n > JSON_MAX || rp_json_read(&heap, bytes, n, &root, NULL) != RP_OK)
        return 0;
    if (rp_len(root) > 0)
        root = rp_at(root, 0);
    error = rp_map_get(root, "error");
    say_error(error.tag == RP_NIL ? root : error, room);
    return room[0] != '\0';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Where word (small letters) begins in s, or s.n. */
static size_t find(struct rp_str s, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= s.n; i++) {
        size_t k = 0;
        while (k < n && lower(s.s[i + k]) == word[k])
            k++;
        if (k == n)
            return i;
    }
    return s.n;
}

/* What a page says: its title, or its text without the tags; room has SAID_MAX + 1 bytes. */
static void say_page(struct rp_str page, char *room)
{
    char text[4 * SAID_MAX];
    size_t title = find(page, "<title"), n = 0;
    int in_tag = 0;

    for (size_t i = title < page.n ? title : 0; i < page.n && n < sizeof(text); i++) {
        if (page.s[i] == '<' && title < page.n && i > title)
            break;
        if (page.s[i] == '<' || in_tag)
            in_tag = page.s[i] != '>';
        else
            text[n++] = page.s[i];
    }
    clean((struct rp_str){text, n}, room, SAID_MAX);
}

static const char *remedy(int status)
{
    switch (status) {
    case 401:
        return "; check the API key";
    case 403:
        return "; check what the API key may be used for";
    case 404:
        return "; check the base URL and the name of the model";
    case 413:
        return "; the request is too long";
    }
    return "";
}

void rp_wire_read_error(enum rp_dialect dialect, int status, const char *bytes, size_t n,
                        struct rp_error *err)
{
    char said[SAID_MAX + WORD_MAX + 4], word[SAID_MAX + 1];
    struct rp_str body = {bytes, n};

    (void)dialect; /* all three put it into error.message */
    if (n == 0 || rp_str_blank(body)) {
        rp_fail_at(err, RP_ECLIENT, NULL, "the service answered with status %d and no body%s",
                   status, remedy(status));
    } else if (say_json(bytes, n, said)) {
        rp_fail_at(err, RP_ECLIENT, NULL, "the service answered with status %d: %s%s", status, said,
                   remedy(status));
    } else if (find(body, "<html") < n || find(body, "<!doctype") < n) {
        say_page(body, word);
        rp_fail_at(err, RP_ECLIENT, NULL,
                   "the service answered with status %d and a page of HTML: %s%s", status, word,
                   remedy(status));
    } else {
        clean(body, word, SAID_MAX);
        rp_fail_at(err, RP_ECLIENT, NULL, "the service answered with status %d: %s%s", status, word,
                   remedy(status));
    }
}
