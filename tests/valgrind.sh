#!/bin/sh
# Plays scenarios, runs tests and examples under valgrind: no error, no leak.
# usage: tests/valgrind.sh BUILD [--short]
# --short: a few scenarios of each pattern, the tests of the program itself, and all examples.
set -u
LC_ALL=C
export LC_ALL
build=$1
short=${2-}
wrong=0
count=0
list=$(mktemp)
trap 'rm -f "$list"' EXIT

REPRISE=$build/reprise
here=$(cd "$(dirname "$0")" && pwd) # programs that are run go elsewhere
export REPRISE here
{
    for test in "$build"/tests/test_*; do
        case $short$(basename "$test") in
        test_oom_*) ;; # each plays its scenarios once for every allocation
        test_* | --shorttest_cli) [ -x "$test" ] && echo "$test" ;;
        esac
    done
    for example in "$build"/examples/*; do
        [ -f "$example" ] && [ -x "$example" ] && echo "$example"
    done
    for file in $(find tests/conformance scenarios/cases scenarios/regress -name '*.json' |
        sort); do
        if [ -n "$short" ]; then
            case $file in
            *checkpoint-resume.json | *streaming.json | *review*.json | *fails.json) ;;
            *sub-workflow-asks.json | */r[0-9].json | */demo-*.json | scenarios/regress/*) ;;
            *) continue ;;
            esac
        fi
        echo "$build/reprise trace $file"
        case $file in
        scenarios/cases/*)
            echo "$build/reprise run $file"
            echo "$build/reprise graph $file"
            ;;
        esac
    done
} >"$list"

# One line is one command; what it says is told only when valgrind or the command complains.
check='
    log=$(mktemp)
    valgrind -q --suppressions="$here/valgrind.supp" --trace-children=yes --error-exitcode=99 \
        --leak-check=full --show-leak-kinds=all \
        --errors-for-leak-kinds=all $1 >"$log" 2>"$log.err" </dev/null
    status=$?
    if [ "$status" != 0 ] || grep -q "^==[0-9]*==" "$log.err"; then
        echo "valgrind: $1 (exit status $status)"
        head -n 40 "$log.err"
        bad=1
    fi
    rm -f "$log" "$log.err"
    [ -z "${bad-}" ]
'
xargs -P "${JOBS:-$(nproc)}" -d '\n' -n 1 sh -c "$check" sh <"$list" || wrong=1
count=$(wc -l <"$list")
[ "$count" != 0 ] || wrong=1
[ "$wrong" = 0 ] && echo "valgrind: $count commands, no error, no leak"
exit $wrong
