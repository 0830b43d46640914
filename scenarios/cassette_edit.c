/* cassette_edit.c - changes to exchanges: what is asked for, what follows from it, what is told. */
#include "cassette_edit.h"

#include "json_set.h"
#include "mocks/match.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CHARACTERS_SHOWN = 60, DIGEST_SHOWN = 12 };

struct editing {
    struct rp_words words;
    struct rp_cassette *cassette;
    struct rp_interaction it; /* as it will be; borrows what has not changed */
    struct rp_heap heap;
    struct rp_buf request, body; /* new ones */
    struct rp_body_chunk chunk;
    struct rp_header *headers; /* in fixed; NULL: as they were */
    char length[24];
    struct rp_error *err;
};

static int refuse(struct editing *e, const char *why)
{
    return rp_fail_at(e->err, RP_EARG, rp_cassette_path(e->cassette), "exchange %l: %s", e->it.id,
                      why);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

/* A new reply has one piece, which comes when the last one came. */
static void take_body(struct editing *e, const char *s, size_t n)
{
    uint64_t gap = 0;

    for (size_t i = 0; i < e->it.n_chunks; i++)
        gap += e->it.chunks[i].gap_us;
    if (e->it.n_chunks > 1) {
        rp_words_z(&e->words, "  ");
        rp_words_int(&e->words, (int64_t)e->it.n_chunks);
        rp_words_z(&e->words, " pieces of the reply: now one, as late as the last\n");
    }
    e->it.body = s;
    e->it.n_body = n;
    e->chunk = (struct rp_body_chunk){n, gap};
    e->it.chunks = &e->chunk;
    e->it.n_chunks = n > 0;
    if (n == 0)
        e->it.end_us += gap;
}

static void tell_set(struct editing *e, const char *side, const char *pointer, struct rp_value old,
                     struct rp_value to)
{
    rp_words_z(&e->words, "  ");
    rp_words_z(&e->words, side);
    rp_words_z(&e->words, " ");
    rp_words_name(&e->words, rp_str(pointer));
    rp_words_z(&e->words, ": ");
    rp_words_value(&e->words, old);
    rp_words_z(&e->words, " -> ");
    rp_words_value(&e->words, to);
    rp_words_z(&e->words, "\n");
}

static int set_place(struct editing *e, struct rp_value *json, const char *side,
                     const char *pointer, const char *value)
{
    struct rp_value to = rp_nil(), old = rp_nil();
    struct rp_error why = {0};
    int rc = rp_json_read(&e->heap, value, strlen(value), &to, &why);

    if (rc == RP_EPARSE)
        return rp_fail_at(e->err, RP_EARG, pointer,
                          "what follows \"=\" is no JSON (%s); a text stands in double quotes",
                          why.text);
    RP_TRY(rc);
    RP_TRY(rp_json_set(&e->heap, json, pointer, to, &old, e->err));
    tell_set(e, side, pointer, old, to);
    return RP_OK;
}

/* "POINTER=JSON" into the body in old, or in the one that is made already. */
static int set_in(struct editing *e, const char *side, const char *set, struct rp_str old,
                  struct rp_buf *made)
{
    struct rp_value json = rp_nil();
    const char *equals = strchr(set, '=');
    struct rp_buf pointer;
    int rc;

    if (!equals)
        return refuse(e, "--set takes POINTER=JSON, as /choices/0/message/content=\"Hello\"");
    if (made->n > 0)
        old = (struct rp_str){made->s, made->n};
    rc = rp_json_try(&e->heap, old, &json);
    if (rc == RP_EPARSE)
        return refuse(e,
                      "its body is no JSON (a stream, perhaps); give all of it with --body FILE");
    RP_TRY(rc);
    rp_buf_init(&pointer, &e->heap.alloc, RP_TEXT_MAX);
    rc = rp_buf_add(&pointer, set, (size_t)(equals - set));
    if (rc == RP_OK)
        rc = set_place(e, &json, side, pointer.s, equals + 1);
    rp_buf_free(&pointer);
    RP_TRY(rc);
    rp_buf_clear(made);
    return rp_json_write(made, json, 0);
}

static int set_all(struct editing *e, const struct rp_cassette_edit *edit)
{
    struct rp_str request = {e->it.request, e->it.n_request}, body = {e->it.body, e->it.n_body};

    for (size_t i = 0; i < edit->n_set; i++) {
        const char *set = edit->set[i];
        if (strncmp(set, "request:", 8) == 0)
            RP_TRY(set_in(e, "request", set + 8, request, &e->request));
        else
            RP_TRY(set_in(e, "reply", set, body, &e->body));
    }
    if (e->request.n > 0) {
        e->it.request = e->request.s;
        e->it.n_request = e->request.n;
    }
    if (e->body.n > 0)
        take_body(e, e->body.s, e->body.n);
    return RP_OK;
}

/* ---- what follows ---------------------------------------------------------------------------- */

/* The reply's content-length, where it has one, is that of its body. */
static int fix_length(struct editing *e)
{
    const char *old = rp_header_find(e->it.headers, e->it.n_headers, "content-length");
    const struct rp_alloc *alloc = &e->heap.alloc;

    snprintf(e->length, sizeof(e->length), "%zu", e->it.n_body);
    if (!old || strcmp(old, e->length) == 0)
        return RP_OK;
    e->headers = alloc->resize(alloc->ctx, NULL, 0, e->it.n_headers * sizeof(*e->headers));
    if (!e->headers)
        return RP_ENOMEM;
    for (size_t i = 0; i < e->it.n_headers; i++) {
        e->headers[i] = e->it.headers[i];
        if (strcasecmp(e->headers[i].name, "content-length") == 0)
            e->headers[i].value = e->length;
    }
    e->it.headers = e->headers;
    return RP_OK;
}

static void tell_digest(struct editing *e, const char *old, const char *digest)
{
    if (strcmp(old, digest) == 0)
        return;
    rp_words_z(&e->words, "  digest: ");
    rp_words_name(&e->words, (struct rp_str){old, strnlen(old, DIGEST_SHOWN)});
    rp_words_z(&e->words, " -> ");
    rp_words_name(&e->words, (struct rp_str){digest, strnlen(digest, DIGEST_SHOWN)});
    rp_words_z(&e->words, "\n");
}

/* Secrets go out, the digest is made anew, and the exchange takes the place of the old one. */
static int put_back(struct editing *e, struct rp_redact *redact)
{
    static const struct rp_match_opts whole = {.rule = RP_MATCH_STRICT};
    const struct rp_alloc *alloc = &e->heap.alloc;
    struct rp_interaction *clean = NULL;
    uint64_t changed = 0;
    int rc;

    RP_TRY(rp_redact_interaction(redact, &e->it, &clean, &changed));
    rc = rp_match_digest(alloc, &whole, clean->method, clean->url, clean->request, clean->n_request,
                         clean->digest);
    if (rc == RP_OK && changed > 0) {
        rp_words_z(&e->words, "  ");
        rp_words_count(&e->words, (int64_t)changed, "secret");
        rp_words_z(&e->words, " taken out\n");
    }
    if (rc == RP_OK) {
        tell_digest(e, e->it.digest, clean->digest);
        rc = rp_cassette_replace(e->cassette, clean, e->err);
    }
    rp_interaction_free(alloc, clean);
    return rc;
}

/* ---- lanes ----------------------------------------------------------------------------------- */

/* The highest call of a lane; *n how many exchanges it has. */
static int look_at_lane(struct rp_cassette *c, const char *lane, int64_t *last, int64_t *n,
                        struct rp_error *err)
{
    const struct rp_interaction *it;

    *last = *n = 0;
    for (size_t i = 0; i < rp_cassette_count(c); i++) {
        RP_TRY(rp_cassette_get(c, rp_cassette_nth(c, i), &it, err));
        if (strcmp(it->lane, lane) != 0)
            continue;
        ++*n;
        *last = it->order > *last ? it->order : *last;
    }
    return RP_OK;
}

static int move_to_lane(struct editing *e, const char *lane, int64_t last)
{
    if (strcmp(lane, e->it.lane) == 0)
        return RP_OK;
    rp_words_z(&e->words, "  lane: ");
    rp_words_name(&e->words, rp_str(e->it.lane));
    rp_words_z(&e->words, ", call ");
    rp_words_int(&e->words, e->it.order);
    rp_words_z(&e->words, " -> ");
    rp_words_name(&e->words, rp_str(lane));
    rp_words_z(&e->words, ", call ");
    rp_words_int(&e->words, last + 1);
    rp_words_z(&e->words, "\n");
    e->it.lane = lane;
    e->it.order = last + 1;
    e->it.attempt = 0;
    return RP_OK;
}

/* ---- one exchange ---------------------------------------------------------------------------- */

static void set_status(struct editing *e, int status)
{
    rp_words_z(&e->words, "  status: ");
    rp_words_int(&e->words, e->it.status);
    rp_words_z(&e->words, " -> ");
    rp_words_int(&e->words, status);
    rp_words_z(&e->words, e->it.failure != RP_FAILURE_NONE ? "; it no longer fails\n" : "\n");
    e->it.status = status;
    e->it.failure = RP_FAILURE_NONE;
    e->it.failure_text = NULL;
}

static int change(struct editing *e, const struct rp_cassette_edit *edit, int64_t last,
                  struct rp_redact *redact)
{
    rp_words_z(&e->words, "exchange ");
    rp_words_int(&e->words, e->it.id);
    rp_words_z(&e->words, "\n");
    if (edit->body) {
        rp_words_z(&e->words, "  reply: ");
        rp_words_bytes(&e->words, e->it.n_body);
        rp_words_z(&e->words, " -> ");
        rp_words_bytes(&e->words, edit->body->n);
        rp_words_z(&e->words, "\n");
        take_body(e, edit->body->s, edit->body->n);
    }
    RP_TRY(set_all(e, edit));
    if (edit->status)
        set_status(e, edit->status);
    if (edit->lane)
        RP_TRY(move_to_lane(e, edit->lane, last));
    RP_TRY(fix_length(e));
    return put_back(e, redact);
}

int rp_cassette_edit(struct rp_buf *out, struct rp_cassette *c, int64_t id,
                     const struct rp_cassette_edit *edit, struct rp_redact *redact,
                     struct rp_error *err)
{
    struct editing e = {.words = {out, CHARACTERS_SHOWN}, .cassette = c, .err = err};
    struct rp_alloc *alloc = &out->alloc;
    const struct rp_interaction *got;
    struct rp_interaction *old = NULL;
    int64_t last = 0, n;
    int rc;

    if (edit->lane)
        RP_TRY(look_at_lane(c, edit->lane, &last, &n, err));
    RP_TRY(rp_cassette_get(c, id, &got, err));
    RP_TRY(rp_interaction_copy(alloc, got, &old));
    e.it = *old;
    rp_heap_init(&e.heap, alloc, 0, 0);
    rp_buf_init(&e.request, alloc, RP_TEXT_MAX);
    rp_buf_init(&e.body, alloc, RP_TEXT_MAX);
    rc = change(&e, edit, last, redact);
    if (e.headers)
        alloc->resize(alloc->ctx, e.headers, e.it.n_headers * sizeof(*e.headers), 0);
    rp_buf_free(&e.request);
    rp_buf_free(&e.body);
    rp_heap_free(&e.heap);
    rp_interaction_free(alloc, old);
    return rc;
}

/* ---- a lane ---------------------------------------------------------------------------------- */

static int rename_one(const struct rp_alloc *alloc, struct rp_cassette *c, int64_t id,
                      const char *to, int64_t last, struct rp_error *err)
{
    const struct rp_interaction *got;
    struct rp_interaction *it = NULL;
    int rc;

    RP_TRY(rp_cassette_get(c, id, &got, err));
    RP_TRY(rp_interaction_copy(alloc, got, &it));
    it->lane = to;
    it->order += last;
    rc = rp_cassette_replace(c, it, err);
    rp_interaction_free(alloc, it);
    return rc;
}

static int rename_all(const struct rp_alloc *alloc, struct rp_cassette *c, const char *from,
                      const char *to, int64_t last, struct rp_error *err)
{
    const struct rp_interaction *it;

    for (size_t i = 0; i < rp_cassette_count(c); i++) {
        int64_t id = rp_cassette_nth(c, i);
        RP_TRY(rp_cassette_get(c, id, &it, err));
        if (strcmp(it->lane, from) == 0)
            RP_TRY(rename_one(alloc, c, id, to, last, err));
    }
    return rp_cassette_move_tools(c, from, to, err);
}

int rp_cassette_rename_lane(struct rp_buf *out, struct rp_cassette *c, const char *from,
                            const char *to, struct rp_error *err)
{
    struct rp_words w = {out, 0};
    int64_t n, last, ignored;
    int rc;

    RP_TRY(look_at_lane(c, from, &ignored, &n, err));
    RP_TRY(look_at_lane(c, to, &last, &ignored, err));
    if (n == 0)
        return rp_fail_at(err, RP_ENOTFOUND, rp_cassette_path(c),
                          "there is no lane \"%s\"; `reprise cassette list` shows which there are",
                          from);
    if (strcmp(from, to) != 0) {
        RP_TRY(rp_cassette_begin(c, err));
        rc = rename_all(&out->alloc, c, from, to, last, err);
        if (rc != RP_OK)
            rp_cassette_rollback(c);
        RP_TRY(rc);
        RP_TRY(rp_cassette_commit(c, err));
    }
    rp_words_count(&w, n, "exchange");
    rp_words_z(&w, " of ");
    rp_words_name(&w, rp_str(from));
    rp_words_z(&w, n == 1 ? " is now of " : " are now of ");
    rp_words_name(&w, rp_str(to));
    if (last > 0 && strcmp(from, to) != 0) {
        rp_words_z(&w, ", behind its call ");
        rp_words_int(&w, last);
    }
    rp_words_z(&w, "\n");
    return out->failed;
}
