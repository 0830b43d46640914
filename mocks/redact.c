/* redact.c - owns redaction rules: what they may say, those that always apply, and what one
 * redactor knows: secrets to look for, and the number of each that it took out.
 *
 * Patterns are POSIX extended regular expressions in the C locale: this program never sets another
 * one. One that begins with \< matches only where no letter or digit stands before. regcomp takes
 * its memory from the C library. */
#include "redact.h"

#include <string.h>

#include "engine/base/json.h"
#include "engine/base/sha256.h"
#include "redact_inside.h"

static const char *const usual[] = {
    "header:authorization",
    "header:proxy-authorization",
    "header:x-api-key",
    "header:api-key",
    "header:x-goog-api-key",
    "header:cookie",
    "header:set-cookie",
    "header:openai-organization",
    "header:openai-project",
    "query:key",
    "query:api_key",
    "query:api-key",
    "query:apikey",
    "query:access_token",
    "query:token",
    "query:sig",
    "query:signature",
    "key:api_key",
    "key:apikey",
    "key:api-key",
    "key:x-api-key",
    "key:authorization",
    "key:password",
    "key:passwd",
    "key:secret",
    "key:client_secret",
    "key:secret_key",
    "key:secret_access_key",
    "key:private_key",
    "key:access_token",
    "key:refresh_token",
    "key:id_token",
    "key:auth_token",
    "key:session_token",
    "key:bearer_token",
    "pattern:\\<sk-[A-Za-z0-9_-]{20,}",
    "pattern:\\<[sr]k_(live|test)_[A-Za-z0-9]{16,}",
    "pattern:\\<gh[pousr]_[A-Za-z0-9]{30,}",
    "pattern:\\<github_pat_[A-Za-z0-9_]{30,}",
    "pattern:\\<glpat-[A-Za-z0-9_-]{20,}",
    "pattern:\\<xox[abeprs]-[A-Za-z0-9-]{10,}",
    "pattern:\\<A[KS]IA[A-Z0-9]{16}",
    "pattern:\\<AIza[A-Za-z0-9_-]{35}",
    "pattern:\\<ya29\\.[A-Za-z0-9_-]{20,}",
    "pattern:\\<hf_[A-Za-z0-9]{30,}",
    "pattern:\\<gsk_[A-Za-z0-9]{30,}",
    "pattern:\\<xai-[A-Za-z0-9]{30,}",
    "pattern:\\<pplx-[A-Za-z0-9]{30,}",
    "pattern:\\<nvapi-[A-Za-z0-9_-]{30,}",
    "pattern:\\<npm_[A-Za-z0-9]{36}",
    "pattern:\\<eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}",
    "pattern:-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----",
    "pattern:\\<[Bb]earer [A-Za-z0-9._~+/=-]{16,}",
};

const char *const *rp_redact_default(size_t *n)
{
    *n = sizeof(usual) / sizeof(*usual);
    return usual;
}

/* ---- names ----------------------------------------------------------------------------------- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int same(const char *a, const char *b, size_t n)
{
    while (n > 0 && lower(*a) == lower(*b)) {
        a++;
        b++;
        n--;
    }
    return n == 0;
}

int rp_redact_names(const struct rp_rule *rule, const char *s, size_t n)
{
    const char *name = rule->value;
    size_t k = strlen(name);
    int front = k > 1 && name[0] == '*', back = k > 1 && name[k - 1] == '*';

    name += front;
    k -= (size_t)(front + back);
    if (front && back) {
        for (size_t i = 0; i + k <= n; i++)
            if (same(name, s + i, k))
                return 1;
        return 0;
    }
    if (front || back)
        return n >= k && same(name, front ? s + n - k : s, k);
    return n == k && same(name, s, k);
}

const struct rp_rule *rp_redact_rule(const struct rp_redact *r, enum rp_rule_kind kind,
                                     const char *name, size_t n)
{
    const struct rp_rule *found = NULL;

    for (size_t i = 0; i < r->n_rules; i++)
        if (r->rules[i]->kind == kind && rp_redact_names(r->rules[i], name, n)) {
            found = r->rules[i];
            if (!found->usual) /* a rule that was given says more than a usual one */
                break;
        }
    return found;
}

/* ---- secrets and their numbers --------------------------------------------------------------- */

int rp_redact_learn(struct rp_redact *r, const char *s, size_t n, size_t least)
{
    const struct rp_alloc *a = &r->alloc;
    uint32_t room = r->secrets_room ? r->secrets_room * 2 : 16;
    struct rp_secret *more, *secret;

    if (n < least || n == 0 || r->n_secrets >= RP_REDACT_SECRETS_MAX || rp_redact_is_mark(s, n))
        return RP_OK;
    for (uint32_t k = r->first[(unsigned char)s[0]]; k > 0; k = r->secrets[k - 1].next)
        if (r->secrets[k - 1].n == n && memcmp(r->secrets[k - 1].s, s, n) == 0)
            return RP_OK;
    if (r->n_secrets == r->secrets_room) {
        more = a->resize(a->ctx, r->secrets, r->secrets_room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        r->secrets = more;
        r->secrets_room = room;
    }
    secret = &r->secrets[r->n_secrets];
    *secret = (struct rp_secret){.n = n, .next = r->first[(unsigned char)s[0]]};
    secret->s = a->resize(a->ctx, NULL, 0, n);
    if (!secret->s)
        return RP_ENOMEM;
    memcpy(secret->s, s, n);
    r->first[(unsigned char)s[0]] = ++r->n_secrets;
    r->shortest = r->shortest == 0 || n < r->shortest ? n : r->shortest;
    r->spaces |= memchr(s, ' ', n) != NULL;
    return RP_OK;
}

static uint32_t slot_of(const struct rp_redact *r, const unsigned char digest[32])
{
    uint32_t at;

    memcpy(&at, digest, sizeof(at));
    at &= r->numbered_room - 1;
    while (r->numbered[at].number && memcmp(r->numbered[at].digest, digest, 32) != 0)
        at = (at + 1) & (r->numbered_room - 1);
    return at;
}

static int more_numbers(struct rp_redact *r)
{
    struct rp_redact grown = *r;
    const struct rp_alloc *a = &r->alloc;

    if (r->n_numbered < r->numbered_room / 2)
        return RP_OK;
    if (r->numbered_room > UINT32_MAX / 4)
        return RP_ENOMEM;
    grown.numbered_room = r->numbered_room ? r->numbered_room * 2 : 64;
    grown.numbered = a->resize(a->ctx, NULL, 0, grown.numbered_room * sizeof(*r->numbered));
    if (!grown.numbered)
        return RP_ENOMEM;
    memset(grown.numbered, 0, grown.numbered_room * sizeof(*r->numbered));
    for (uint32_t i = 0; i < r->numbered_room; i++)
        if (r->numbered[i].number)
            grown.numbered[slot_of(&grown, r->numbered[i].digest)] = r->numbered[i];
    if (r->numbered)
        a->resize(a->ctx, r->numbered, r->numbered_room * sizeof(*r->numbered), 0);
    r->numbered = grown.numbered;
    r->numbered_room = grown.numbered_room;
    return RP_OK;
}

int rp_redact_number(struct rp_redact *r, const char *s, size_t n, uint32_t *number)
{
    unsigned char digest[32];
    struct rp_sha256 d;
    uint32_t at;

    RP_TRY(more_numbers(r));
    rp_sha256_init(&d);
    rp_sha256_add(&d, s, n);
    rp_sha256_end(&d, digest);
    at = slot_of(r, digest);
    if (r->numbered[at].number == 0) {
        memcpy(r->numbered[at].digest, digest, 32);
        r->numbered[at].number = ++r->n_numbered;
    }
    *number = r->numbered[at].number;
    return RP_OK;
}

/* ---- patterns -------------------------------------------------------------------------------- */

/* The letters with which every match begins. */
static size_t prefix_of(const char *s, char *out, size_t room)
{
    size_t n = 0;

    if (strchr(s, '|'))
        return 0; /* perhaps two beginnings */
    while (n + 1 < room && *s) {
        int escaped = s[0] == '\\' && s[1] && strchr(".[]()*+?{}|^$\\/-", s[1]) != NULL;
        if (!escaped && strchr(".[]()*+?{}|^$\\", *s))
            break;
        out[n++] = s[escaped];
        s += 1 + escaped;
    }
    if (n > 0 && *s && strchr("*?{", *s))
        n--;
    return n >= 2 ? n : 0;
}

static int wrong(struct rp_error *err, const char *rule, const char *what)
{
    return rp_fail_at(err, RP_EARG, rule, "%s", what);
}

static int compile(struct rp_redact *r, struct rp_rule *rule, struct rp_error *err)
{
    const char *s = rule->value;
    struct rp_buf anchored;
    char reason[160];
    int rc;

    rule->at_word = strncmp(s, "\\<", 2) == 0;
    s += rule->at_word ? 2 : 0;
    rule->n_prefix = prefix_of(s, rule->prefix, sizeof(rule->prefix));
    rp_buf_init(&anchored, &r->alloc, SIZE_MAX / 2);
    rc = rp_buf_addz(&anchored, rule->n_prefix ? "^(" : "(");
    if (rc == RP_OK)
        rc = rp_buf_addz(&anchored, s);
    if (rc == RP_OK)
        rc = rp_buf_addc(&anchored, ')');
    if (rc == RP_OK) {
        int got = regcomp(&rule->regex, anchored.s, REG_EXTENDED);
        rule->compiled = got == 0;
        if (got != 0)
            regerror(got, &rule->regex, reason, sizeof(reason));
        rc = got == 0 ? RP_OK : got == REG_ESPACE ? RP_ENOMEM : RP_EARG;
    }
    rp_buf_free(&anchored);
    if (rc == RP_EARG)
        return rp_fail_at(err, rc, rule->text,
                          "%s; give a POSIX extended regular expression, such as "
                          "pattern:tok_[A-Za-z0-9]{20,}",
                          reason);
    if (rc == RP_OK && regexec(&rule->regex, "", 0, NULL, 0) == 0)
        return wrong(err, rule->text,
                     "the pattern matches nothing at all everywhere; let it ask for something");
    return rc;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static const char *const kinds[RP_RULES] = {
    "header:", "query:", "key:", "json:", "pattern:", "text:"};

static void wipe(const struct rp_alloc *a, char *s, size_t n)
{
    memset(s, 0, n);
    a->resize(a->ctx, s, n, 0);
}

static void free_rule(const struct rp_alloc *a, struct rp_rule *rule)
{
    if (rule->compiled)
        regfree(&rule->regex);
    if (rule->text)
        wipe(a, rule->text, strlen(rule->text) + 1);
    a->resize(a->ctx, rule, sizeof(*rule), 0);
}

static int check_rule(struct rp_redact *r, struct rp_rule *rule, struct rp_error *err)
{
    size_t n = strlen(rule->value);

    if (n == 0)
        return wrong(err, rule->text, "the rule is empty; say behind the colon what is to go");
    switch (rule->kind) {
    case RP_RULE_PATTERN:
        return compile(r, rule, err);
    case RP_RULE_JSON:
        if (rule->value[0] != '/')
            return wrong(err, rule->text,
                         "is no JSON pointer; give one such as json:/user/name or json:/*/phone");
        return RP_OK;
    case RP_RULE_TEXT:
        if (n < RP_REDACT_TEXT_MIN)
            return wrong(err, "text:",
                         "the secret is too short to be told from other text; give 4 bytes at "
                         "least");
        return rp_redact_learn(r, rule->value, n, RP_REDACT_TEXT_MIN);
    case RP_RULE_HEADER:
    case RP_RULE_QUERY:
    case RP_RULE_KEY:
    case RP_RULES:
        break;
    }
    return RP_OK;
}

static int make_rule(struct rp_redact *r, const char *text, struct rp_rule **out,
                     struct rp_error *err)
{
    const struct rp_alloc *a = &r->alloc;
    int kind = 0;

    while (kind < RP_RULES && strncmp(text, kinds[kind], strlen(kinds[kind])) != 0)
        kind++;
    if (kind == RP_RULES)
        return wrong(err, text,
                     "is no rule; rules are header:NAME, query:NAME, key:NAME, json:/POINTER, "
                     "pattern:REGEX and text:SECRET");
    *out = a->resize(a->ctx, NULL, 0, sizeof(**out));
    if (!*out)
        return RP_ENOMEM;
    memset(*out, 0, sizeof(**out));
    (*out)->kind = (enum rp_rule_kind)kind;
    (*out)->text = a->resize(a->ctx, NULL, 0, strlen(text) + 1);
    if (!(*out)->text)
        return RP_ENOMEM;
    memcpy((*out)->text, text, strlen(text) + 1);
    (*out)->value = (*out)->text + strlen(kinds[kind]);
    return RP_OK;
}

static int reserve_rule(struct rp_redact *r)
{
    size_t room = r->rules_room ? r->rules_room * 2 : 64;
    struct rp_rule **more;

    if (r->n_rules < r->rules_room)
        return RP_OK;
    more = r->alloc.resize(r->alloc.ctx, r->rules, r->rules_room * sizeof(*more),
                           room * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    r->rules = more;
    r->rules_room = room;
    return RP_OK;
}

static int add_rule(struct rp_redact *r, const char *text, int is_usual, struct rp_error *err)
{
    struct rp_rule *rule = NULL;
    int rc;

    for (size_t i = 0; i < r->n_rules; i++)
        if (strcmp(r->rules[i]->text, text) == 0) {
            r->rules[i]->usual &= is_usual;
            return RP_OK;
        }
    RP_TRY(reserve_rule(r));
    rc = make_rule(r, text, &rule, err);
    if (rc == RP_OK)
        rc = check_rule(r, rule, err);
    if (rc != RP_OK) {
        if (rule)
            free_rule(&r->alloc, rule);
        return rc == RP_ENOMEM ? rp_fail_at(err, rc, "", "%s", rp_status_text(rc)) : rc;
    }
    rule->usual = is_usual;
    r->rules[r->n_rules++] = rule;
    return RP_OK;
}

int rp_redact_add(struct rp_redact *r, const char *rule, struct rp_error *err)
{
    return add_rule(r, rule, 0, err);
}

/* ---- rules as a note ------------------------------------------------------------------------- */

int rp_redact_write_rules(const struct rp_redact *r, struct rp_buf *out)
{
    size_t from = out->n, n = 0;
    int rc = RP_OK;

    for (size_t i = 0; rc == RP_OK && i < r->n_rules; i++) {
        if (r->rules[i]->usual || r->rules[i]->kind == RP_RULE_TEXT)
            continue;
        rc = rp_buf_addc(out, n++ == 0 ? '[' : ',');
        if (rc == RP_OK)
            rc = rp_json_write_str(out, rp_str(r->rules[i]->text));
    }
    if (rc == RP_OK && n > 0)
        rc = rp_buf_addc(out, ']');
    if (rc != RP_OK)
        rp_buf_cut(out, from);
    return rc;
}

int rp_redact_read_rules(struct rp_redact *r, const char *list, struct rp_error *err)
{
    struct rp_value v;
    struct rp_heap h;
    int rc;

    rp_heap_init(&h, &r->alloc, 0, 0);
    rc = rp_json_read(&h, list, strlen(list), &v, err);
    if (rc == RP_OK && v.tag != RP_LIST)
        rc = rp_fail_at(err, RP_EPARSE, "", "the note \"redact\" is no list of rules");
    for (uint32_t i = 0; rc == RP_OK && i < rp_len(v); i++) {
        if (rp_at(v, i).tag != RP_TEXT)
            rc = rp_fail_at(err, RP_EPARSE, "", "a rule in the note \"redact\" is no text");
        else
            rc = rp_redact_add(r, rp_str_of(rp_at(v, i)).s, err);
    }
    rp_heap_free(&h);
    return rc;
}

/* ---- life ------------------------------------------------------------------------------------ */

void rp_redact_free(struct rp_redact *r)
{
    struct rp_alloc a;

    if (!r)
        return;
    a = r->alloc;
    for (size_t i = 0; i < r->n_rules; i++)
        free_rule(&a, r->rules[i]);
    if (r->rules)
        a.resize(a.ctx, r->rules, r->rules_room * sizeof(*r->rules), 0);
    for (uint32_t i = 0; i < r->n_secrets; i++)
        wipe(&a, r->secrets[i].s, r->secrets[i].n);
    if (r->secrets)
        a.resize(a.ctx, r->secrets, r->secrets_room * sizeof(*r->secrets), 0);
    if (r->numbered)
        a.resize(a.ctx, r->numbered, r->numbered_room * sizeof(*r->numbered), 0);
    a.resize(a.ctx, r, sizeof(*r), 0);
}

int rp_redact_new(const struct rp_alloc *alloc, const char *const *rules, size_t n,
                  struct rp_redact **out, struct rp_error *err)
{
    struct rp_redact *r = alloc->resize(alloc->ctx, NULL, 0, sizeof(*r));
    int rc = RP_OK;

    if (!r)
        return rp_fail_at(err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
    memset(r, 0, sizeof(*r));
    r->alloc = *alloc;
    for (size_t i = 0; rc == RP_OK && i < sizeof(usual) / sizeof(*usual); i++)
        rc = add_rule(r, usual[i], 1, err);
    for (size_t i = 0; rc == RP_OK && i < n; i++)
        rc = rp_redact_add(r, rules[i], err);
    if (rc != RP_OK) {
        rp_redact_free(r);
        return rc;
    }
    *out = r;
    return RP_OK;
}
