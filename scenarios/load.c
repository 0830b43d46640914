/* load.c - owns reading a scenario file and putting its parts together. */
#include "load_util.h"
#include "engine/base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- bytes ---- */

/* No strerror: its words depend on the locale. */
static const char *why_not(int error)
{
    switch (error) {
    case ENOENT:
        return "there is no such file";
    case EISDIR:
        return "this is a folder; name a scenario file in it";
    case EACCES:
        return "it may not be read; check its permissions";
    default:
        return "it cannot be read";
    }
}

static int read_all(FILE *f, struct rp_buf *b)
{
    char block[16384];
    size_t n;

    while ((n = fread(block, 1, sizeof(block), f)) > 0)
        RP_TRY(rp_buf_add(b, block, n));
    return ferror(f) ? RP_EIO : RP_OK;
}

static int read_file(const char *path, struct rp_buf *b, struct rp_error *err)
{
    FILE *f;
    int rc;

    errno = 0;
    f = fopen(path, "rb");
    if (!f)
        return rp_fail_at(err, RP_EIO, path, "%s", why_not(errno));
    rc = read_all(f, b);
    if (rc == RP_EIO)
        rp_fail_at(err, rc, path, "%s", why_not(errno));
    else if (rc == RP_ELIMIT)
        rp_fail_at(err, rc, path, "the file is larger than %u MB; split it into smaller scenarios",
                   RP_SCENARIO_MAX >> 20);
    fclose(f);
    return rc;
}

/* ---- K: the texts that are not the engine's own ---- */

static int add_strings(struct rp_heap *heap, struct rp_value v, struct rp_value *known)
{
    if (v.tag == RP_TEXT)
        return rp_list_add(heap, known, v);
    for (uint32_t i = 0; i < rp_len(v); i++)
        RP_TRY(add_strings(heap, rp_at(v, i), known));
    for (uint32_t i = 0; i < rp_map_len(v); i++)
        RP_TRY(add_strings(heap, rp_map_value(v, i), known));
    return RP_OK;
}

/* The whole texts of replies: what was joined of chunks and written of json. */
static int add_replies(struct rp_scenario *s, struct rp_heap *heap, struct rp_value *known)
{
    for (uint32_t i = 0; i < s->n_agents; i++)
        for (uint32_t k = 0; k < s->script[i].n_replies; k++)
            if (s->script[i].replies[k].text.tag == RP_TEXT)
                RP_TRY(rp_list_add(heap, known, s->script[i].replies[k].text));
    return RP_OK;
}

static int by_bytes(const void *a, const void *b)
{
    const struct rp_value *x = a, *y = b;

    return rp_str_order(rp_str_of(*x), rp_str_of(*y));
}

/* more: a value beside the file whose texts are known too. */
static int know(struct rp_scenario *s, struct rp_heap *heap, struct rp_value more)
{
    struct rp_value all = rp_list();

    RP_TRY(add_strings(heap, s->json, &all));
    RP_TRY(add_strings(heap, more, &all));
    RP_TRY(add_replies(s, heap, &all));
    qsort(all.u.vec->at, all.len, sizeof(struct rp_value), by_bytes);
    s->known = rp_list();
    for (uint32_t i = 0; i < all.len; i++) {
        struct rp_value text = rp_at(all, i);
        if (i > 0 && rp_str_equal(rp_str_of(rp_at(all, i - 1)), rp_str_of(text)))
            continue;
        RP_TRY(rp_list_add(heap, &s->known, text));
    }
    return RP_OK;
}

/* ---- the whole file ---- */

static int load_top(struct rp_loader *l, const struct rp_spot *root)
{
    static const char *const keys[] = {"scenario", "name",   "agents",        "workflow",
                                       "turns",    "stream", "checkpointing", "timeouts",
                                       "service",  "tape",   "expect",        NULL};
    static const char *const storages[] = {"memory", "file", "sqlite", NULL};
    struct rp_spot at = rp_load_key(root, "scenario"), storage;
    int64_t version = 0;
    int which;

    RP_TRY(rp_load_keys(l, root, keys));
    RP_TRY(rp_load_int(l, root, "scenario", RP_REQUIRED, INT64_MIN, &version));
    if (version != 1)
        return rp_load_fail(l, &at, "this is version %l of the format; only 1 is known", version);
    RP_TRY(rp_load_string(l, root, "name", RP_OPTIONAL, &l->s->name));
    RP_TRY(rp_load_word(l, root, "checkpointing", storages, &which));
    storage = rp_load_key(root, "checkpointing");
    l->s->storage = RP_STORE_NONE;
    if (rp_load_has(&storage))
        l->s->storage = (enum rp_storage)(RP_STORE_MEMORY + which);
    return RP_OK;
}

/* Decisions that were found by exploring; kept as text. */
static int load_tape(struct rp_loader *l, const struct rp_spot *root)
{
    struct rp_spot at = rp_load_key(root, "tape");
    struct rp_error said = {0};
    struct rp_tape tape;
    int rc;

    RP_TRY(rp_load_string(l, root, "tape", RP_OPTIONAL, &l->s->tape));
    if (!l->s->tape)
        return RP_OK;
    rp_tape_init(&tape, &l->heap->alloc);
    rc = rp_tape_read(&tape, l->s->tape, &said);
    rp_tape_free(&tape);
    if (rc == RP_OK || rc == RP_ENOMEM)
        return rc;
    return rp_load_fail(l, &at, "%s: %s", said.where, said.text);
}

static int load_all(struct rp_loader *l)
{
    struct rp_spot root = {NULL, NULL, 0, l->s->json};

    RP_TRY(load_top(l, &root));
    RP_TRY(load_tape(l, &root));
    RP_TRY(rp_load_agents(l, &root));
    RP_TRY(rp_load_workflow(l, &root));
    RP_TRY(rp_load_timeouts(l, &root));
    RP_TRY(rp_load_turns(l, &root));
    RP_TRY(rp_load_expect(l, &root));
    return know(l->s, l->heap, rp_nil());
}

/* The reader's place and reason, with the file in front. */
static int not_json(struct rp_loader *l, int rc, const struct rp_error *said)
{
    const struct rp_spot root = {.up = NULL};

    if (rc == RP_ENOMEM)
        return rc;
    return rp_fail_at(l->err, rc, rp_load_where_in(l, &root, ": ", said->where), "%s",
                      said->text[0] ? said->text : rp_status_text(rc));
}

static int check_bytes(struct rp_loader *l, const char *bytes, size_t n)
{
    const struct rp_spot root = {.up = NULL};
    struct rp_error said = {0};
    size_t bad;

    if (n > RP_SCENARIO_MAX)
        return rp_fail_at(l->err, RP_ELIMIT, rp_load_where(l, &root),
                          "the file is larger than %u MB; split it into smaller scenarios",
                          RP_SCENARIO_MAX >> 20);
    if (n == 0)
        return rp_fail_at(l->err, RP_EPARSE, rp_load_where(l, &root), "the file is empty; %s",
                          l->expected);
    bad = rp_utf8_bad(bytes, n);
    if (bad == n)
        return RP_OK;
    rp_fail_at(&said, RP_EPARSE, "", "byte %l", (int64_t)bad);
    return rp_fail_at(l->err, RP_EPARSE, rp_load_where_in(l, &root, ": ", said.text),
                      "the file is not valid UTF-8 from here on; save it as UTF-8");
}

static int read_json(struct rp_loader *l, const char *bytes, size_t n, struct rp_value *out)
{
    struct rp_error said = {0};
    int rc;

    RP_TRY(check_bytes(l, bytes, n));
    rc = rp_json_read(l->heap, bytes, n, out, &said);
    return rc == RP_OK ? RP_OK : not_json(l, rc, &said);
}

static int load_bytes(struct rp_loader *l, const char *bytes, size_t n)
{
    RP_TRY(read_json(l, bytes, n, &l->s->json));
    return load_all(l);
}

static int open_kit(struct rp_loader *l)
{
    size_t n = strlen(l->path) + 1;
    char *path;

    l->heap = rp_kit_heap(l->kit);
    l->s = rp_load_take(l, 1, sizeof(*l->s));
    path = rp_load_take(l, n, 1);
    if (!l->s || !path)
        return RP_ENOMEM;
    memcpy(path, l->path, n);
    l->s->kit = l->kit;
    l->s->path = path;
    return RP_OK;
}

int rp_scenario_read(const struct rp_alloc *alloc, const char *path, const char *bytes, size_t n,
                     struct rp_scenario **out, struct rp_error *err)
{
    struct rp_loader l = {.path = path, .err = err, .expected = "a scenario is one JSON object"};
    int rc = rp_kit_new(alloc, &l.kit);

    if (rc == RP_OK)
        rc = open_kit(&l);
    if (rc == RP_OK)
        rc = load_bytes(&l, bytes, n);
    if (rc == RP_OK) {
        *out = l.s;
        return RP_OK;
    }
    rp_kit_free(l.kit);
    if (rc == RP_ENOMEM)
        rp_fail_at(err, rc, path, "%s", rp_status_text(rc));
    return rc;
}

int rp_scenario_load(const struct rp_alloc *alloc, const char *path, struct rp_scenario **out,
                     struct rp_error *err)
{
    struct rp_buf bytes;
    int rc;

    rp_buf_init(&bytes, alloc, RP_SCENARIO_MAX);
    rc = read_file(path, &bytes, err);
    if (rc == RP_OK)
        rc = rp_scenario_read(alloc, path, bytes.s ? bytes.s : "", bytes.n, out, err);
    else if (rc == RP_ENOMEM)
        rp_fail_at(err, rc, path, "%s", rp_status_text(rc));
    rp_buf_free(&bytes);
    return rc;
}

/* ---- answers beside a scenario ---- */

static int load_answers(struct rp_loader *l, const struct rp_buf *bytes,
                        const struct rp_scenario_answer **out, uint32_t *n)
{
    struct rp_spot root = {.up = NULL};

    RP_TRY(read_json(l, bytes->s ? bytes->s : "", bytes->n, &root.v));
    if (root.v.tag != RP_LIST)
        return rp_load_fail(l, &root, "expected an array of answers");
    RP_TRY(rp_load_answers(l, &root, 1, out));
    *n = rp_len(root.v);
    return know(l->s, l->heap, root.v);
}

int rp_scenario_answers(struct rp_scenario *s, const char *path,
                        const struct rp_scenario_answer **out, uint32_t *n, struct rp_error *err)
{
    struct rp_loader l = {.s = s,
                          .kit = s->kit,
                          .heap = rp_kit_heap(s->kit),
                          .path = path,
                          .err = err,
                          .expected = "answers are one JSON array"};
    struct rp_buf bytes;
    int rc;

    rp_buf_init(&bytes, &l.heap->alloc, RP_SCENARIO_MAX);
    rc = read_file(path, &bytes, err);
    if (rc == RP_OK)
        rc = load_answers(&l, &bytes, out, n);
    if (rc == RP_ENOMEM)
        rp_fail_at(err, rc, path, "%s", rp_status_text(rc));
    rp_buf_free(&bytes);
    return rc;
}

void rp_scenario_free(struct rp_scenario *s)
{
    if (s)
        rp_kit_free(s->kit);
}
