#!/bin/sh
# Plays three scenarios with their transcripts, then plays each twice more and compares the traces.
# usage: scenarios/demo.sh PROGRAM
set -u
program=$1
cases=$(dirname "$0")/cases
wrong=0

for name in demo-group-chat demo-handoff demo-magentic; do
    echo
    echo "---- $name"
    "$program" run "$cases/$name.json" || wrong=1
done

echo
echo "---- the same again: two fresh processes each, SHA-256 of their traces"
for name in demo-group-chat demo-handoff demo-magentic; do
    first=$("$program" trace "$cases/$name.json" | sha256sum | cut -d ' ' -f 1)
    second=$("$program" trace "$cases/$name.json" | sha256sum | cut -d ' ' -f 1)
    if [ "$first" = "$second" ] && "$program" trace "$cases/$name.json" | grep -q .; then
        echo "$name: identical, $first"
    else
        echo "$name: NOT identical: $first, then $second"
        wrong=1
    fi
done
exit $wrong
