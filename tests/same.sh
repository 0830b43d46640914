#!/bin/sh
# Same scenario, same bytes: plays all scenarios with programs made by other compilers and options,
# and under other circumstances, and holds every trace against the plain program's.
# usage: tests/same.sh [--short]
# --short: fewer compilers, no valgrind.
set -u
cd "$(dirname "$0")/.."
top=$(pwd)
# The builds start make themselves, each with all cores.
unset MAKEFLAGS MAKELEVEL MFLAGS
make=${MAKE:-make}
unset MAKE
short=${1-}
work=$top/build/same
wrong=0
mkdir -p "$work"

# play LIST PROGRAM [COMMAND...]: a line "sum of trace, sum of transcript, name" for each scenario,
# which COMMAND starts. Runs in the folder that holds tests/ and scenarios/.
play()
{
    play_list=$1
    play_program=$2
    shift 2
    for file in $scenarios; do
        trace=$("$@" "$play_program" trace "$file" 2>&1 </dev/null; echo "status $?")
        told=$("$@" "$play_program" run "$file" 2>&1 </dev/null; echo "status $?")
        echo "$(printf %s "$trace" | cksum) $(printf %s "$told" | cksum) $file"
    done >"$play_list"
}

# held NAME PROGRAM [COMMAND...]: plays and compares with the plain list.
held()
{
    name=$1
    shift
    play "$work/$name" "$@"
    if cmp -s "$work/plain" "$work/$name"; then
        echo "same: $name"
        return
    fi
    echo "another trace: $name:" \
        "$(diff "$work/plain" "$work/$name" | sed -n 's/^> .* //p' | tr '\n' ' ' | cut -c 1-300)"
    wrong=1
}

# built NAME SETTING...: a program of its own, played as it is.
built()
{
    name=$1
    shift
    if "$make" B="build/same/$name.build" "$@" program >"$work/$name.log" 2>&1; then
        held "$name" "$work/$name.build/reprise"
    else
        echo "same: $name does not build:"
        tail -n 20 "$work/$name.log"
        wrong=1
    fi
}

scenarios=$(find tests/conformance scenarios/cases scenarios/regress -name '*.json' | LC_ALL=C sort)
plain=$top/build/reprise
"$make" program >/dev/null || exit 1
play "$work/plain" "$plain"
echo "same: $(echo "$scenarios" | wc -l) scenarios, traces and transcripts"

# Circumstances.
held twice "$plain"
held no-environment "$plain" env -i
held large-environment "$plain" env "PADDING=$(head -c 100000 /dev/zero | tr '\0' x)"
held other-zone "$plain" env TZ=Pacific/Kiritimati
held dirty-memory "$plain" env MALLOC_PERTURB_=165
held locale-C.UTF-8 "$plain" env LC_ALL=C.UTF-8
# A locale with other letters and a decimal comma, made here where its sources are installed.
if [ ! -d "$work/locale/tr_TR.UTF-8" ] && command -v localedef >/dev/null 2>&1; then
    mkdir -p "$work/locale"
    localedef -i tr_TR -f UTF-8 "$work/locale/tr_TR.UTF-8" >/dev/null 2>&1
fi
if [ -d "$work/locale/tr_TR.UTF-8" ]; then
    held locale-tr_TR "$plain" env LOCPATH="$work/locale" LC_ALL=tr_TR.UTF-8
else
    echo "not tried: locale-tr_TR (its sources are in the package locales)"
fi
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
mkdir -p "$elsewhere/a folder/tests" "$elsewhere/a folder/scenarios"
cp -r tests/conformance "$elsewhere/a folder/tests/"
cp -r scenarios/cases scenarios/regress "$elsewhere/a folder/scenarios/"
cp "$plain" "$elsewhere/a folder/"
cd "$elsewhere/a folder" || exit 1
held other-folder ./reprise
cd "$top" || exit 1

# Compilers and options.
built gcc-O0 CC=gcc OPT=-O0
built clang-O3 CC="${CLANG:-clang}" OPT=-O3
if [ -z "$short" ]; then
    # Inlining so much, gcc takes for used what a failed call leaves unset; valgrind sees the rest.
    built gcc-O3 CC=gcc OPT='-O3 -march=native -Wno-maybe-uninitialized'
    built clang-O0 CC="${CLANG:-clang}" OPT=-O0
    built sanitizers CC=gcc OPT='-O1 -g' \
        SAN='-fsanitize=address,undefined -fno-sanitize-recover=all'
    scenarios=$(echo "$scenarios" | awk 'NR % 16 == 1')
    play "$work/plain" "$plain"
    held valgrind "$plain" valgrind -q --error-exitcode=99
fi
exit $wrong
