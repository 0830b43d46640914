#!/bin/sh
# Plays three scenarios with their transcripts, then plays each twice more, in processes of their
# own, and compares the traces with each other, with the digest that the transcript ends with and
# with the trace that is kept beside the scenario.
# usage: scenarios/demo.sh PROGRAM
set -u
program=$1
cases=$(dirname "$0")/cases
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
names="demo-group-chat demo-handoff demo-magentic"
wrong=0

for name in $names; do
    echo
    echo "---- $name"
    { "$program" run "$cases/$name.json" || echo failed >"$folder/failed"; } |
        tee "$folder/$name.told"
done
[ ! -e "$folder/failed" ] || wrong=1

echo
echo "---- the same again: two fresh processes each, SHA-256 of their traces"
for name in $names; do
    told=$(sed -n 's/^trace *sha256 //p' "$folder/$name.told")
    for time in 1 2; do
        "$program" trace "$cases/$name.json" >"$folder/$name.$time" || wrong=1
    done
    first=$(sha256sum <"$folder/$name.1" | cut -d ' ' -f 1)
    second=$(sha256sum <"$folder/$name.2" | cut -d ' ' -f 1)
    echo "$name: $first"
    if [ "$first" != "$second" ] || [ "$first" != "$told" ]; then
        echo "$name: NOT the same: $second, and $told in the transcript"
        wrong=1
    elif ! cmp "$folder/$name.1" "$cases/$name.trace"; then
        echo "$name: NOT the trace that is kept in $cases/$name.trace"
        wrong=1
    fi
done
[ "$wrong" = 0 ] && echo "All three played three times: every trace was identical, byte for byte."
exit $wrong
