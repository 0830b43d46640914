#!/bin/sh
# Holds tests/LAYERS, the list of what each file may include, against the files.
# usage: tests/layers.sh          says what does not agree; exit status 1 then
#        tests/layers.sh --write  makes the list anew from the includes that there are
set -eu
cd "$(dirname "$0")/.."
LC_ALL=C
export LC_ALL

files=$(find engine mocks scenarios tests fuzz bench -name '*.[ch]' 2>/dev/null | sort)
[ -f tests/LAYERS ] || : >tests/LAYERS

if [ "${1-}" != --write ]; then
    exec awk -v order=tests/LAYERS -f tests/layers.awk $files
fi

new=tests/LAYERS.new
trap 'rm -f "$new"' EXIT
{
    echo "# What each file includes, of the project's own. A file includes only files listed above"
    echo "# it, so there is no circle. Kept by tests/layers.sh --write, held by tests/tidy."
    awk -v order=tests/LAYERS -v write=1 -f tests/layers.awk $files
} >"$new"
mv "$new" tests/LAYERS
