#!/bin/sh
# What the engine's archive needs from outside must stand in tests/core-symbols.txt, and every name
# that it exports must start with rp_. The program `reprise` needs nothing that opens a connection.
# usage: tests/symbols.sh ARCHIVE PROGRAM
set -eu
archive=$1
list=$(dirname "$0")/core-symbols.txt
wrong=0
LC_ALL=C
export LC_ALL

# nm: "U name" is wanted; "ADDRESS T name" and its like is given to others.
exported=$(nm -g "$archive" | awk 'NF == 3 { print $3 }' | sort -u)
wanted=$(nm -g "$archive" | awk 'NF == 2 && $1 == "U" { print $2 }' | sort -u)

for name in $wanted; do
    if echo "$exported" | grep -qx "$name" || grep -qx "$name" "$list"; then
        continue
    fi
    where=$(nm -gA "$archive" | awk -v name="$name" '$NF == name && $(NF - 1) == "U" {
        sub(/^[^:]*:/, "", $1); sub(/:.*/, "", $1); print $1; exit }')
    echo "symbols: $where needs $name, which the engine may not use"
    wrong=1
done
for name in $exported; do
    case $name in
    rp_*) ;;
    *)
        echo "symbols: $name is exported; names start with rp_, all others are static"
        wrong=1
        ;;
    esac
done
for name in $(nm -D "$2" | awk '$1 == "U" { sub(/@.*/, "", $2); print $2 }'); do
    case $name in
    socket | socketpair | connect | bind | listen | accept | accept4 | send | sendto | sendmsg | \
        getaddrinfo | gethostbyname | res_* | curl_* | MHD_*)
        echo "symbols: $2 needs $name; what opens connections belongs into reprise-net"
        wrong=1
        ;;
    esac
done
[ "$wrong" = 0 ] && echo "symbols: $(echo "$exported" | grep -c .) exported, nothing strange wanted"
exit $wrong
