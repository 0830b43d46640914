#!/bin/sh
# The zoo: programs with one planted bug each (engine/base/zoo.h), explored with default settings.
# Every bug must be found, by the property that it breaks; each failure must become small: at most
# 2 decisions of order or time and 1 fault, 1-minimal, within 10 s, with a line that repeats it. The
# clean program finds nothing in the same scenarios.
# usage: tests/zoo.sh FOLDER [--short | NAME...]
# FOLDER: of the clean build. COMPILE, LINK and LIBS: its commands. SEEDS and JOBS: for the clean
# program; 1000 and 1.
set -u
build=$1
shift
here=$(dirname "$0")
top=$(cd "$here/.." && pwd)
cd "$top" || exit 2
work=$build/zoo
scenarios=$(ls tests/zoo/*.json)
names=$(sed '/^#/d; s/ .*//' tests/zoo/animals)
seeds=${SEEDS:-1000}
case ${1-} in
--short) names='CANARY JOIN_LOST TWO_APPROVALS TARGET_IDLE' ;;
'') ;;
*) names=$* ;;
esac
. tests/zoo/common.sh

# What is told of a failure: FILE SEED PROPERTY WHAT, a line each.
findings()
{
    awk '
        /^[^ ]/ { file = $1; sub(/:$/, "", file) }
        /^  (I[0-9]|expect)/ {
            property = $1
            what = $0
            sub(/^[^(]*\(/, "", what)
            sub(/\).*/, "", what)
        }
        /^    in [0-9]+ runs, first with seed/ { print file, $NF, property, what }' "$1"
}

# is_expected PROPERTY LIST
is_expected()
{
    case " $2 " in
    *" $1 "*) ;;
    *) return 1 ;;
    esac
}

# Makes the failures of one seed small, plays each again.
shrink()
{
    animal=$1
    rm -rf "$work/failures"
    from=$(now)
    "$work/$animal" explore "$2" --first "$3" --seeds 1 --quiet --failures "$work/failures" \
        >"$work/shrunk" 2>&1
    seconds=$(took "$from")
    kinds=$(grep -c '^    in [0-9]* runs' "$work/shrunk")
    kept=$(sed -n 's/^    kept  *//p' "$work/shrunk")
    [ "$(echo "$kept" | grep -c .)" = "$kinds" ] || say "$animal: not all is kept: $2 seed $3"
    echo "$kept" | awk -v animal="$animal" '
        !/\(1-minimal: / { print "zoo: " animal ": not minimal: " $0 >"/dev/stderr"; bad = 1 }
        {
            match($0, /[0-9]+ decisions/); decisions = substr($0, RSTART) + 0
            match($0, /[0-9]+ faults/); faults = substr($0, RSTART) + 0
            if (decisions > 2 || faults > 1) {
                print "zoo: " animal ": not small: " $0 >"/dev/stderr"
                bad = 1
            }
            if (decisions > most) most = decisions
            if (faults > worst) worst = faults
        }
        END { print most + 0, worst + 0; exit bad }' >"$work/sizes" || wrong=1
    awk -v s="$seconds" -v n="$kinds" 'BEGIN { exit !(s > 10 * n) }' &&
        say "$animal: $2 seed $3 took $seconds s to shrink"
    sed -n 's/^    again  *reprise //p' "$work/shrunk" >"$work/again"
    while read -r line; do
        [ "${#line}" -le 192 ] || say "$animal: the line that repeats it is longer than 200: $line"
        # shellcheck disable=SC2086
        "$work/$animal" $line >"$work/repeated" 2>&1
        status=$?
        [ "$status" = 1 ] || say "$animal: status $status from reprise $line"
    done <"$work/again"
}

# One animal: found, as what it is, and made small.
visit()
{
    expected=$(sed -n "s/^$1 //p" tests/zoo/animals)
    make_program "$1" || { say "$1: its program cannot be made"; return; }
    from=$(now)
    # shellcheck disable=SC2086
    "$work/$1" explore --quiet --no-shrink $scenarios >"$work/told" 2>&1
    status=$?
    ns=$(($(now) - from))
    explored=$((explored + ns))
    findings "$work/told" >"$work/found"
    [ "$status" = 1 ] || say "$1: exit status $status"
    grep -q " ${expected%% *} " "$work/found" || say "$1: not found by ${expected%% *}"
    while read -r file seed property what; do
        is_expected "$property" "$expected" || say "$1: $file seed $seed: $property ($what)"
    done <"$work/found"
    first=$(sort -k 2n "$work/found" | sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p')
    longest=0
    most='0 0'
    sort -u -k 1,2 "$work/found" >"$work/cases"
    while read -r file seed property what; do
        shrink "$1" "$file" "$seed"
        read -r sizes <"$work/sizes"
        longest=$(echo "$longest $seconds" | awk '{ print ($1 > $2 ? $1 : $2) }')
        most=$(echo "$most $sizes" |
            awk '{ print ($1 > $3 ? $1 : $3), ($2 > $4 ? $2 : $4) }')
    done <"$work/cases"
    echo "$1: $(cut -d ' ' -f 3 "$work/found" | sort -u | tr '\n' ' ')first seed ${first:-none}," \
        "$(wc -l <"$work/found") findings," \
        "explored $(awk -v n="$ns" 'BEGIN { printf "%.1f", n / 1e9 }') s;" \
        "shrunk within $longest s to at most ${most% *} decisions and ${most#* } faults"
}

explored=0
for name in $names; do
    visit "$name"
done
[ "$explored" -le 60000000000 ] || say "exploring took longer than 60 s in all"

# shellcheck disable=SC2086
if "$build/reprise" explore --quiet --seeds "$seeds" --jobs "${JOBS:-1}" \
    --failures "$work/clean" $scenarios >"$work/told" 2>&1; then
    echo "clean: nothing in $seeds seeds of each of $(echo "$scenarios" | wc -l) scenarios"
else
    say "the clean program: $(findings "$work/told")"
fi
echo "zoo: $(echo "$names" | wc -w) animals, explored in $((explored / 1000000000)) s"
exit $wrong
