/* checkpoint_words.c - values of a checkpoint in words. */
#include "checkpoint_words.h"

#include <math.h>

enum { DEEP = 6, ITEMS_SHOWN = 8 };

/* ---- texts ----------------------------------------------------------------------------------- */

static void add_code(struct rp_buf *b, unsigned c)
{
    static const char digits[] = "0123456789abcdef";
    char shown[] = {'\\', 'x', digits[c >> 4 & 15], digits[c & 15], '\0'};

    rp_buf_addz(b, shown);
}

/* One character of UTF-8 at i; returns its bytes. What could drive a terminal is shown as a code.
 */
static size_t add_character(struct rp_buf *b, struct rp_str s, size_t i)
{
    unsigned char c = (unsigned char)s.s[i];
    size_t n = 1;

    while (i + n < s.n && ((unsigned char)s.s[i + n] & 0xc0) == 0x80)
        n++;
    if (c == '\n')
        rp_buf_addz(b, "\\n");
    else if (c < 0x20 || c == 0x7f)
        add_code(b, c);
    else if (c == 0xc2 && n == 2 && ((unsigned char)s.s[i + 1] & 0xe0) == 0x80)
        add_code(b, (unsigned char)s.s[i + 1]);
    else
        rp_buf_add(b, s.s + i, n);
    return n;
}

void rp_words_name(const struct rp_words *w, struct rp_str s)
{
    for (size_t i = 0; i < s.n;)
        i += add_character(w->out, s, i);
}

void rp_words_text(const struct rp_words *w, struct rp_str s)
{
    uint32_t shown = 0;
    size_t i = 0;

    rp_buf_addc(w->out, '"');
    for (; i < s.n && (w->most == 0 || shown < w->most); shown++)
        i += add_character(w->out, s, i);
    rp_buf_addz(w->out, i < s.n ? "...\"" : "\"");
}

void rp_words_z(const struct rp_words *w, const char *z)
{
    rp_buf_addz(w->out, z);
}

void rp_words_int(const struct rp_words *w, int64_t i)
{
    rp_buf_add_int(w->out, i);
}

void rp_words_count(const struct rp_words *w, int64_t n, const char *thing)
{
    rp_words_int(w, n);
    rp_words_z(w, " ");
    rp_words_z(w, thing);
    if (n != 1)
        rp_words_z(w, "s");
}

void rp_words_bytes(const struct rp_words *w, uint64_t n)
{
    static const char *const units[] = {" KB", " MB", " GB", " TB"};
    uint64_t unit = 1000;
    size_t i = 0;

    if (n < unit) {
        rp_words_int(w, (int64_t)n);
        rp_words_z(w, " B");
        return;
    }
    while (i + 1 < sizeof(units) / sizeof(*units) && n / unit >= 1000) {
        unit *= 1000;
        i++;
    }
    rp_words_int(w, (int64_t)(n / unit));
    rp_words_z(w, ".");
    rp_words_int(w, (int64_t)(n % unit / (unit / 10)));
    rp_words_z(w, units[i]);
}

void rp_words_field(const struct rp_words *w, const char *name)
{
    for (; *name; name++)
        rp_buf_addc(w->out, *name == '_' ? ' ' : *name);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void add_call(const struct rp_words *w, struct rp_value call)
{
    rp_words_name(w, rp_str_of(rp_c_call_of(call)->name));
    rp_words_z(w, " ");
    rp_words_name(w, rp_str_of(rp_c_call_of(call)->arguments));
}

static void add_result(const struct rp_words *w, const struct rp_c_result *result)
{
    rp_words_z(w, rp_is_true(result->is_error) ? "failure of " : "result of ");
    rp_words_name(w, rp_str_of(result->id));
    rp_words_z(w, ": ");
    rp_words_text(w, rp_str_of(result->result));
}

static void add_content(const struct rp_words *w, struct rp_value v)
{
    switch (rp_kind(v)) {
    case RP_K_C_TEXT:
        rp_words_text(w, rp_str_of(rp_c_text_of(v)->text));
        return;
    case RP_K_C_CALL:
        rp_words_z(w, "calls ");
        add_call(w, v);
        return;
    case RP_K_C_RESULT:
        add_result(w, rp_c_result_of(v));
        return;
    case RP_K_C_APPROVAL_REQUEST:
        rp_words_z(w, "asks to run ");
        add_call(w, rp_c_approval_request_of(v)->call);
        return;
    case RP_K_C_APPROVAL_RESPONSE:
        rp_words_z(w, rp_is_true(rp_c_approval_response_of(v)->approved) ? "lets run "
                                                                         : "does not let run ");
        add_call(w, rp_c_approval_response_of(v)->call);
        return;
    default:
        rp_words_z(w, "(content)");
    }
}

static void add_contents(const struct rp_words *w, struct rp_value contents)
{
    if (rp_len(contents) == 0)
        rp_words_z(w, "(nothing)");
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        if (i > 0)
            rp_words_z(w, ", ");
        add_content(w, rp_at(contents, i));
    }
}

static void add_speaker(const struct rp_words *w, struct rp_value role, struct rp_value author)
{
    const char *name = rp_role_name(role.u.i);

    if (author.tag != RP_TEXT) {
        rp_words_z(w, name);
    } else {
        rp_words_name(w, rp_str_of(author));
        if (role.u.i != RP_ASSISTANT) {
            rp_words_z(w, " (");
            rp_words_z(w, name);
            rp_words_z(w, ")");
        }
    }
    rp_words_z(w, ": ");
}

static void add_message(const struct rp_words *w, struct rp_value v)
{
    add_speaker(w, rp_message_of(v)->role, rp_message_of(v)->author);
    add_contents(w, rp_message_of(v)->contents);
}

int rp_words_are_messages(struct rp_value v)
{
    for (uint32_t i = 0; i < rp_len(v); i++)
        if (rp_kind(rp_at(v, i)) != RP_K_MESSAGE)
            return 0;
    return rp_len(v) > 0;
}

/* A whole conversation is told by its length and its last message. */
static void add_messages(const struct rp_words *w, struct rp_value list)
{
    uint32_t n = rp_len(list);

    if (n != 1)
        rp_words_count(w, n, "message");
    if (n > 1)
        rp_words_z(w, ", the last one ");
    if (n > 0)
        add_message(w, rp_at(list, n - 1));
}

/* ---- records --------------------------------------------------------------------------------- */

static void add_value(const struct rp_words *w, struct rp_value v, int depth);

static void add_agent_request(const struct rp_words *w, const struct rp_agent_request *r)
{
    rp_words_z(w, rp_is_true(r->should_respond) ? "to be answered: " : "to be known: ");
    add_messages(w, r->messages);
}

static void add_response_of(const struct rp_words *w, const struct rp_agent_response *r)
{
    rp_words_z(w, "response of ");
    rp_words_name(w, rp_str_of(r->executor));
    rp_words_z(w, ": ");
    add_messages(w, rp_response_of(r->response)->messages);
}

static void add_answer(const struct rp_words *w, struct rp_value messages, const char *yes,
                       const char *no)
{
    rp_words_z(w, rp_len(messages) == 0 ? yes : no);
    if (rp_len(messages) > 0)
        add_messages(w, messages);
}

static void add_sub(const struct rp_words *w, const char *what, struct rp_value id,
                    struct rp_value data, int depth)
{
    rp_words_z(w, what);
    rp_words_name(w, rp_str_of(id));
    rp_words_z(w, ": ");
    add_value(w, data, depth + 1);
}

/* A record by the names of its fields. */
static void add_fields(const struct rp_words *w, struct rp_value v, int depth)
{
    unsigned kind = rp_kind(v);

    rp_words_field(w, rp_kind_name(kind) ? rp_kind_name(kind) : "record");
    rp_words_z(w, " (");
    for (unsigned i = 0; i < rp_kind_fields(kind); i++) {
        if (i > 0)
            rp_words_z(w, ", ");
        rp_words_field(w, rp_kind_field(kind, i, NULL));
        rp_words_z(w, " ");
        add_value(w, v.u.rec->slot[i], depth + 1);
    }
    rp_words_z(w, ")");
}

static void add_record(const struct rp_words *w, struct rp_value v, int depth)
{
    switch (rp_kind(v)) {
    case RP_K_MESSAGE:
        add_message(w, v);
        return;
    case RP_K_RESPONSE:
        add_messages(w, rp_response_of(v)->messages);
        return;
    case RP_K_UPDATE:
        add_speaker(w, rp_update_of(v)->role, rp_update_of(v)->author);
        add_contents(w, rp_update_of(v)->contents);
        return;
    case RP_K_AGENT_REQUEST:
        add_agent_request(w, rp_agent_request_of(v));
        return;
    case RP_K_AGENT_RESPONSE:
        add_response_of(w, rp_agent_response_of(v));
        return;
    case RP_K_GROUP_REQUEST:
        rp_words_z(w, "the floor");
        if (rp_group_request_of(v)->instruction.tag == RP_TEXT) {
            rp_words_z(w, ": ");
            rp_words_text(w, rp_str_of(rp_group_request_of(v)->instruction));
        }
        return;
    case RP_K_GROUP_MESSAGES:
        add_messages(w, rp_group_messages_of(v)->messages);
        return;
    case RP_K_GROUP_RESPONSE:
        add_message(w, rp_group_response_of(v)->message);
        return;
    case RP_K_RESET:
        rp_words_z(w, "forget everything");
        return;
    case RP_K_PLAN_ANSWER:
        add_answer(w, rp_plan_answer_of(v)->messages, "the plan is good", "revise the plan: ");
        return;
    case RP_K_REVIEW_ANSWER:
        add_answer(w, rp_review_answer_of(v)->messages, "it is good", "feedback: ");
        return;
    case RP_K_SUB_REQUEST:
        add_sub(w, "request ", rp_sub_request_of(v)->id, rp_sub_request_of(v)->data, depth);
        return;
    case RP_K_SUB_RESPONSE:
        add_sub(w, "answer to ", rp_sub_response_of(v)->id, rp_sub_response_of(v)->value, depth);
        return;
    case RP_K_PLAN_REVIEW:
    case RP_K_USER_REQUEST:
        rp_words_request(w, v);
        return;
    case RP_K_C_TEXT:
    case RP_K_C_CALL:
    case RP_K_C_RESULT:
    case RP_K_C_APPROVAL_REQUEST:
    case RP_K_C_APPROVAL_RESPONSE:
        add_content(w, v);
        return;
    default:
        add_fields(w, v, depth);
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

static void add_list(const struct rp_words *w, struct rp_value v, int depth)
{
    uint32_t n = rp_len(v), shown = w->most > 0 && n > ITEMS_SHOWN ? ITEMS_SHOWN : n;

    if (rp_words_are_messages(v)) {
        add_messages(w, v);
        return;
    }
    rp_words_z(w, "[");
    for (uint32_t i = 0; i < shown; i++) {
        if (i > 0)
            rp_words_z(w, ", ");
        add_value(w, rp_at(v, i), depth + 1);
    }
    if (shown < n) {
        rp_words_z(w, ", ... ");
        rp_words_int(w, n);
        rp_words_z(w, " in all");
    }
    rp_words_z(w, "]");
}

static void add_map(const struct rp_words *w, struct rp_value v, int depth)
{
    rp_words_z(w, "{");
    for (uint32_t i = 0; i < rp_map_len(v); i++) {
        if (i > 0)
            rp_words_z(w, ", ");
        rp_words_name(w, rp_str_of(rp_map_key(v, i)));
        rp_words_z(w, ": ");
        add_value(w, rp_map_value(v, i), depth + 1);
    }
    rp_words_z(w, "}");
}

static void add_value(const struct rp_words *w, struct rp_value v, int depth)
{
    if (depth > DEEP && rp_is_handle(v) && v.tag != RP_TEXT && v.tag != RP_DIGITS) {
        rp_words_z(w, "...");
        return;
    }
    switch ((enum rp_tag)v.tag) {
    case RP_NIL:
    case RP_BAD:
        rp_words_z(w, "none");
        return;
    case RP_BOOL:
        rp_words_z(w, rp_is_true(v) ? "yes" : "no");
        return;
    case RP_INT:
        rp_words_int(w, v.u.i);
        return;
    case RP_REAL:
        if (isfinite(v.u.r))
            rp_buf_add_real(w->out, v.u.r);
        else
            rp_words_z(w, "no number");
        return;
    case RP_DIGITS:
        rp_words_name(w, rp_str_of(v));
        return;
    case RP_TEXT:
        rp_words_text(w, rp_str_of(v));
        return;
    case RP_LIST:
        add_list(w, v, depth);
        return;
    case RP_MAP:
        add_map(w, v, depth);
        return;
    case RP_REC:
        add_record(w, v, depth);
        return;
    }
}

void rp_words_value(const struct rp_words *w, struct rp_value v)
{
    add_value(w, v, 0);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void ask_plan(const struct rp_words *w, const struct rp_plan_review *review)
{
    rp_words_z(w, rp_is_true(review->is_stalled) ? "the work has stalled; is this new plan good: "
                                                 : "is this plan good: ");
    add_contents(w, rp_message_of(review->plan)->contents);
}

void rp_words_request(const struct rp_words *w, struct rp_value data)
{
    switch (rp_kind(data)) {
    case RP_K_C_APPROVAL_REQUEST:
        rp_words_z(w, "may this run: ");
        add_call(w, rp_c_approval_request_of(data)->call);
        return;
    case RP_K_C_CALL:
        rp_words_z(w, "what is the result of ");
        add_call(w, data);
        return;
    case RP_K_AGENT_RESPONSE:
        rp_words_z(w, "is this good: ");
        add_messages(w, rp_response_of(rp_agent_response_of(data)->response)->messages);
        return;
    case RP_K_PLAN_REVIEW:
        ask_plan(w, rp_plan_review_of(data));
        return;
    case RP_K_USER_REQUEST:
        rp_words_z(w, "what does the user say to this: ");
        add_messages(w, rp_response_of(rp_user_request_of(data)->response)->messages);
        return;
    default:
        rp_words_value(w, data);
    }
}

static const char *example(struct rp_value data)
{
    switch (rp_kind(data)) {
    case RP_K_C_APPROVAL_REQUEST:
        return "\"approve\":true";
    case RP_K_C_CALL:
        return "\"result\":\"...\"";
    case RP_K_AGENT_RESPONSE:
        return "\"feedback\":[\"...\"]} or {\"approve\":true";
    case RP_K_PLAN_REVIEW:
        return "\"revise\":[\"...\"]} or {\"approve\":true";
    case RP_K_USER_REQUEST:
        return "\"reply\":\"...\"} or {\"terminate\":true";
    default:
        return "\"value\":\"...\"";
    }
}

void rp_words_answer(const struct rp_words *w, int64_t number, struct rp_value data)
{
    const char *rest = example(data);

    rp_words_z(w, "{\"request\":");
    rp_words_int(w, number);
    rp_words_z(w, ",");
    for (; *rest; rest++) {
        rp_buf_addc(w->out, *rest);
        if (*rest != '{')
            continue;
        rp_words_z(w, "\"request\":");
        rp_words_int(w, number);
        rp_words_z(w, ",");
    }
    rp_words_z(w, "}");
}
