/* testmode.h - bounds so small that tests meet them; base/limits.h takes them over when built with
 * RP_TESTMODE (make check-small). Large enough for every golden scenario. */
#ifndef TESTS_TESTMODE_H
#define TESTS_TESTMODE_H

#define RP_VALUE_DEPTH_MAX 96
#define RP_TEXT_MAX        (4u << 20)
#define RP_LIST_MAX        (1u << 12)
#define RP_HEAP_MAX        ((size_t)64 << 20)
#define RP_HEAP_CHUNK      (4u << 10)
#define RP_EXECUTORS_MAX   80u
#define RP_NEST_MAX        4
#define RP_REPLANS_MAX     8
#define RP_WIRE_BODY_MAX   (1u << 20)
#define RP_WIRE_LINE_MAX   (64u << 10)
#define RP_WIRE_ITEMS_MAX  32u

#endif
