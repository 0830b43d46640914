/* journal_differ.h - the first place in which two lines of a journal differ. */
#ifndef RP_JOURNAL_DIFFER_H
#define RP_JOURNAL_DIFFER_H

#include "engine/base/json.h"

/* Is there a difference? Then adds its place in both, a JSON pointer, to pointer, and what stands
 * there to recorded and replayed, as JSON or "(nothing)". Not looked at are "chain" and, when parts
 * were redacted, digests, the count and the numbers in "[redacted:1]". RP_OK, RP_ENOMEM, RP_ELIMIT.
 */
struct rp_journal_difference {
    struct rp_buf pointer, recorded, replayed;
};
int rp_journal_differ(struct rp_value recorded, struct rp_value replayed, int redacted,
                      struct rp_journal_difference *out, int *differ);

#endif
