/* load_fault.c - owns what goes wrong with a scripted reply, and when it comes: `error`,
 * `delay_ms`, `chunk_delay_ms` (load.h). */
#include "load_util.h"

static int stands_alone(struct rp_loader *l, const struct rp_spot *reply)
{
    static const char *const others[] = {"text", "json", "chunks", "tool_calls", NULL};

    for (int i = 0; others[i]; i++) {
        struct rp_spot at = rp_load_key(reply, others[i]);
        if (rp_load_has(&at))
            return rp_load_fail(l, reply, "\"error\" and \"%s\" exclude each other", others[i]);
    }
    return RP_OK;
}

/* Why a call fails: the words, and up to two numbers or texts among them. */
static int say(struct rp_loader *l, struct rp_script_reply *out, const char *format, int64_t n,
               const char *text)
{
    struct rp_error said = {0};

    rp_fail_at(&said, RP_ECLIENT, "", format, n, text);
    out->error = rp_textz(l->heap, said.text);
    return out->error.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

static int load_refusal(struct rp_loader *l, const struct rp_spot *error,
                        struct rp_script_reply *out)
{
    struct rp_spot at = rp_load_key(error, "status"), message;
    int64_t status = 0;

    RP_TRY(rp_load_int(l, error, "status", RP_REQUIRED, 400, &status));
    if (status > 599)
        return rp_load_fail(l, &at, "expected an HTTP status from 400 to 599");
    RP_TRY(rp_load_text(l, error, "message", RP_OPTIONAL, &message));
    RP_TRY(rp_load_int(l, error, "retry_after", RP_OPTIONAL, 1, &out->retry_after));
    out->fault = RP_FAULT_STATUS;
    out->status = (int)status;
    out->message = message.v;
    if (message.v.tag == RP_NIL)
        return say(l, out, "the service refuses: HTTP status %l", status, "");
    return say(l, out, "the service refuses: HTTP status %l: %s", status, rp_str_of(message.v).s);
}

/* Without the flag there would be no fault to speak of. */
static int load_flag(struct rp_loader *l, const struct rp_spot *error, const char *key)
{
    struct rp_spot at = rp_load_key(error, key);
    int yes = 0;

    RP_TRY(rp_load_bool(l, error, key, &yes));
    return yes ? RP_OK : rp_load_fail(l, &at, "expected true; without the fault leave it out");
}

static int load_cut(struct rp_loader *l, const struct rp_spot *error, struct rp_script_reply *out)
{
    struct rp_spot at = rp_load_key(error, "cut_after");
    uint32_t updates = rp_script_updates(out);

    RP_TRY(rp_load_count(l, error, "cut_after", 0, &out->cut_after));
    if (out->cut_after >= updates) /* what ends the stream comes with the last one */
        return rp_load_fail(l, &at,
                            "the reply has %u update%s, so at most %u can come before a cut",
                            updates, updates == 1 ? "" : "s", updates - 1);
    out->fault = RP_FAULT_CUT;
    return say(l, out, "the connection broke after %l update%s", out->cut_after,
               out->cut_after == 1 ? "" : "s");
}

enum { STATUS, TIMEOUT, CUT, MALFORMED };

static int load_kind(struct rp_loader *l, const struct rp_spot *error, int which,
                     struct rp_script_reply *out)
{
    switch (which) {
    case STATUS:
        return load_refusal(l, error, out);
    case TIMEOUT:
        RP_TRY(load_flag(l, error, "timeout"));
        out->fault = RP_FAULT_TIMEOUT;
        return say(l, out, "the service did not answer in time", 0, "");
    case CUT:
        return load_cut(l, error, out);
    default:
        RP_TRY(load_flag(l, error, "malformed"));
        out->fault = RP_FAULT_MALFORMED;
        return say(l, out, "the reply is malformed: not JSON", 0, "");
    }
}

static int load_error(struct rp_loader *l, const struct rp_spot *reply, struct rp_script_reply *out)
{
    static const char *const faults[] = {"status", "timeout", "cut_after", "malformed", NULL};
    static const char *const keys[] = {"status",    "message",     "timeout", "cut_after",
                                       "malformed", "retry_after", NULL};
    static const char *const refusals[] = {"status", "message", "retry_after", NULL};
    struct rp_spot error = rp_load_key(reply, "error");
    int which;

    if (error.v.tag != RP_TEXT && error.v.tag != RP_MAP)
        return rp_load_fail(l, &error,
                            "expected a string, or an object with \"status\", "
                            "\"timeout\", \"cut_after\" or \"malformed\"");
    out->error = error.v;
    if (error.v.tag == RP_TEXT)
        return stands_alone(l, reply);
    RP_TRY(rp_load_keys(l, &error, keys));
    RP_TRY(rp_load_one_of(l, &error, faults, RP_REQUIRED, &which));
    if (which == STATUS)
        RP_TRY(rp_load_keys(l, &error, refusals));
    else
        RP_TRY(rp_load_keys(l, &error, (const char *const[]){faults[which], NULL}));
    if (which != CUT)
        RP_TRY(stands_alone(l, reply));
    return load_kind(l, &error, which, out);
}

int rp_load_fault(struct rp_loader *l, const struct rp_spot *reply, struct rp_script_reply *out)
{
    struct rp_spot error = rp_load_key(reply, "error");
    int64_t delay = 0, gap = 0;

    RP_TRY(rp_load_int(l, reply, "delay_ms", RP_OPTIONAL, 0, &delay));
    RP_TRY(rp_load_int(l, reply, "chunk_delay_ms", RP_OPTIONAL, 0, &gap));
    out->delay_ms = (uint64_t)delay;
    out->chunk_delay_ms = (uint64_t)gap;
    return rp_load_has(&error) ? load_error(l, reply, out) : RP_OK;
}
