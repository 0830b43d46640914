#!/bin/sh
# All figures, each workload in a process of its own, the median of several rounds.
# usage: bench/run.sh [PROGRAM [ROUNDS]]
# W7, the server of models, needs wrk and is left out without it.
set -eu
program=${1-build/reprise}
rounds=${2-3}
here=$(dirname "$0")
all=$(mktemp)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$all" "$all.out"' EXIT

# Requests a second of the server, whole and streamed, and what it holds after both.
serve()
{
    "$program" bench W7 "$1" >"$all.out" &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        grep -q ready "$all.out" && break
        sleep 0.2
    done
    for stream in 0 1; do
        name=plain
        [ "$stream" = 0 ] || name=sse
        PEER_STREAM=$stream wrk -t2 -c32 -d10s -s "$here/w7.lua" "http://127.0.0.1:$1/" |
            awk -v name="$name" '
                /Requests\/sec/ { print "W7 10 W7." name, int($2), "requests/s" }
                /Non-2xx|Socket errors/ { print "bench: W7." name ": " $0 >"/dev/stderr" }'
    done
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/W7 10 W7.rss_after \1 KiB/p' "/proc/$server/status"
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
}

i=0
while [ "$i" -lt "$rounds" ]; do
    for work in "W1 100000" "W1 10000000" "W2 2000" "W3 50" "W3 200" "W3 800" "W4 50" \
        "W4 200" "W4 800" "W5 300" "W5 1200" "W6 200" "W7.replay 20000" "W8 5"; do
        # A figure is known by its workload and its size, its name and its unit.
        # shellcheck disable=SC2086
        "$program" bench $work | sed "s/^/$work /" >>"$all"
    done
    if command -v wrk >/dev/null; then
        serve 18407 >>"$all"
    fi
    i=$((i + 1))
done
LC_ALL=C sort -k1,1 -k2,2n -k3,3 -k5,5 -k4,4n "$all" | awk '
    function tell() { if (n) print "size", size, name, figure[int((n + 1) / 2)], unit; n = 0 }
    { key = $1 " " $2 " " $3 " " $5 }
    key != last { tell(); last = key }
    { figure[++n] = $4; size = $2; name = $3; unit = $5 }
    END { tell() }'
