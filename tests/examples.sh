#!/bin/sh
# Runs each example twice: it must end well, say something, and say the same both times.
# usage: tests/examples.sh PROGRAM...
set -u
wrong=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for program in "$@"; do
    for time in 1 2; do
        if ! "$program" >"$folder/$time" 2>"$folder/err" </dev/null; then
            echo "examples: $program failed:"
            cat "$folder/err"
            wrong=1
        fi
    done
    if [ ! -s "$folder/1" ]; then
        echo "examples: $program said nothing"
        wrong=1
    elif ! diff "$folder/1" "$folder/2"; then
        echo "examples: $program said another thing the second time"
        wrong=1
    fi
done
[ "$wrong" = 0 ] && echo "examples: $# ended well, twice the same"
exit $wrong
