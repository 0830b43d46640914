#!/bin/sh
# The zoo of determinism: programs with one planted fault each (engine/base/zoo.h). Each must be
# caught within 5 s: by running seeds twice, which tells superstep, executor and field at which the
# runs part, or, where the fault is the same as long as a process lives, by two processes in
# other surroundings, of which the first seed that differs is told. The clean program passes both.
# usage: tests/zoo-faults.sh FOLDER [NAME...]
# FOLDER: of the clean build. COMPILE, LINK and LIBS: its commands.
set -u
build=$1
shift
cd "$(dirname "$0")/.." || exit 2
top=$(pwd)
case $build in
/*) ;;
*) build=$top/$build ;;
esac
work=$build/zoo
seeds=100
scenarios=$(ls "$top"/tests/zoo/*.json)
names=${*:-$(sed '/^#/d; s/ .*//' tests/zoo/faults)}
. tests/zoo/common.sh

# A locale with a decimal comma, where its sources are installed.
if [ ! -d "$work/locale/tr_TR.UTF-8" ] && command -v localedef >/dev/null 2>&1; then
    mkdir -p "$work/locale"
    localedef -i tr_TR -f UTF-8 "$work/locale/tr_TR.UTF-8" >/dev/null 2>&1
fi
locale=C.UTF-8
[ ! -d "$work/locale/tr_TR.UTF-8" ] || locale=tr_TR.UTF-8

# Runs seeds twice: 0 when all repeat themselves; what is told is in told.
repeats()
{
    # shellcheck disable=SC2086
    "$1" explore --twice --quiet --no-shrink --seeds "$seeds" $scenarios >"$work/told" 2>&1
}

# prints PROGRAM [COMMAND...]: a line for each seed of each scenario.
prints()
{
    program=$1
    shift
    for file in $scenarios; do
        "$@" "$program" explore --prints --seeds "$seeds" "$file" | sed "s,^,${file##*/} seed ,"
    done
}

# Two processes in other surroundings: 0 when they agree; else what differs first is told.
agree()
{
    prints "$1" env -i LC_ALL=C >"$work/one"
    (cd "$work" && prints "$1" env -i LC_ALL="$locale" LOCPATH="$work/locale" TZ=XYZ-5:45 \
        COLUMNS=123 MALLOC_PERTURB_=101 "PADDING=$(head -c 5000 /dev/zero | tr '\0' x)") \
        >"$work/other"
    cmp -s "$work/one" "$work/other" && return
    diff "$work/one" "$work/other" | sed -n 's/^< \(.* seed [0-9]*\) .*/first \1/p; T; q' |
        head -n 1
    return 1
}

visit()
{
    shown=$(sed -n "s/^$1 //p" tests/zoo/faults)
    if [ "$1" = FLOAT_FORMAT ] && [ "$locale" = C.UTF-8 ]; then
        echo "$1: not tried: no locale has a decimal comma (package locales)"
        return
    fi
    make_program "$1" || { say "$1: its program cannot be made"; return; }
    from=$(now)
    if [ "$shown" = twice ]; then
        repeats "$work/$1"
        status=$?
        where=$(sed -n 's/^    parts  *//p' "$work/told" | head -n 1)
        [ "$status" = 3 ] || say "$1: exit status $status"
    else
        where=$(agree "$work/$1") && say "$1: two processes agree"
    fi
    seconds=$(took "$from")
    [ -n "$where" ] || say "$1: nothing tells where the runs part"
    awk -v s="$seconds" 'BEGIN { exit !(s > 5) }' && say "$1: it took $seconds s"
    echo "$1: $shown, $seconds s: $where"
}

for name in $names; do
    visit "$name"
done
repeats "$build/reprise" || say "the clean program does not repeat itself: $(cat "$work/told")"
agree "$build/reprise" || say "two processes of the clean program differ"
echo "zoo: $(echo "$names" | wc -w) faults of determinism"
exit $wrong
