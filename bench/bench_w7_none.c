/* bench_w7_none.c - in place of bench_w7.c in the program that has no network: nobody gets here,
 * network_none.c hands over before. */
#include "bench/bench.h"

int rp_bench_w7(int64_t size)
{
    (void)size;
    return RP_ECLIENT;
}
