/* said.c - a recorded reply through its dialect's reader. */
#include "said.h"

#include "mocks/wire/wire.h"

#include <string.h>

static int add_updates(struct rp_heap *h, struct rp_value updates, struct rp_said *said)
{
    struct rp_value messages = rp_list();

    RP_TRY(rp_fold_all(h, updates, &messages));
    for (uint32_t i = 0; i < rp_len(messages); i++)
        RP_TRY(rp_list_cat(h, &said->contents, rp_message_of(rp_at(messages, i))->contents));
    return RP_OK;
}

static int add_messages(struct rp_heap *h, struct rp_value response, struct rp_said *said)
{
    struct rp_value messages = rp_response_of(response)->messages;

    for (uint32_t i = 0; i < rp_len(messages); i++)
        RP_TRY(rp_list_cat(h, &said->contents, rp_message_of(rp_at(messages, i))->contents));
    return RP_OK;
}

static int read_events(struct rp_wire_reader *r, struct rp_heap *h, struct rp_said *said)
{
    struct rp_value updates = rp_list();
    struct rp_wire_event event;

    for (;;) {
        RP_TRY(rp_wire_next(r, h, &event));
        if (event.kind == RP_WIRE_UPDATE)
            RP_TRY(rp_list_add(h, &updates, event.value));
        if (event.kind == RP_WIRE_WHOLE)
            RP_TRY(add_messages(h, event.value, said));
        if (event.kind == RP_WIRE_WHOLE || event.kind == RP_WIRE_END) {
            said->whole = 1;
            said->usage = event.usage;
            memcpy(said->finish, event.finish, sizeof(said->finish));
        }
        if (event.kind == RP_WIRE_BROKEN)
            said->broken = event.error;
        if (event.kind == RP_WIRE_MORE)
            rp_fail_at(&said->broken, RP_EPARSE, "", "it stops before its end");
        if (event.kind != RP_WIRE_UPDATE)
            return add_updates(h, updates, said);
    }
}

int rp_said_reply(struct rp_heap *h, const struct rp_interaction *it, struct rp_said *said)
{
    int dialect = it->dialect ? rp_dialect_of(it->dialect) : -1, rc;
    struct rp_wire_reader *r = NULL;

    *said = (struct rp_said){.contents = rp_list()};
    if (dialect < 0)
        return rp_fail_at(&said->broken, RP_OK, "", "its dialect is not known");
    rc = rp_wire_reader_new(&h->alloc, (enum rp_dialect)dialect, it->stream, &r);
    if (rc == RP_OK)
        rc = rp_wire_feed(r, it->body, it->n_body);
    if (rc == RP_OK) {
        rp_wire_ended(r);
        rc = read_events(r, h, said);
    }
    rp_wire_reader_free(r);
    if (rc == RP_ELIMIT)
        return rp_fail_at(&said->broken, RP_OK, "", "it is larger than replies may be");
    return rc;
}
