#!/bin/sh
# Says, file by file and room by room, how many lines the tests reached.
# usage: tests/coverage.sh BUILD (made with --coverage, tests run)
set -eu
build=$1
find "$build" -name '*.gcda' ! -path '*/tests/*' | sort | while read -r data; do
    gcov -n "$data" 2>/dev/null
done | awk '
    /^File / { file = $2; gsub(/\047/, "", file) }
    /^Lines executed:/ && file != "" {
        sub(/.*executed:/, ""); percent = $0 + 0; n = $NF
        if (file ~ /^(engine|mocks|scenarios|bench)\// && n > total[file]) {
            total[file] = n; reached[file] = int(percent * n / 100 + 0.5)
        }
        file = ""
    }
    END {
        for (f in total) {
            room = f; sub(/\/[^\/]*$/, "", room)
            all[room] += total[f]; hit[room] += reached[f]
            printf "%6.1f %%  %5d of %5d  %s\n", 100 * reached[f] / total[f], reached[f],
                total[f], f | "sort -k 6"
        }
        close("sort -k 6")
        for (room in all)
            printf "%6.1f %%  %5d of %5d  %s/\n", 100 * hit[room] / all[room], hit[room], all[room],
                room | "sort -k 6"
    }
'
