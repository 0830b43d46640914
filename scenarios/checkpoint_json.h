/* checkpoint_json.h - a checkpoint as plain JSON, the same bytes for the same checkpoint on every
 * machine: UTF-8, indented by two spaces, one line for each value, \n at the end.
 *
 *   {
 *     "format": "reprise-checkpoint", "version": 1,
 *     "id": 5, "previous": 4,                  null: it continues none
 *     "workflow": name, "signature": 64 hexadecimal digits of the graph,
 *     "iteration": supersteps, "time_ms": virtual time,
 *     "run": RUN,
 *     "hooks": what executors keep outside the run, by their ids,
 *     "world": what lies outside the run: clock, calls that scripts have answered
 *   }
 *
 * RUN has the fields of the record s_run of kinds.h, of these in another form:
 *   "executors"  an object: each executor's state by its id, in order of declaration
 *   "joins"      an object: what lies in a join by its name ("target <- source <- source"), for
 *                each source a list
 *   "queue"      messages under way: {"source": id, "target": id, null: all edges, "internal": true
 *                for what begins a turn, "data": VALUE, "answers": id of a request or null}
 *   "pending"    open requests, "executor" being an id and "wants" a list of names of what may be
 *                answered: "text", "list" or a record's name; "any" for everything; "seq" counts
 *                requests, "asked_ms" is virtual time, "origin" and "to" are of an escalated one
 *   "state"      the name of a run's state
 * RUN stands also wherever a nested run does. Every other value:
 *   nothing null, booleans, texts and numbers as themselves, lists as arrays, maps as objects in
 *   their order; a record as an object whose first key is "record" with the record's name, then its
 *   fields by their names, "role" as a word. A map that has a key "record" itself is
 *   {"record": "map", "entries": [[key, value], ...]}. */
#ifndef RP_CHECKPOINT_JSON_H
#define RP_CHECKPOINT_JSON_H

#include "checkpoint_read.h"

/* Adds the checkpoint to out. RP_OK, RP_ENOMEM, RP_ELIMIT (too long, nested too deep). */
int rp_checkpoint_json(struct rp_buf *out, const struct rp_look *look);

/* Adds any value, in that form without any white space; likewise. */
int rp_value_json(struct rp_buf *out, struct rp_value v);

#endif
