#!/bin/sh
# Runs every example and holds what it says against tests/examples/NAME.expected.
# usage: tests/examples/run.sh FOLDER [WRAPPER COMMAND...]
# FOLDER holds the programs; a wrapper runs each of them (valgrind -q --error-exitcode=99 ...).
# Exit status 1 when one differs, with the difference; when one is missing on either side; or when
# one does not end well.
set -u
folder=${1-}
[ -d "$folder" ] || { echo "usage: tests/examples/run.sh FOLDER [WRAPPER COMMAND...]" >&2; exit 2; }
shift
here=$(dirname "$0")
said=$(mktemp)
trap 'rm -f "$said"' EXIT
wrong=0
count=0

for expected in "$here"/*.expected; do
    name=$(basename "$expected" .expected)
    count=$((count + 1))
    if [ ! -x "$folder/$name" ]; then
        echo "examples: $folder/$name is missing"
        wrong=1
        continue
    fi
    "$@" "$folder/$name" >"$said" </dev/null || { echo "examples: $name ended badly"; wrong=1; }
    diff -u "$expected" "$said" || { echo "examples: $name differs"; wrong=1; }
done
for program in "$folder"/*; do
    name=$(basename "$program")
    [ -x "$program" ] && [ ! -f "$here/$name.expected" ] || continue
    echo "examples: $here/$name.expected is missing"
    wrong=1
done
[ "$wrong" = 0 ] && echo "examples: $count say what is expected"
exit $wrong
