/* portable_data.c - the `data` forms. One small function per form; keys stand in order of their
 * code points in each of them. */
#include "portable_data.h"

#define GENERATED "\"$generated\""

/* ---- generated text -------------------------------------------------------------------------- */

/* Is s one of K? */
static int is_known(struct rp_value known, struct rp_str s)
{
    uint32_t from = 0, to = rp_len(known);

    while (from < to) {
        uint32_t mid = from + (to - from) / 2;
        int order = rp_str_order(s, rp_str_of(rp_at(known, mid)));
        if (order == 0)
            return 1;
        if (order < 0)
            to = mid;
        else
            from = mid + 1;
    }
    return 0;
}

/* The text that somebody shows, unless it is the engine's own. */
static int add_shown(struct rp_buf *b, const struct rp_portable_form *f, struct rp_str s)
{
    if (s.n > 0 && f->known.tag == RP_LIST && !is_known(f->known, s) &&
        !(f->heard && rp_heard_has(f->heard, s)))
        return rp_buf_addz(b, GENERATED);
    return rp_json_write_str(b, s);
}

/* ---- contents -------------------------------------------------------------------------------- */

/* The value of a text that is JSON, else the text itself. */
static int parsed(const struct rp_portable_form *f, struct rp_value text, struct rp_value *out)
{
    int rc = rp_json_try(f->scratch, rp_str_of(text), out);

    if (rc == RP_EPARSE || rc == RP_ELIMIT) {
        *out = text;
        return RP_OK;
    }
    return rc;
}

static int add_call(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v)
{
    struct rp_c_call *call = rp_c_call_of(v);
    struct rp_value arguments;

    RP_TRY(parsed(f, call->arguments, &arguments));
    RP_TRY(rp_buf_addz(b, "{\"arguments\":"));
    RP_TRY(rp_json_write(b, arguments, 1));
    RP_TRY(rp_buf_addz(b, ",\"call\":"));
    RP_TRY(rp_json_write_str(b, rp_str_of(call->name)));
    RP_TRY(rp_buf_addz(b, ",\"id\":"));
    RP_TRY(rp_json_write_str(b, rp_str_of(call->id)));
    return rp_buf_addc(b, '}');
}

static int add_result(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v)
{
    struct rp_c_result *result = rp_c_result_of(v);
    struct rp_value value;

    RP_TRY(parsed(f, result->result, &value));
    RP_TRY(rp_buf_addz(b, "{\"id\":"));
    RP_TRY(rp_json_write_str(b, rp_str_of(result->id)));
    RP_TRY(rp_buf_addz(b, ",\"result\":"));
    if (value.tag == RP_TEXT)
        RP_TRY(add_shown(b, f, rp_str_of(value)));
    else
        RP_TRY(rp_json_write(b, value, 1));
    return rp_buf_addc(b, '}');
}

static int add_text(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v)
{
    RP_TRY(rp_buf_addz(b, "{\"text\":"));
    RP_TRY(add_shown(b, f, rp_str_of(rp_c_text_of(v)->text)));
    return rp_buf_addc(b, '}');
}

static int add_approval_request(struct rp_buf *b, const struct rp_portable_form *f,
                                struct rp_value v)
{
    RP_TRY(rp_buf_addz(b, "{\"approval_request\":"));
    RP_TRY(add_call(b, f, rp_c_approval_request_of(v)->call));
    return rp_buf_addc(b, '}');
}

static int add_approval_response(struct rp_buf *b, const struct rp_portable_form *f,
                                 struct rp_value v)
{
    struct rp_c_approval_response *response = rp_c_approval_response_of(v);

    RP_TRY(rp_buf_addz(b, "{\"approval_response\":"));
    RP_TRY(rp_buf_addz(b, rp_is_true(response->approved) ? "true" : "false"));
    RP_TRY(rp_buf_addz(b, ",\"call\":"));
    RP_TRY(add_call(b, f, response->call));
    return rp_buf_addc(b, '}');
}

static int add_contents(struct rp_buf *b, const struct rp_portable_form *f,
                        struct rp_value contents)
{
    RP_TRY(rp_buf_addc(b, '['));
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        if (i > 0)
            RP_TRY(rp_buf_addc(b, ','));
        RP_TRY(rp_form_data(b, f, rp_at(contents, i)));
    }
    return rp_buf_addc(b, ']');
}

/* ---- messages -------------------------------------------------------------------------------- */

static int add_authored(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value author,
                        struct rp_value contents, struct rp_value role)
{
    RP_TRY(rp_buf_addc(b, '{'));
    if (author.tag == RP_TEXT) {
        RP_TRY(rp_buf_addz(b, "\"author\":"));
        RP_TRY(rp_json_write_str(b, rp_str_of(author)));
        RP_TRY(rp_buf_addc(b, ','));
    }
    RP_TRY(rp_buf_addz(b, "\"contents\":"));
    RP_TRY(add_contents(b, f, contents));
    RP_TRY(rp_buf_addz(b, ",\"role\":"));
    RP_TRY(rp_json_write_str(b, rp_str(rp_role_name(role.u.i))));
    return rp_buf_addc(b, '}');
}

static int add_message(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v)
{
    struct rp_message *m = rp_message_of(v);

    return add_authored(b, f, m->author, m->contents, m->role);
}

static int add_messages(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value list)
{
    RP_TRY(rp_buf_addc(b, '['));
    for (uint32_t i = 0; i < rp_len(list); i++) {
        if (i > 0)
            RP_TRY(rp_buf_addc(b, ','));
        RP_TRY(add_message(b, f, rp_at(list, i)));
    }
    return rp_buf_addc(b, ']');
}

/* {"NAME":[M...]} */
static int add_named_messages(struct rp_buf *b, const struct rp_portable_form *f, const char *name,
                              struct rp_value list)
{
    RP_TRY(rp_buf_addc(b, '{'));
    RP_TRY(rp_json_write_str(b, rp_str(name)));
    RP_TRY(rp_buf_addc(b, ':'));
    RP_TRY(add_messages(b, f, list));
    return rp_buf_addc(b, '}');
}

static int is_approval(struct rp_value content)
{
    unsigned kind = rp_kind(content);

    return kind == RP_K_C_APPROVAL_REQUEST || kind == RP_K_C_APPROVAL_RESPONSE;
}

/* One message as a service is sent it; *sent says whether anything was left to send. */
static int add_sent(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value message,
                    int comma, int *sent)
{
    struct rp_value contents = rp_message_of(message)->contents;

    *sent = 0;
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        if (is_approval(rp_at(contents, i)))
            continue;
        if (*sent)
            RP_TRY(rp_buf_addc(b, ','));
        else
            RP_TRY(rp_buf_addz(b, comma ? ",{\"contents\":[" : "{\"contents\":["));
        *sent = 1;
        RP_TRY(rp_form_data(b, f, rp_at(contents, i)));
    }
    if (!*sent)
        return RP_OK;
    RP_TRY(rp_buf_addz(b, "],\"role\":"));
    RP_TRY(rp_json_write_str(b, rp_str(rp_role_name(rp_message_of(message)->role.u.i))));
    return rp_buf_addc(b, '}');
}

int rp_form_sent(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value messages)
{
    int any = 0, sent;

    RP_TRY(rp_buf_addc(b, '['));
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        RP_TRY(add_sent(b, f, rp_at(messages, i), any, &sent));
        any |= sent;
    }
    return rp_buf_addc(b, ']');
}

/* ---- records between executors --------------------------------------------------------------- */

static int add_agent_request(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v)
{
    struct rp_agent_request *request = rp_agent_request_of(v);

    RP_TRY(rp_buf_addz(b, "{\"agent_request\":{\"messages\":"));
    RP_TRY(add_messages(b, f, request->messages));
    RP_TRY(rp_buf_addz(b, ",\"should_respond\":"));
    RP_TRY(rp_buf_addz(b, rp_is_true(request->should_respond) ? "true" : "false"));
    return rp_buf_addz(b, "}}");
}

static int add_agent_response(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v)
{
    struct rp_agent_response *response = rp_agent_response_of(v);

    RP_TRY(rp_buf_addz(b, "{\"agent_response\":{\"executor\":"));
    RP_TRY(rp_json_write_str(b, rp_str_of(response->executor)));
    RP_TRY(rp_buf_addz(b, ",\"messages\":"));
    RP_TRY(add_messages(b, f, rp_response_of(response->response)->messages));
    return rp_buf_addz(b, "}}");
}

static int add_update(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v)
{
    struct rp_update *update = rp_update_of(v);

    RP_TRY(rp_buf_addz(b, "{\"update\":"));
    RP_TRY(add_authored(b, f, update->author, update->contents, update->role));
    return rp_buf_addc(b, '}');
}

static int add_group_request(struct rp_buf *b, struct rp_value v)
{
    RP_TRY(rp_buf_addz(b, "{\"group_chat_request\":{\"additional_instruction\":"));
    RP_TRY(rp_json_write(b, rp_group_request_of(v)->instruction, 1));
    return rp_buf_addz(b, "}}");
}

/* A ledger shows each answer by its name; its reasons are nobody's business. */
static int add_answers(struct rp_buf *b, struct rp_value ledger)
{
    static const char *const names[] = {"instruction_or_question", "is_in_loop",
                                        "is_progress_being_made", "is_request_satisfied",
                                        "next_speaker"};

    if (ledger.tag != RP_MAP)
        return rp_buf_addz(b, "null");
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct rp_value answer = rp_map_get(ledger, names[i]);
        if (answer.tag == RP_MAP)
            answer = rp_map_get(answer, "answer");
        RP_TRY(rp_buf_addc(b, i == 0 ? '{' : ','));
        RP_TRY(rp_json_write_str(b, rp_str(names[i])));
        RP_TRY(rp_buf_addc(b, ':'));
        RP_TRY(rp_json_write(b, answer, 1));
    }
    return rp_buf_addc(b, '}');
}

static int add_plan_review(struct rp_buf *b, struct rp_value v)
{
    struct rp_plan_review *review = rp_plan_review_of(v);

    RP_TRY(rp_buf_addz(b, "{\"plan_review\":{\"current_progress\":"));
    RP_TRY(add_answers(b, review->progress));
    RP_TRY(rp_buf_addz(b, ",\"is_stalled\":"));
    RP_TRY(rp_buf_addz(b, rp_is_true(review->is_stalled) ? "true" : "false"));
    return rp_buf_addz(b, "}}");
}

int rp_form_magentic(struct rp_buf *b, struct rp_value data)
{
    static const char updated[] = "progress_ledger_updated";

    if (!rp_map_has(data, updated))
        return rp_json_write(b, data, 1);
    RP_TRY(rp_buf_addz(b, "{\"progress_ledger_updated\":"));
    RP_TRY(add_answers(b, rp_map_get(data, updated)));
    return rp_buf_addc(b, '}');
}

/* Records that no scenario shows a caller: by name, for programs that use the engine directly. */
static int add_other(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v)
{
    switch (rp_kind(v)) {
    case RP_K_GROUP_RESPONSE:
        RP_TRY(rp_buf_addz(b, "{\"group_chat_response\":"));
        RP_TRY(add_message(b, f, rp_group_response_of(v)->message));
        break;
    case RP_K_SUB_REQUEST:
        RP_TRY(rp_buf_addz(b, "{\"sub_workflow_request\":"));
        RP_TRY(rp_form_data(b, f, rp_sub_request_of(v)->data));
        break;
    case RP_K_SUB_RESPONSE:
        RP_TRY(rp_buf_addz(b, "{\"sub_workflow_response\":"));
        RP_TRY(rp_form_data(b, f, rp_sub_response_of(v)->value));
        break;
    default:
        RP_TRY(rp_buf_addz(b, "{\"record\":"));
        RP_TRY(rp_json_write_str(b, rp_str(rp_kind_name(rp_kind(v)))));
        break;
    }
    return rp_buf_addc(b, '}');
}

static int add_record(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v)
{
    switch (rp_kind(v)) {
    case RP_K_MESSAGE:
        RP_TRY(rp_buf_addz(b, "{\"message\":"));
        RP_TRY(add_message(b, f, v));
        return rp_buf_addc(b, '}');
    case RP_K_C_TEXT:
        return add_text(b, f, v);
    case RP_K_C_CALL:
        return add_call(b, f, v);
    case RP_K_C_RESULT:
        return add_result(b, f, v);
    case RP_K_C_APPROVAL_REQUEST:
        return add_approval_request(b, f, v);
    case RP_K_C_APPROVAL_RESPONSE:
        return add_approval_response(b, f, v);
    case RP_K_RESPONSE:
        return add_named_messages(b, f, "response", rp_response_of(v)->messages);
    case RP_K_UPDATE:
        return add_update(b, f, v);
    case RP_K_AGENT_REQUEST:
        return add_agent_request(b, f, v);
    case RP_K_AGENT_RESPONSE:
        return add_agent_response(b, f, v);
    case RP_K_GROUP_REQUEST:
        return add_group_request(b, v);
    case RP_K_GROUP_MESSAGES:
        return add_named_messages(b, f, "participant_message", rp_group_messages_of(v)->messages);
    case RP_K_RESET:
        return rp_buf_addz(b, "{\"reset\":true}");
    case RP_K_PLAN_REVIEW:
        return add_plan_review(b, v);
    case RP_K_PLAN_ANSWER:
        return add_named_messages(b, f, "plan_review_response", rp_plan_answer_of(v)->messages);
    case RP_K_REVIEW_ANSWER:
        return add_named_messages(b, f, "request_info_response", rp_review_answer_of(v)->messages);
    case RP_K_USER_REQUEST:
        return add_named_messages(b, f, "user_input_request",
                                  rp_response_of(rp_user_request_of(v)->response)->messages);
    default:
        return add_other(b, f, v);
    }
}

/* ---- any value ------------------------------------------------------------------------------- */

static int add_data(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v,
                    unsigned depth);

static int add_list(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v,
                    unsigned depth)
{
    if (depth == RP_VALUE_DEPTH_MAX)
        return RP_ELIMIT;
    RP_TRY(rp_buf_addz(b, "{\"list\":["));
    for (uint32_t i = 0; i < rp_len(v); i++) {
        if (i > 0)
            RP_TRY(rp_buf_addc(b, ','));
        RP_TRY(add_data(b, f, rp_at(v, i), depth + 1));
    }
    return rp_buf_addz(b, "]}");
}

static int add_data(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v,
                    unsigned depth)
{
    if (v.tag == RP_REC)
        return add_record(b, f, v);
    if (v.tag == RP_LIST)
        return add_list(b, f, v, depth);
    RP_TRY(rp_buf_addz(b, v.tag == RP_TEXT ? "{\"text\":" : "{\"value\":"));
    RP_TRY(rp_json_write(b, v, 1));
    return rp_buf_addc(b, '}');
}

int rp_form_data(struct rp_buf *b, const struct rp_portable_form *f, struct rp_value v)
{
    return add_data(b, f, v, 0);
}
