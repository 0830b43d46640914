#!/bin/sh
# Runs test programs, several at a time, and tells their ends in the order given.
# usage: tests/run.sh FOLDER PROGRAM...
# FOLDER gets a log for each program and `counts`: the tests passed and failed in all of them.
# JOBS says how many run at once. Exit status 1 when a test failed or a program did not end well.
set -u
folder=$1
shift
rm -rf "$folder"
mkdir -p "$folder"

# The status of a program stands in a file of its own beside its log.
printf '%s\n' "$@" | xargs -P "${JOBS:-1}" -I {} sh -c '
    log=$1/$(basename "$2")
    "$2" >"$log.log" 2>&1 </dev/null
    echo $? >"$log.status"
' sh "$folder" {}

# sum EXPRESSION FILE: the numbers that sed finds, added up.
sum()
{
    sed -n "s/$1/\\1/p" "$2" | awk '{ n += $1 } END { print n + 0 }'
}

passed=0
failed=0
for program in "$@"; do
    log=$folder/$(basename "$program")
    status=$(cat "$log.status")
    p=$(sum '^\[  PASSED  \] \([0-9]*\) test.*' "$log.log")
    f=$(sum '^\[  FAILED  \].* \([0-9]*\) test(s), listed below.*' "$log.log")
    # A program that died, or ran no test, is a failed test too.
    if [ "$f" = 0 ] && { [ "$status" != 0 ] || [ "$p" = 0 ]; }; then
        f=1
    fi
    passed=$((passed + p))
    failed=$((failed + f))
    echo "$(basename "$program")"
    if [ "$f" = 0 ]; then
        grep '^\[  PASSED  \]' "$log.log"
    else
        grep -v '^\[ RUN      \]\|^\[       OK \]' "$log.log"
        echo "$(basename "$program"): exit status $status, $f failed"
    fi
done
echo "$passed $failed" >"$folder/counts"
[ "$failed" = 0 ]
