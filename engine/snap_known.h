/* snap_known.h - what a writer of checkpoints remembers: the names of the items that the store has,
 * and which item an object of the run's heap is.
 *
 * Remembering the item of an object is sound because the object cannot change. Texts and most
 * records are never written to once somebody else can see them (value.h, msg.h). Of a vector the
 * slots below `fill` never change: a list grows in place only where its length is fill
 * (rp_list_add), else into a new vector; fill never goes back, an older handle that comes back
 * after an undo is shorter than fill, so the next addition to it makes a new vector; and a
 * collection keeps all slots below fill together with the number. So the nodes of a vector, and a
 * list or map of a given length that it holds, stay what they are. What is not so - states of
 * executors, and the lists of a run that are written in place - is never given a number by the
 * writer.
 *
 * That an object is some item says nothing about the store; so when saving failed, or all that was
 * known is forgotten, notes stay right. */
#ifndef RP_SNAP_KNOWN_H
#define RP_SNAP_KNOWN_H

#include "snap_form.h"

/* The item that something is, and how deep it is nested (snap.c). */
struct rp_note {
    struct rp_item_id id;
    uint32_t height; /* 0: no item, it lies where it is used */
};

/* Of a vector. Nodes stand in the order in which they became whole when the list grew item by item:
 * a lower one before the higher one that it completes. */
struct rp_vec_note {
    struct rp_note *node;
    size_t n, room;
    struct rp_note whole; /* what it was last as a list or map of that length */
    uint32_t len;
    uint8_t tag;
};

struct rp_known {
    struct rp_alloc alloc;
    struct rp_known_place *place; /* by name: what the store has */
    size_t size, n, live;         /* places; those taken; of them those of items that are there */
    size_t after_sweep;
    int sweeping;
    union rp_number *number; /* what o.number says, less first; from 1 */
    uint32_t first, n_numbers, numbers_room;
    struct rp_vec_note *vec; /* from 1 */
    uint32_t n_vecs, vecs_room;
};

/* The memory of a writer, for the reader: what was read is known. */
struct rp_known *rp_snap_known(struct rp_snap *s);

void rp_known_init(struct rp_known *k, const struct rp_alloc *alloc);
void rp_known_free(struct rp_known *k);

/* Does the store have that item? */
int rp_known_has(struct rp_known *k, const struct rp_item_id *id);
int rp_known_add(struct rp_known *k, const struct rp_item_id *id); /* RP_ENOMEM */
void rp_known_drop(struct rp_known *k, const struct rp_item_id *id);
void rp_known_drop_all(struct rp_known *k);

/* Around a write. When what is remembered has doubled, most of it is of what is dead: all notes are
 * forgotten, and then the items that this write has not met. Nothing is lost by that but time. */
void rp_known_sweep_begin(struct rp_known *k);
void rp_known_sweep_end(struct rp_known *k);

/* The note of a text or record; NULL: none. */
const struct rp_note *rp_note_of(const struct rp_known *k, const struct rp_obj *o);
int rp_note_set(struct rp_known *k, struct rp_obj *o, const struct rp_note *note); /* RP_ENOMEM */
/* The notes of a vector, good until the next one is made; NULL: none. */
struct rp_vec_note *rp_vec_note_of(const struct rp_known *k, const struct rp_vec *vec);
int rp_vec_note_make(struct rp_known *k, struct rp_vec *vec, struct rp_vec_note **out);

/* Node i of that level; NULL: nothing is known of it. */
const struct rp_note *rp_node_note(const struct rp_vec_note *v, unsigned level, uint32_t i);
/* Nodes come in the order that is told above; what comes otherwise is not kept. RP_ENOMEM. */
int rp_node_note_set(const struct rp_known *k, struct rp_vec_note *v, unsigned level, uint32_t i,
                     const struct rp_note *note);
/* A node that another list, or the same one elsewhere, has too, with all that is below it. */
int rp_node_notes_copy(const struct rp_known *k, const struct rp_vec_note *from, uint32_t from_node,
                       struct rp_vec_note *to, uint32_t to_node, unsigned level);

#endif
