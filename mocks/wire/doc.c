/* doc.c - owns places in a JSON text: what stands there, where its byte is, how it is refused. */
#include "doc.h"

#include <string.h>

#include "engine/base/json.h"

/* ---- where ---- */

size_t rp_wire_offset(const struct rp_wire_doc *doc, size_t i)
{
    size_t line = 0, began = 0;

    RP_ASSERT(i <= doc->n);
    for (size_t k = 0; k < i && line < doc->n_lines; k++) {
        if (doc->s[k] == '\n') {
            line++;
            began = k + 1;
        }
    }
    return (line > 0 ? doc->line[line - 1] : doc->base) + i - began;
}

static size_t skip_space(const struct rp_wire_doc *doc, size_t i)
{
    while (i < doc->n && strchr(" \t\r\n", doc->s[i]))
        i++;
    return i;
}

/* Behind the string that begins at i. */
static size_t skip_string(const struct rp_wire_doc *doc, size_t i)
{
    for (i++; i < doc->n && doc->s[i] != '"'; i++)
        i += doc->s[i] == '\\';
    return i < doc->n ? i + 1 : doc->n;
}

/* Behind the value that begins at i; the text is known to be JSON. */
static size_t skip_value(const struct rp_wire_doc *doc, size_t i)
{
    size_t depth = 0;

    while (i < doc->n) {
        char c = doc->s[i];
        if (c == '"') {
            i = skip_string(doc, i);
        } else if (depth == 0 && strchr(",]} \t\r\n", c)) {
            break;
        } else {
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
            i++;
        }
        if (depth == 0 && (c == '"' || c == '}' || c == ']'))
            break;
    }
    return i;
}

/* Where the value of that key, or that item, of the map or list at i begins; i when it has none. */
static size_t find_child(const struct rp_wire_doc *doc, size_t i, const struct rp_wire_at *at)
{
    size_t child = skip_space(doc, i + 1), wanted = at->key ? strlen(at->key) : 0;

    for (uint32_t k = 0; child < doc->n && doc->s[child] != '}' && doc->s[child] != ']'; k++) {
        int found = !at->key && k == at->index;
        if (at->key) {
            size_t end = skip_string(doc, child);
            found = end - child == wanted + 2 && memcmp(doc->s + child + 1, at->key, wanted) == 0;
            child = skip_space(doc, skip_space(doc, end) + 1);
        }
        if (found)
            return child;
        child = skip_space(doc, skip_value(doc, child));
        if (child < doc->n && doc->s[child] == ',')
            child = skip_space(doc, child + 1);
    }
    return i;
}

static size_t locate(const struct rp_wire_doc *doc, const struct rp_wire_at *at)
{
    size_t up;

    if (!at->up)
        return skip_space(doc, 0);
    up = locate(doc, at->up);
    if (up < doc->n && doc->s[up] == (at->key ? '{' : '['))
        return find_child(doc, up, at);
    return up;
}

/* "choices[0].delta"; what is over the room is left out from the front. */
static void path_of(const struct rp_wire_at *at, char room[160])
{
    struct rp_error words;
    const struct rp_wire_at *chain[16];
    size_t n = 0, used = 0;

    for (; at && at->up && n < 16; at = at->up)
        chain[n++] = at;
    room[0] = '\0';
    while (n-- > 0) {
        size_t more;
        if (chain[n]->key)
            rp_fail_at(&words, 0, NULL, "%s%s", used ? "." : "", chain[n]->key);
        else
            rp_fail_at(&words, 0, NULL, "[%u]", chain[n]->index);
        more = strlen(words.text);
        if (used + more >= 160)
            return;
        memcpy(room + used, words.text, more + 1);
        used += more;
    }
}

/* ---- refusing ---- */

static void say_byte(size_t offset, char room[160])
{
    struct rp_error words;

    rp_fail_at(&words, 0, NULL, "byte %l", (int64_t)offset);
    memcpy(room, words.text, 159);
    room[159] = '\0';
}

int rp_wire_refuse(const struct rp_wire_doc *doc, const struct rp_wire_at *at, const char *format,
                   ...)
{
    struct rp_error reason;
    char path[160], where[160];
    va_list given;

    if (!doc->err)
        return RP_EPARSE;
    va_start(given, format);
    rp_fail_va(&reason, RP_EPARSE, NULL, format, given);
    va_end(given);
    path_of(at, path);
    say_byte(rp_wire_offset(doc, at ? locate(doc, at) : doc->n), where);
    if (path[0] == '\0')
        return rp_fail_at(doc->err, RP_EPARSE, where, "%s", reason.text);
    if (doc->by_path)
        return rp_fail_at(doc->err, RP_EPARSE, path, "%s", reason.text);
    return rp_fail_at(doc->err, RP_EPARSE, where, "%s: %s", path, reason.text);
}

/* The byte of "line L, column C", both from 1, columns in characters. */
static size_t byte_of(const struct rp_wire_doc *doc, const char *place)
{
    size_t number[2] = {0, 0}, i = 0;
    unsigned which = 0;

    for (; *place; place++) {
        if (*place >= '0' && *place <= '9')
            number[which] = number[which] * 10 + (size_t)(*place - '0');
        else if (*place == ',')
            which = 1;
    }
    for (; i < doc->n && number[0] > 1; i++)
        number[0] -= doc->s[i] == '\n';
    for (; i < doc->n && number[1] > 1; number[1]--)
        for (i++; i < doc->n && ((unsigned char)doc->s[i] & 0xc0) == 0x80;)
            i++;
    return i;
}

int rp_wire_parse(struct rp_wire_doc *doc, struct rp_heap *h, struct rp_wire_at *root)
{
    struct rp_error err = {0};
    char where[160];
    int rc;

    *root = (struct rp_wire_at){.v = rp_nil()};
    rc = rp_json_read(h, doc->s, doc->n, &root->v, &err);
    if (rc == RP_OK || rc == RP_ENOMEM)
        return rc;
    say_byte(rp_wire_offset(doc, byte_of(doc, err.where)), where);
    return rp_fail_at(doc->err, rc, where, "no valid JSON: %s", err.text);
}

/* ---- what stands there ---- */

struct rp_wire_at rp_wire_key(const struct rp_wire_at *up, const char *key)
{
    return (struct rp_wire_at){rp_map_get(up->v, key), up, key, 0};
}

struct rp_wire_at rp_wire_item(const struct rp_wire_at *up, uint32_t i)
{
    return (struct rp_wire_at){rp_at(up->v, i), up, NULL, i};
}

static const char *type_name(struct rp_value v)
{
    static const char *const name[] = {
        [RP_NIL] = "nothing",   [RP_BOOL] = "a boolean",        [RP_INT] = "an integer",
        [RP_REAL] = "a real",   [RP_DIGITS] = "a long integer", [RP_TEXT] = "a string",
        [RP_LIST] = "an array", [RP_MAP] = "an object",
    };

    return v.tag <= RP_MAP ? name[v.tag] : "another value";
}

static int want(const struct rp_wire_doc *doc, const struct rp_wire_at *at, enum rp_tag tag,
                const char *expected)
{
    if (at->v.tag == tag)
        return RP_OK;
    return rp_wire_refuse(doc, at, "expected %s, found %s", expected, type_name(at->v));
}

int rp_wire_need_text(const struct rp_wire_doc *doc, const struct rp_wire_at *at,
                      struct rp_str *out)
{
    RP_TRY(want(doc, at, RP_TEXT, "a string"));
    *out = rp_str_of(at->v);
    return RP_OK;
}

int rp_wire_need_list(const struct rp_wire_doc *doc, const struct rp_wire_at *at)
{
    return want(doc, at, RP_LIST, "an array");
}

int rp_wire_need_map(const struct rp_wire_doc *doc, const struct rp_wire_at *at)
{
    return want(doc, at, RP_MAP, "an object");
}

int rp_wire_text(const struct rp_wire_doc *doc, const struct rp_wire_at *at, struct rp_str *out)
{
    *out = (struct rp_str){NULL, 0};
    return at->v.tag == RP_NIL ? RP_OK : rp_wire_need_text(doc, at, out);
}

int rp_wire_int(const struct rp_wire_doc *doc, const struct rp_wire_at *at, int64_t *out, int *has)
{
    *has = at->v.tag != RP_NIL;
    if (!*has)
        return RP_OK;
    RP_TRY(want(doc, at, RP_INT, "an integer"));
    *out = at->v.u.i;
    return RP_OK;
}

int rp_wire_list(const struct rp_wire_doc *doc, const struct rp_wire_at *at)
{
    return at->v.tag == RP_NIL ? RP_OK : rp_wire_need_list(doc, at);
}

int rp_wire_map(const struct rp_wire_doc *doc, const struct rp_wire_at *at)
{
    return at->v.tag == RP_NIL ? RP_OK : rp_wire_need_map(doc, at);
}
