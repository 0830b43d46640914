#!/bin/sh
# Counts instructions of small workloads under callgrind, which repeat exactly on one machine, and
# holds them against bench/baseline.txt: more or less than 5 % is told, and the exit status is 1.
# usage: bench/budget.sh [PROGRAM]          compare
#        bench/budget.sh --write [PROGRAM]  take what is counted as the new baseline
# Another compiler or C library counts differently; the baseline says which one was used.
set -u
write=
[ "${1-}" = --write ] && { write=1; shift; }
program=${1-build/reprise}
baseline=$(dirname "$0")/baseline.txt
counted=$(mktemp)
trap 'rm -f "$counted" "$counted.log"' EXIT

instructions()
{
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" bench "$@" \
        >/dev/null 2>"$counted.log" || { cat "$counted.log" >&2; exit 1; }
    sed -n 's/^==[0-9]*== Collected : \([0-9]*\).*/\1/p' "$counted.log"
}

for work in "W1 20000" "W2 200" "W3 50" "W3 200" "W5 100"; do
    # shellcheck disable=SC2086
    n=$(instructions $work) || exit 1
    echo "$work $n" >>"$counted"
done

if [ -n "$write" ]; then
    {
        echo "# Instructions of \`reprise bench WORKLOAD SIZE\` under callgrind; see budget.sh."
        echo "# $(${CC:-gcc} --version | head -n 1), -O2, $(uname -m)"
        cat "$counted"
    } >"$baseline"
    cat "$baseline"
    exit 0
fi
awk '
    FNR == NR { if (!/^#/) want[$1 " " $2] = $3; next }
    {
        key = $1 " " $2
        if (!(key in want)) { print "budget: " key " has no baseline"; wrong = 1; next }
        percent = ($3 - want[key]) * 100 / want[key]
        out = percent > 5 || percent < -5
        printf "budget: %s %d instructions, %+.1f %%%s\n", key, $3, percent,
            out ? ": beyond 5 %" : ""
        if (out) wrong = 1
    }
    END { exit wrong }' "$baseline" "$counted"
