/* group_chat_selector.c - a group chat in which a function chooses who speaks next. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {
    {.agent = "Researcher", .says = "Tides follow the moon."},
    {.agent = "Writer", .says = "The moon pulls, the sea follows."},
    {.agent = "Researcher", .says = "The sun pulls too, half as strongly."},
    {.agent = "Writer", .says = "Moon and sun pull, the sea follows both."}};

enum { RESEARCHER, WRITER };

/* Researcher and Writer take turns; four turns are enough. */
static int select_next_speaker(void *self, struct rp_heap *heap, const struct rp_chat_state *state,
                               struct rp_value *final)
{
    uint32_t n = rp_len(state->conversation);

    (void)self;
    if (state->round >= 4) {
        *final = rp_textz(heap, "Four turns are done.");
        return RP_FINISH;
    }
    if (rp_is_text(rp_message_of(rp_at(state->conversation, n - 1))->author, "Researcher"))
        return WRITER;
    return RESEARCHER;
}

static void on_event(struct example *ex, const struct rp_event *event)
{
    if (event->kind == RP_EV_OUTPUT || event->kind == RP_EV_INTERMEDIATE)
        printf("%s: %s\n", example_author(event->data), example_text(ex, event->data));
}

int main(void)
{
    static struct example ex;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_participant participants[] = {
        [RESEARCHER] = RP_AGENT(example_agent(&ex, "Researcher", "finds facts", NULL)),
        [WRITER] = RP_AGENT(example_agent(&ex, "Writer", "finds words", NULL))};
    struct rp_group_chat_opts opts = {.participants = participants,
                                      .n = 2,
                                      .orchestrator_name = "Orchestrator",
                                      .select = select_next_speaker,
                                      .intermediates = {.pick = RP_PICK_ALL}};
    example_start(&ex, rp_group_chat(ex.kit, &opts, &ex.error));
    example_say(&ex, "Explain tides.");
    return example_close(&ex);
}
