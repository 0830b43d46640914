/* journal_value.h - values as a journal writes them: plain JSON in which nothing is lost, and which
 * repeats no message that stands there already.
 *
 *   nothing null; booleans, integers, texts as themselves; a real always with ".0" or an exponent;
 *   lists as arrays; maps as objects in their order. An object whose first key is "$" is none of
 *   these but one of the following.
 *
 *   {"$":"message","#":N,"role":..,"author":..,"contents":[..]}   a message, told for the first
 *                  time. Messages and values (below) are numbered from 1, in order of appearance
 *   {"$":"message","#":N}                  the message of that number once more
 *   {"$":"messages","like":L,"more":[..]}  a list of messages that begins like list L. Each list of
 *                  messages, and each beginning of one, that was not there before gets a number
 *                  when it ends: from 1, the shortest first
 *   {"$":"value","#":N,"is":VALUE}         a value that may be told again: {"$":"value","#":N}
 *   {"$":NAME, ...}                        a record of kinds.h with all its fields; a role is a
 * word
 *   {"$":"user","kind":K,"value":VALUE}    a record of the user
 *   {"$":"map","entries":[[KEY,VALUE],..]} a map that has a key "$" itself
 *   {"$":"bits","is":"7ff0000000000000"}   a real that JSON has no form for
 *   {"$":"deep","json":TEXT}               what is nested too deep for this line: its JSON as text
 */
#ifndef RP_JOURNAL_VALUE_H
#define RP_JOURNAL_VALUE_H

#include "engine/base/json.h"
#include "engine/base/msg.h"

struct rp_journal_link { /* a list of messages: list `before` and one more */
    uint32_t before, item, length;
};

struct rp_journal_table { /* places of numbers by their hash; 0: free */
    uint32_t *slot;
    size_t slots;
};

/* What a journal has told so far, for its writer and for its reader. */
struct rp_journal_names {
    struct rp_alloc alloc;
    struct rp_heap heap;   /* of the items */
    struct rp_value *item; /* item[i] has number i + 1 */
    uint64_t *digest;      /* of each; the writer's */
    uint32_t n_items;
    size_t items_room, digests_room;
    struct rp_journal_link *list; /* list[i] has number i + 1 */
    uint32_t n_lists;
    size_t lists_room;
    struct rp_journal_table by_content, by_link;
};

void rp_journal_names_init(struct rp_journal_names *n, const struct rp_alloc *alloc);
void rp_journal_names_free(struct rp_journal_names *n);

/* The number of list `before` with that item at its end; 0: there is none. */
uint32_t rp_journal_longer(const struct rp_journal_names *n, uint32_t before, uint32_t item);
/* The same, made where there is none. *list becomes its number. RP_ENOMEM. */
int rp_journal_lengthen(struct rp_journal_names *n, uint32_t *list, uint32_t item);
/* The next item, in n->heap already. RP_ENOMEM. */
int rp_journal_add_item(struct rp_journal_names *n, struct rp_value item);
/* For the writer: the number of a value that was told, by its content; 0: it was not. And a value
 * that is told now, of which a copy is kept. digest: rp_digest(v, 0). */
uint32_t rp_journal_find(const struct rp_journal_names *n, struct rp_value v, uint64_t digest);
int rp_journal_note(struct rp_journal_names *n, struct rp_value v, uint64_t digest);

/* Adds v to out. RP_ENOMEM, RP_ELIMIT (too long, nested too deep). After an error n is only good
 * for freeing. */
int rp_journal_put(struct rp_journal_names *n, struct rp_buf *out, struct rp_value v);
/* The same for a value that may come again; nil stays null. */
int rp_journal_put_noted(struct rp_journal_names *n, struct rp_buf *out, struct rp_value v);

/* The value that json, which lies in h, means: in h too, but messages lie in n->heap. RP_ENOMEM;
 * RP_EPARSE, err->text says what is wrong. */
int rp_journal_get(struct rp_journal_names *n, struct rp_heap *h, struct rp_value json,
                   struct rp_value *out, struct rp_error *err);

#endif
