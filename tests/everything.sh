#!/bin/sh
# Everything that `make test` stands for, in order; a failing stage does not keep the later ones
# from telling what they see. Ends with the tests' own closing lines and one line of counts: each
# test of the plain build once, and under "failed" whatever failed in any build or check.
set -u
cd "$(dirname "$0")/.."
# The stages start make themselves, each with all cores.
unset MAKEFLAGS MAKELEVEL MFLAGS
make=${MAKE:-make}
unset MAKE
failed=0
notes=

# stage WHAT COMMAND...: one check, which passes or fails as a whole.
stage()
{
    echo
    echo "== $1"
    what=$1
    shift
    "$@" && return
    failed=$((failed + 1))
    notes="$notes
failed: $what"
}

# tests WHAT FOLDER COMMAND...: like stage, but failures are counted test by test.
tests()
{
    echo
    echo "== $1"
    what=$1
    counts=$2/counts
    shift 2
    rm -f "$counts"
    if "$@"; then
        read -r p f <"$counts"
        passed=$p
        return
    fi
    passed=0
    f=1
    [ ! -f "$counts" ] || read -r passed f <"$counts"
    [ "$f" != 0 ] || f=1
    failed=$((failed + f))
    notes="$notes
failed: $what ($f)"
}

stage "build" "$make" all tests
stage "tidy: the form of the source" "$make" tidy
stage "symbols: what the engine needs from outside" "$make" symbols
stage "examples" "$make" run-examples
stage "kept inputs of the fuzz targets" "$make" run-fuzz
stage "the README" "$make" readme
tests "tests with small limits" build/small/tests/quick "$make" check-small
tests "tests under sanitizers" build/asan/tests/quick "$make" check-asan-quick
stage "stores that are stopped, torn and refused" "$make" check-crash-short
stage "the zoo: planted bugs are found and made small" "$make" check-zoo-short
stage "valgrind: no error, no leak" "$make" check-valgrind-short
stage "the same traces everywhere" "$make" check-same-short
stage "the same digests of seeds everywhere" "$make" check-determinism-short
tests "every allocation fails once" build/objects/tests/oom "$make" check-oom
total=$passed
tests "unit tests, stories, conformance" build/tests/quick "$make" run-tests
total=$((total + passed))

echo "$notes"
echo "$total passed, $failed failed"
[ "$failed" = 0 ]
