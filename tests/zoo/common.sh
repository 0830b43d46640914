# What the checks of the zoo share; read by tests/zoo.sh and tests/zoo-faults.sh. They set build,
# the folder of the clean program, and work, a folder for theirs; COMPILE, LINK and LIBS are the
# commands of the build. In the end wrong tells whether anything was said.
wrong=0
mkdir -p "$work"

say()
{
    echo "zoo: $*"
    wrong=1
}

now()
{
    date +%s%N
}

# took FROM: seconds since then, with tenths.
took()
{
    awk -v ns="$(($(now) - $1))" 'BEGIN { printf "%.1f", ns / 1e9 }'
}

# A program of its own; only what the bug touches is compiled anew.
make_program()
{
    number=$(sed -n "s/^ *X(\([0-9]*\), $1,.*/\1/p" engine/base/zoo.h)
    [ -n "$number" ] || { say "$1: no such animal"; return 1; }
    objects=
    sign="RP_ZOO_$1\>"
    [ "$number" -lt 50 ] || sign=zoo_faults.h
    for source in $(grep -l "$sign" engine/*.c engine/*/*.c mocks/*.c scenarios/*.c); do
        object=$work/$1-$(basename "$source" .c).o
        # shellcheck disable=SC2086
        $COMPILE -DRP_ZOO="$number" -c -o "$object" "$source" || return 1
        objects="$objects $object"
    done
    # shellcheck disable=SC2086
    $LINK -o "$work/$1" "$build/scenarios/main.o" "$build/scenarios/network_none.o" \
        $(find "$build"/bench/*.o ! -name bench_w7.o) $objects \
        "$build/libscenarios.a" "$build/libmocks.a" "$build/libreprise_os.a" \
        "$build/libreprise.a" $LIBS
}
