#!/bin/sh
# The README tells the truth: its scenario gives its transcript, its C program compiles and runs.
# usage: tests/readme.sh BUILD
set -u
build=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Each block that opens with a name after its language becomes a file of that name.
awk -v folder="$folder" '
    /^```/ { file = NF == 2 ? folder "/" $2 : ""; next }
    file != "" { print >file }
' README.md

"$build/reprise" run "$folder/slogan.json" >"$folder/told" &&
    diff -u "$folder/transcript" "$folder/told" || {
    echo "readme: the scenario gives another transcript"
    exit 1
}
${CC:-gcc} -std=c11 -Wall -Wextra -Werror -I. -o "$folder/embed" "$folder/embed.c" \
    "$build/libreprise_os.a" "$build/libreprise.a" && "$folder/embed" >"$folder/said" &&
    grep -q '^Editor: Quiet streets' "$folder/said" || {
    echo "readme: the C program does not compile, or says another thing"
    exit 1
}
echo "readme: its scenario and its program do what it says"
