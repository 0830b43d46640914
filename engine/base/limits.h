/* limits.h - every bound, by name. Sizes in bytes unless the name says otherwise. */
#ifndef RP_LIMITS_H
#define RP_LIMITS_H

#ifdef RP_TESTMODE
#include "testmode.h" /* shrinks bounds until some test meets each one */
#endif

#ifndef RP_JSON_DEPTH_MAX
#define RP_JSON_DEPTH_MAX 256 /* nested arrays and objects */
#endif
#ifndef RP_VALUE_DEPTH_MAX
#define RP_VALUE_DEPTH_MAX 4096 /* nested lists, maps and records that equality and digest enter */
#endif
#ifndef RP_TEXT_MAX
#define RP_TEXT_MAX (256u << 20) /* one text */
#endif
#ifndef RP_LIST_MAX
#define RP_LIST_MAX (64u << 20) /* items of one list */
#endif
#ifndef RP_HEAP_MAX
#define RP_HEAP_MAX ((size_t)1 << (sizeof(size_t) > 4 ? 36 : 31)) /* one run's memory */
#endif
#ifndef RP_HEAP_CHUNK
#define RP_HEAP_CHUNK (64u << 10) /* what a run asks the allocator for at a time */
#endif
#ifndef RP_COPIES_MAX
#define RP_COPIES_MAX (1 << 20) /* messages that one execution of a graph's operation sends */
#endif
#ifndef RP_EXECUTORS_MAX
#define RP_EXECUTORS_MAX 4096u /* of one workflow */
#endif
#ifndef RP_NEST_MAX
#define RP_NEST_MAX 16 /* workflows inside workflows */
#endif

#ifndef RP_REPLANS_MAX
#define RP_REPLANS_MAX 64 /* plans in a row, in a magentic run, without anybody being asked */
#endif

#ifndef RP_WIRE_BODY_MAX
#define RP_WIRE_BODY_MAX (64u << 20) /* one reply or request of a model service */
#endif
#ifndef RP_WIRE_LINE_MAX
#define RP_WIRE_LINE_MAX (16u << 20) /* one line or event of a streamed reply */
#endif
#ifndef RP_WIRE_ITEMS_MAX
#define RP_WIRE_ITEMS_MAX 4096u /* calls and other numbered things of one reply */
#endif

_Static_assert(RP_LIST_MAX <= 0xffffffffu, "a list's length is held in 32 bits");
_Static_assert(RP_TEXT_MAX <= 0xffffffffu, "a text's length is held in 32 bits");
_Static_assert(RP_WIRE_LINE_MAX <= RP_WIRE_BODY_MAX, "a line is part of a body");
_Static_assert(RP_WIRE_BODY_MAX <= RP_TEXT_MAX, "what a reply says is held in texts");

#endif
