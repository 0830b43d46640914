/* type.h - the types that executors declare, as sets: typed dispatch (R-EXE-3) is set membership.
 * A boolean is an integer too; an empty list is of every list type. */
#ifndef RP_TYPE_H
#define RP_TYPE_H

#include "kinds.h"

struct rp_type {
    uint64_t is;      /* one bit for each tag and each record kind that is accepted */
    uint64_t list_of; /* the same for the items of a list; 0: no list */
};

#define RP_BIT(n)      ((uint64_t)1 << (n))
#define RP_T_ANY       ((struct rp_type){~(uint64_t)0, ~(uint64_t)0})
#define RP_T_NONE      ((struct rp_type){0, 0})
#define RP_T_BOOL      ((struct rp_type){RP_BIT(RP_BOOL), 0})
#define RP_T_INT       ((struct rp_type){RP_BIT(RP_BOOL) | RP_BIT(RP_INT) | RP_BIT(RP_DIGITS), 0})
#define RP_T_REAL      ((struct rp_type){RP_BIT(RP_REAL), 0})
#define RP_T_TEXT      ((struct rp_type){RP_BIT(RP_TEXT), 0})
#define RP_T_MAP       ((struct rp_type){RP_BIT(RP_MAP), 0})
#define RP_T_REC(kind) ((struct rp_type){RP_BIT(kind), 0})
#define RP_T_MESSAGE   RP_T_REC(RP_K_MESSAGE)
/* User record k (0 to 15) made by rp_user_value. */
#define RP_T_USER(k) RP_T_REC(RP_USER_KIND + (k))

struct rp_type rp_type_or(struct rp_type a, struct rp_type b); /* union */
struct rp_type rp_type_list(struct rp_type item);              /* list of */
int rp_type_accepts(struct rp_type t, struct rp_value v);
int rp_type_accepts_list(struct rp_type t, struct rp_value item); /* a list of that one item */
int rp_type_overlaps(struct rp_type sends, struct rp_type takes); /* for build checks, R-BLD-5 */
int rp_type_empty(struct rp_type t);

#endif
