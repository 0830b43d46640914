/* ledger.c - the five answers of a progress ledger, out of what the manager wrote (R-MAG-4). */
#include "loose.h"
#include "mgr_magentic.h"

static const char *const items[] = {"is_request_satisfied", "is_in_loop", "is_progress_being_made",
                                    "next_speaker", "instruction_or_question"};
enum { BOOLEANS = 3, ITEMS = 5 };

/* A boolean for is_...; a text or boolean for the others; anything else counts as missing. */
static int is_answer(struct rp_value v, int item)
{
    return v.tag == RP_BOOL || (v.tag == RP_TEXT && item >= BOOLEANS);
}

int rp_ledger_read(struct rp_ctx *cx, struct rp_value text, struct rp_value *answers)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value ledger, missing = rp_textz(h, "");
    *answers = rp_map();
    RP_TRY(rp_loose_ledger(h, &cx->run->core->alloc, rp_str_of(text), &ledger));
    for (int i = 0; i < ITEMS; i++) {
        struct rp_value item = rp_map_get(ledger, items[i]);
        if (rp_map_has(ledger, items[i]) && item.tag != RP_MAP)
            return RP_EPARSE;
        struct rp_value answer = rp_map_get(item, "answer");
        RP_TRY(rp_map_put(h, answers, items[i], is_answer(answer, i) ? answer : missing));
    }
    return RP_OK;
}
