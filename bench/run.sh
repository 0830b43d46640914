#!/bin/sh
# All figures, each workload in a process of its own, the median of several rounds.
# usage: bench/run.sh [PROGRAM [ROUNDS]]
set -eu
program=${1-build/reprise}
rounds=${2-3}
all=$(mktemp)
trap 'rm -f "$all"' EXIT

i=0
while [ "$i" -lt "$rounds" ]; do
    for work in "W1 100000" "W1 10000000" "W2 2000" "W3 50" "W3 200" "W3 800" "W4 50" \
        "W4 200" "W4 800" "W5 300" "W5 1200" "W6 200" "W8 5"; do
        # A figure is known by its workload and its size, its name and its unit.
        # shellcheck disable=SC2086
        "$program" bench $work | sed "s/^/$work /" >>"$all"
    done
    i=$((i + 1))
done
LC_ALL=C sort -k1,1 -k2,2n -k3,3 -k5,5 -k4,4n "$all" | awk '
    function tell() { if (n) print "size", size, name, figure[int((n + 1) / 2)], unit; n = 0 }
    { key = $1 " " $2 " " $3 " " $5 }
    key != last { tell(); last = key }
    { figure[++n] = $4; size = $2; name = $3; unit = $5 }
    END { tell() }'
