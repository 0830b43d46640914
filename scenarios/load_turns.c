/* load_turns.c - owns the turns of a scenario: tasks, answers, and where a run goes on from. */
#include "load_util.h"

#include <string.h>

/* ---- tasks ---- */

static int load_message(struct rp_loader *l, const struct rp_spot *spot, struct rp_value *out)
{
    static const char *const keys[] = {"role", "text", "author", NULL};
    static const char *const roles[] = {"user", "assistant", "tool", "system", NULL};
    static const enum rp_role role_of[] = {RP_USER, RP_ASSISTANT, RP_TOOL, RP_SYSTEM};
    struct rp_spot text, author;
    int role;

    RP_TRY(rp_load_keys(l, spot, keys));
    RP_TRY(rp_load_word(l, spot, "role", roles, &role));
    RP_TRY(rp_load_text(l, spot, "text", RP_REQUIRED, &text));
    RP_TRY(rp_load_text(l, spot, "author", RP_OPTIONAL, &author));
    *out = rp_text_message(l->heap, role_of[role], author.v, text.v);
    return RP_OK;
}

static int load_messages(struct rp_loader *l, const struct rp_spot *task, struct rp_value *out)
{
    *out = rp_list();
    for (uint32_t i = 0; i < rp_len(task->v); i++) {
        struct rp_spot item = rp_load_item(task, i);
        struct rp_value message;
        RP_TRY(load_message(l, &item, &message));
        RP_TRY(rp_list_add(l->heap, out, message));
    }
    return RP_OK;
}

static int load_number(struct rp_loader *l, const struct rp_spot *task, struct rp_value *out)
{
    int64_t i;

    RP_TRY(rp_load_is_int(l, task, INT64_MIN, &i));
    if (strcmp(l->s->pattern, "graph") != 0)
        return rp_load_fail(l, task,
                            "an integer is a task for graphs only; a %s takes a string or "
                            "an array of messages",
                            l->s->pattern);
    *out = rp_int(i);
    return RP_OK;
}

static int load_run(struct rp_loader *l, const struct rp_spot *turn, struct rp_scenario_turn *out)
{
    struct rp_spot task = rp_load_key(turn, "run");

    out->kind = RP_TURN_RUN;
    if (task.v.tag == RP_LIST)
        return load_messages(l, &task, &out->message);
    if (task.v.tag == RP_INT || task.v.tag == RP_DIGITS)
        return load_number(l, &task, &out->message);
    out->message = task.v;
    if (task.v.tag != RP_TEXT)
        return rp_load_fail(l, &task, "expected a string, an integer or an array of messages");
    return RP_OK;
}

/* ---- answers ---- */

static const char *const answer_key[] = {
    [RP_ANSWER_APPROVE] = "approve",     [RP_ANSWER_FEEDBACK] = "feedback",
    [RP_ANSWER_REVISE] = "revise",       [RP_ANSWER_REPLY] = "reply",
    [RP_ANSWER_TERMINATE] = "terminate", [RP_ANSWER_RESULT] = "result",
    [RP_ANSWER_VALUE] = "value",         [RP_ANSWER_VALUE + 1] = NULL};

static int load_yes(struct rp_loader *l, const struct rp_spot *answer,
                    struct rp_scenario_answer *out)
{
    struct rp_spot at = rp_load_key(answer, answer_key[out->kind]);

    RP_TRY(rp_load_bool(l, answer, at.key, &out->yes));
    if (out->kind == RP_ANSWER_TERMINATE && !out->yes)
        return rp_load_fail(l, &at, "expected true; to go on, answer with \"reply\"");
    return RP_OK;
}

static int load_value(struct rp_loader *l, const struct rp_spot *answer,
                      struct rp_scenario_answer *out)
{
    struct rp_spot at = rp_load_key(answer, answer_key[out->kind]);

    switch (out->kind) {
    case RP_ANSWER_APPROVE:
    case RP_ANSWER_TERMINATE:
        return load_yes(l, answer, out);
    case RP_ANSWER_FEEDBACK:
    case RP_ANSWER_REVISE:
        RP_TRY(rp_load_array(l, answer, at.key, RP_REQUIRED, 0, &at));
        RP_TRY(rp_load_are_texts(l, &at));
        break;
    case RP_ANSWER_REPLY:
    case RP_ANSWER_VALUE:
        RP_TRY(rp_load_is_text(l, &at));
        break;
    case RP_ANSWER_RESULT:
        break;
    }
    out->value = at.v;
    return RP_OK;
}

int rp_load_answer(struct rp_loader *l, const struct rp_spot *answer,
                   struct rp_scenario_answer *out)
{
    int which;

    RP_TRY(rp_load_one_of(l, answer, answer_key, RP_REQUIRED, &which));
    out->kind = (enum rp_answer_kind)which;
    return load_value(l, answer, out);
}

/* Which request it is about. */
static int load_which(struct rp_loader *l, const struct rp_spot *answer, int by_id,
                      struct rp_scenario_answer *out)
{
    static const char *const ways[] = {"request", "id", NULL};
    int which = 0;

    if (by_id)
        RP_TRY(rp_load_one_of(l, answer, ways, RP_REQUIRED, &which));
    if (which == 1)
        return rp_load_name(l, answer, "id", RP_REQUIRED, &out->id);
    return rp_load_int(l, answer, "request", RP_REQUIRED, INT64_MIN, &out->request);
}

static int load_answer(struct rp_loader *l, const struct rp_spot *answer, int by_id,
                       struct rp_scenario_answer *out)
{
    static const char *const keys[] = {"id",    "request",   "approve", "feedback", "revise",
                                       "reply", "terminate", "result",  "value",    NULL};

    RP_TRY(rp_load_keys(l, answer, keys + !by_id));
    RP_TRY(load_which(l, answer, by_id, out));
    return rp_load_answer(l, answer, out);
}

/* A request is answered once in a turn. */
static int answered_before(struct rp_loader *l, const struct rp_spot *answer,
                           const struct rp_scenario_answer *all, uint32_t i)
{
    struct rp_spot at = rp_load_key(answer, all[i].id ? "id" : "request");

    for (uint32_t k = 0; k < i; k++)
        if (all[i].id && all[k].id && strcmp(all[i].id, all[k].id) == 0)
            return rp_load_fail(l, &at, "request \"%s\" has an answer already",
                                rp_load_show(l, all[i].id));
        else if (!all[i].id && !all[k].id && all[k].request == all[i].request)
            return rp_load_fail(l, &at, "request %l has an answer in this turn already",
                                all[i].request);
    return RP_OK;
}

int rp_load_answers(struct rp_loader *l, const struct rp_spot *all, int by_id,
                    const struct rp_scenario_answer **out)
{
    struct rp_scenario_answer *answers = rp_load_take(l, rp_len(all->v), sizeof(*answers));

    if (!answers)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < rp_len(all->v); i++) {
        struct rp_spot answer = rp_load_item(all, i);
        RP_TRY(load_answer(l, &answer, by_id, answers + i));
        RP_TRY(answered_before(l, &answer, answers, i));
    }
    *out = answers;
    return RP_OK;
}

static int load_answers(struct rp_loader *l, const struct rp_spot *turn,
                        struct rp_scenario_turn *out)
{
    struct rp_spot all;

    RP_TRY(rp_load_array(l, turn, "respond", RP_OPTIONAL, 0, &all));
    RP_TRY(rp_load_answers(l, &all, 0, &out->answers));
    out->n_answers = rp_len(all.v);
    return RP_OK;
}

/* ---- turns ---- */

static int load_resume(struct rp_loader *l, const struct rp_spot *turn,
                       struct rp_scenario_turn *out)
{
    struct rp_spot at = rp_load_key(turn, "resume");

    out->kind = RP_TURN_RESUME;
    out->checkpoint = -1;
    if (rp_is_text(at.v, "latest"))
        return load_answers(l, turn, out);
    if (at.v.tag == RP_TEXT)
        return rp_load_fail(l, &at, "expected the number of a checkpoint or \"latest\"");
    RP_TRY(rp_load_is_int(l, &at, 0, &out->checkpoint));
    return load_answers(l, turn, out);
}

static int load_wait(struct rp_loader *l, const struct rp_spot *turn, struct rp_scenario_turn *out)
{
    static const char *const keys[] = {"wait", "stream", NULL};
    int64_t ms = 0;

    RP_TRY(rp_load_keys(l, turn, keys));
    RP_TRY(rp_load_int(l, turn, "wait", RP_REQUIRED, 0, &ms));
    out->kind = RP_TURN_WAIT;
    out->wait_ms = (uint64_t)ms;
    return RP_OK;
}

static int load_cancel(struct rp_loader *l, const struct rp_spot *turn,
                       struct rp_scenario_turn *out)
{
    static const char *const keys[] = {"cancel", NULL};
    struct rp_spot all;
    int64_t *numbers;

    RP_TRY(rp_load_keys(l, turn, keys));
    RP_TRY(rp_load_array(l, turn, "cancel", RP_REQUIRED, 1, &all));
    numbers = rp_load_take(l, rp_len(all.v), sizeof(*numbers));
    if (!numbers)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < rp_len(all.v); i++) {
        struct rp_spot item = rp_load_item(&all, i);
        RP_TRY(rp_load_is_int(l, &item, INT64_MIN, &numbers[i]));
        for (uint32_t k = 0; k < i; k++)
            if (numbers[k] == numbers[i])
                return rp_load_fail(l, &item, "request %l stands here already", numbers[i]);
    }
    out->kind = RP_TURN_CANCEL;
    out->cancel = numbers;
    out->n_cancel = rp_len(all.v);
    return RP_OK;
}

/* What a turn does stands under one key; only a resume may bring answers beside it. */
static int load_turn(struct rp_loader *l, const struct rp_spot *turn, struct rp_scenario_turn *out)
{
    static const char *const keys[] = {"run",  "respond", "resume", "stream",
                                       "wait", "cancel",  NULL};
    static const char *const kinds[] = {"run", "resume", "wait", "cancel", NULL};
    static const char *const answers[] = {"run", "respond", "wait", "cancel", NULL};
    int kind, answer;

    RP_TRY(rp_load_keys(l, turn, keys));
    RP_TRY(rp_load_bool(l, turn, "stream", &out->stream));
    RP_TRY(rp_load_one_of(l, turn, kinds, RP_OPTIONAL, &kind));
    RP_TRY(rp_load_one_of(l, turn, answers, RP_OPTIONAL, &answer));
    switch (kind) {
    case 0:
        return load_run(l, turn, out);
    case 1:
        return load_resume(l, turn, out);
    case 2:
        return load_wait(l, turn, out);
    case 3:
        return load_cancel(l, turn, out);
    }
    if (answer < 0)
        return rp_load_fail(l, turn,
                            "one of the keys \"run\", \"respond\", \"resume\", \"wait\" or "
                            "\"cancel\" is required");
    out->kind = RP_TURN_RESPOND;
    return load_answers(l, turn, out);
}

int rp_load_turns(struct rp_loader *l, const struct rp_spot *root)
{
    struct rp_spot turns;
    int stream = 0;
    uint32_t n;

    RP_TRY(rp_load_bool(l, root, "stream", &stream));
    RP_TRY(rp_load_array(l, root, "turns", RP_REQUIRED, 1, &turns));
    n = rp_len(turns.v);
    l->s->turns = rp_load_take(l, n, sizeof(*l->s->turns));
    if (!l->s->turns)
        return RP_ENOMEM;
    l->s->n_turns = n;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_spot turn = rp_load_item(&turns, i);
        l->s->turns[i].stream = stream;
        RP_TRY(load_turn(l, &turn, l->s->turns + i));
    }
    return RP_OK;
}
