#!/bin/sh
# Same seed, same run: plays seeds of the scenarios under drawn schedules and misfortunes, and the
# scenarios as they are, with programs made by other compilers, under other circumstances and on
# other machines, and holds all digests against those of the plain program. One line a variant; a
# difference is told with its first scenario, seed and superstep, and ends in exit status 1.
# usage: tests/determinism.sh [--short]
# --short: fewer scenarios and no other machines. The long form, once interrupted or failed, goes on
# with the variants that are missing; tests/matrix/setup.sh installs what it needs.
set -u
cd "$(dirname "$0")/.."
top=$(pwd)
# The builds start make themselves, each with all cores.
unset MAKEFLAGS MAKELEVEL MFLAGS
make=${MAKE:-make}
unset MAKE
jobs=${JOBS:-$(nproc)}
form=${1:-long}
work=$top/build/matrix/${form#--}
seeds=1000
wrong=0
began=$(date +%s)
mkdir -p "$work"

# Every pattern, streamed and not; stores, questions, time-outs, tools that fail.
chosen='scenarios/cases/sequential-human-review.json scenarios/cases/timeouts-questions.json
scenarios/cases/tool-errors.json tests/conformance/concurrent-checkpoint-resume.json
tests/conformance/graph-sub-workflow-asks.json tests/conformance/group-chat-streaming.json
tests/conformance/handoff-tool-approval.json tests/conformance/magentic-plan-review-revise.json
tests/conformance/sequential-streaming.json'
all=$(find scenarios/cases scenarios/regress tests/conformance -name '*.json' | LC_ALL=C sort)
# Of the random scenarios, which are many, only the traces.
[ "$form" = --short ] || chosen=$(echo "$all" | grep -v /random/)
n_chosen=$(echo $chosen | wc -w)
inputs=$(cat "$0" $all | sha256sum | cut -c 1-64)

# ---- what a variant tells --------------------------------------------------------------------

# Seeds in as many processes as there are jobs; a line each, in order of scenario and seed.
tell_seeds() # OUT PROGRAM [COMMAND...]
{
    out=$1
    program=$2
    shift 2
    pids=
    part=0
    while [ $part -lt "$jobs" ]; do
        first=$((seeds * part / jobs))
        "$@" "$program" prints $first $((seeds * (part + 1) / jobs - first)) $chosen \
            >"$out.part$part" 2>>"$out.log" &
        pids="$pids $!"
        part=$((part + 1))
    done
    failed=0
    for pid in $pids; do
        wait "$pid" || failed=1
    done
    cat "$out".part* | LC_ALL=C sort -k 1,1 -k 2,2n >"$out.told"
    rm -f "$out".part*
    return $failed
}

# Then the traces of all scenarios, and the bytes of all files of their stores.
tell() # OUT PROGRAM [COMMAND...]
{
    tell_seeds "$@" || return 1
    out=$1
    program=$2
    shift 2
    "$@" "$program" traces $all 2>>"$out.log" | sed 's/^/trace /' >>"$out.told"
    rm -rf "$out.stores"
    mkdir "$out.stores"
    "$@" "$program" stores "$out.stores" $all >/dev/null 2>>"$out.log" || return 1
    (cd "$out.stores" && find . -type f | LC_ALL=C sort | xargs sha256sum) |
        sed 's/\(.*\)  \(.*\)/store \2 \1/' >>"$out.told"
    rm -rf "$out.stores"
}

# ---- holding one against the other -----------------------------------------------------------

# The first line that differs, as words; "FILE SEED" alone in $work/parting when it is a seed's.
first_difference() # OUT
{
    rm -f "$work/parting"
    awk -v parting="$work/parting" '
        function place(line,    f, n) {
            n = split(line, f, " ")
            if (n != 6)
                return f[1] " of " f[2]
            print f[1], f[2] >parting
            return f[1] ", seed " f[2]
        }
        FNR == NR { plain[FNR] = $0; n = FNR; next }
        $0 "" != plain[FNR] { print place(FNR > n ? $0 : plain[FNR]); found = 1; exit }
        END { if (!found && FNR < n) print place(plain[FNR + 1]) " (missing)" }
    ' "$work/plain.told" "$1.told"
}

# Which superstep parts first, both programs being asked again.
first_superstep() # PROGRAM [COMMAND...]
{
    [ -f "$work/parting" ] || return
    read -r file seed <"$work/parting"
    program=$1
    shift
    "$plain" steps "$seed" "$file" >"$work/steps.plain" 2>&1
    "$@" "$program" steps "$seed" "$file" >"$work/steps" 2>&1
    diff "$work/steps.plain" "$work/steps" | awk '
        /^[<>]/ { print ", turn " $2 ", superstep " $3; found = 1; exit }
        END { if (!found) print ", after the last superstep" }'
}

say() # NAME DIGEST VERDICT
{
    printf '%-19s %d seeds x %d  %-16s  %s\n' "$1" "$seeds" "$n_chosen" "$2" "$3"
}

digest() # OUT
{
    sha256sum <"$1.told" | cut -c 1-16
}

# WANTED: what the program must say of itself, so that the variant is one.
variant() # NAME WANTED PROGRAM [COMMAND...]
{
    name=$1
    wanted=$2
    shift 2
    key=$({ echo "$name $inputs"; cat "$1" "$plain"; } | sha256sum)
    if [ -f "$work/$name.done" ] && [ "$(cat "$work/$name.done")" = "$key" ]; then
        say "$name" "$(digest "$work/plain")" "equal${wanted:+ ($wanted)}, from the run before"
        return
    fi
    program=$1
    shift
    : >"$work/$name.log"
    facts=$("$@" "$program" about 2>&1)
    if ! echo "$facts" | grep -qF -- "$wanted"; then
        say "$name" - "not tried: wanted is \"$wanted\", but it says: $facts"
        wrong=1
        return
    fi
    if ! tell "$work/$name" "$program" "$@"; then
        say "$name" - "failed:"
        tail -n 5 "$work/$name.log"
        wrong=1
    elif cmp -s "$work/plain.told" "$work/$name.told"; then
        say "$name" "$(digest "$work/$name")" "equal${wanted:+ ($wanted)}"
        echo "$key" >"$work/$name.done"
        [ "$name" = plain ] || rm -f "$work/$name.told" "$work/$name.log"
    else
        say "$name" "$(digest "$work/$name")" \
            "DIFFERS: $(first_difference "$work/$name")$(first_superstep "$program" "$@")"
        wrong=1
    fi
}

left_out() # NAME WHY
{
    echo "left out: $1: $2"
    [ "$form" = --short ] || wrong=1
}

# A program of its own, in the folder that other checks build in too.
built() # NAME WANTED FOLDER SETTING...
{
    name=$1
    wanted=$2
    folder=$3
    shift 3
    if "$make" B="$folder" PARTS="$parts" "$@" "$folder/determinism" >"$work/$name.log" 2>&1; then
        # What this machine can run itself needs no emulator.
        "$folder/determinism" about >/dev/null 2>&1 && runner=
        variant "$name" "$wanted" "$top/$folder/determinism" $runner
    else
        say "$name" - "does not build:"
        tail -n 20 "$work/$name.log"
        wrong=1
    fi
}

# ---- the plain program -----------------------------------------------------------------------

# Goes on only where the long form's run before was not whole.
if [ "$form" = --short ] || [ -f "$work/whole" ]; then
    rm -f "$work/whole" "$work"/*.done
fi
"$make" build/determinism >"$work/build.log" 2>&1 || {
    cat "$work/build.log"
    exit 1
}
plain=$top/build/determinism
runner=
# Its link tells which sources it is made of; elsewhere these alone are compiled.
names='s/.*lib\(scenarios\|mocks\|reprise_os\|reprise\)\.a[()]*\([a-z0-9_]*\)\.o.*/\1 \2/p'
parts=$(sed -n "$names" build/determinism.parts | sort -u | while read -r archive part; do
    case $archive in
    scenarios | mocks) find "$archive" -name "$part.c" ;;
    reprise_os) echo "engine/os/$part.c" ;;
    reprise) find engine -name "$part.c" ! -path 'engine/os/*' ;;
    esac
done)

echo "determinism: digests of $seeds seeds of each of $n_chosen scenarios, of the traces of" \
    "$(echo "$all" | wc -l), of the files of their stores"
one=$jobs
jobs=1
if tell "$work/plain" "$plain"; then
    say plain "$(digest "$work/plain")" "$("$plain" about | cut -d , -f 1-5), one process"
else
    cat "$work/plain.log"
    exit 1
fi
for file in $all; do
    [ -f "${file%.json}.trace" ] &&
        echo "trace $file $(sha256sum <"${file%.json}.trace" | cut -c 1-64)"
done >"$work/kept"
if ! grep '^trace ' "$work/plain.told" | diff - "$work/kept" >"$work/odd"; then
    echo "traces that are not those kept beside the scenarios:" \
        $(awk '/^[<>]/ { print $3 }' "$work/odd" | sort -u)
    wrong=1
fi

# ---- circumstances ---------------------------------------------------------------------------

jobs=2
variant two-jobs "" "$plain"
jobs=$one
if [ "$("$plain" addresses)" != "$("$plain" addresses)" ]; then
    variant addresses-random "" "$plain"
else
    left_out addresses-random "this system gives every process the same addresses"
fi
still="setarch -R"
if [ "$($still "$plain" addresses 2>&1)" = "$($still "$plain" addresses 2>/dev/null)" ]; then
    variant addresses-fixed "" "$plain" $still
else
    left_out addresses-fixed "setarch -R is refused here"
fi
variant environment-none "environment 0" "$plain" env -i
variant environment-large "environment 100009" "$plain" env -i \
    "PADDING=$(head -c 100000 /dev/zero | tr '\0' x)"
variant memory-perturbed "memory 5a" "$plain" env MALLOC_PERTURB_=165
variant zone "zone +1400" "$plain" env TZ=LINT-14
if [ ! -d "$work/locale/de_DE.UTF-8" ]; then
    mkdir -p "$work/locale"
    localedef -i de_DE -f UTF-8 "$work/locale/de_DE.UTF-8" >/dev/null 2>&1
fi
if [ -d "$work/locale/de_DE.UTF-8" ]; then
    variant locale-de_DE "decimal ," "$plain" env LOCPATH="$work/locale" LC_ALL=de_DE.UTF-8
else
    left_out locale-de_DE "its sources are in the package locales"
fi
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
mkdir -p "$elsewhere/a folder/tests" "$elsewhere/a folder/scenarios"
cp -r tests/conformance "$elsewhere/a folder/tests/"
cp -r scenarios/cases scenarios/regress "$elsewhere/a folder/scenarios/"
cp "$plain" "$elsewhere/a folder/"
cd "$elsewhere/a folder" || exit 1
variant folder "" ./determinism
cd "$top" || exit 1

# ---- compilers -------------------------------------------------------------------------------

built gcc-O0 "not optimized" build/same/gcc-O0.build CC=gcc OPT=-O0
built clang-O3 "clang" build/same/clang-O3.build CC="${CLANG:-clang}" OPT=-O3
built sanitizers "sanitized" build/asan CC=gcc OPT='-O1 -g' \
    SAN='-fsanitize=address,undefined -fno-sanitize-recover=all'
if [ "$form" = --short ]; then
    echo "left out: gcc -O3, i386, aarch64, armhf, s390x, the other $(($(echo "$all" | grep -vc \
        /random/) - n_chosen)) scenarios, jobs of \`reprise explore\`: they take minutes, and" \
        "compilers and emulators from tests/matrix/setup.sh; see make check-determinism"
    exit $wrong
fi
# Inlining so much, gcc takes for used what a failed call leaves unset; valgrind sees the rest.
built gcc-O3 "gcc" build/same/gcc-O3.build CC=gcc OPT='-O3 -march=native -Wno-maybe-uninitialized'

# ---- the program itself ----------------------------------------------------------------------

# explored NAME: whether the files x.1 and x.2 of it are equal.
explored() # NAME WHAT
{
    if cmp -s "$work/$1.1" "$work/$1.2"; then
        say "$1" "$(sha256sum <"$work/$1.1" | cut -c 1-16)" "equal ($2)"
        rm -f "$work/$1.1" "$work/$1.2"
    else
        say "$1" - "DIFFERS: $2; see ${work#"$top/"}/$1.1 and .2"
        wrong=1
    fi
}

if "$make" program >"$work/program.log" 2>&1; then
    # A scenario with a tape plays that instead of seeds.
    seeded=$(grep -L '"tape"' $chosen)
    build/reprise explore --prints --seeds $seeds $seeded >"$work/explore-prints.1" 2>&1
    for file in $seeded; do
        awk -v file="$file" '$1 == file { print $2, $3, $4 }' "$work/plain.told"
    done >"$work/explore-prints.2"
    explored explore-prints "what reprise explore --prints tells"
    for n in 1 2; do
        rm -f "$work/results.$n"
        build/reprise explore --seeds $seeds --jobs $n --no-shrink --quiet \
            --out "$work/results.$n" $seeded >"$work/explore-jobs.$n" 2>&1
        echo "status $?" >>"$work/explore-jobs.$n"
        sha256sum <"$work/results.$n" >>"$work/explore-jobs.$n"
    done
    explored explore-jobs "results and report of reprise explore --jobs 1 and 2"
else
    tail -n 20 "$work/program.log"
    wrong=1
fi

# ---- other machines --------------------------------------------------------------------------

machine() # NAME PREFIX ARCHITECTURE EMULATOR WANTED
{
    sqlite=build/matrix/foreign/$3
    runner=
    for emulator in "qemu-$4" "qemu-$4-static"; do
        command -v "$emulator" >/dev/null 2>&1 && runner=$emulator
    done
    if ! command -v "$2-gcc" >/dev/null 2>&1 || [ ! -f "$sqlite/libsqlite3.a" ] ||
        [ -z "$runner" ]; then
        left_out "$1" "its compiler, library or emulator is missing; run tests/matrix/setup.sh"
        return
    fi
    built "$1" "$5" "build/matrix/$1" CC="$2-gcc" OPT='-O2 -Wno-maybe-uninitialized' \
        LIBS="-static -L$sqlite -lsqlite3 -lm"
    runner=
}

machine i386 i686-linux-gnu i386 i386 "32 bits, little-endian, char signed, eval 2"
machine aarch64 aarch64-linux-gnu arm64 aarch64 "64 bits, little-endian, char unsigned"
machine armhf arm-linux-gnueabihf armhf arm "32 bits, little-endian, char unsigned"
machine s390x s390x-linux-gnu s390x s390x "64 bits, big-endian, char unsigned"

echo "determinism: $(($(date +%s) - began)) s"
[ $wrong = 0 ] && touch "$work/whole"
exit $wrong
