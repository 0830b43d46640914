#!/bin/sh
# Installs on Debian 12 what building and testing need and this machine lacks: as root, or through
# sudo. Says what it installs and why. Does nothing, and needs no network, when all is there.
set -u

missing= # packages, in the order in which they were missed

# want PACKAGE REASON: notes a package that is missing.
want()
{
    missing="$missing $1"
    echo "setup: missing $1 ($2)"
}

command_or() # COMMAND PACKAGE REASON
{
    command -v "$1" >/dev/null 2>&1 || want "$2" "$3"
}

# A header that some compiler finds; without a compiler the file is looked for where Debian has it.
header_or() # HEADER PACKAGE REASON
{
    if command -v gcc >/dev/null 2>&1; then
        # what cmocka.h wants before itself does the others no harm
        printf '#include <setjmp.h>\n#include <stdarg.h>\n#include <stddef.h>\n#include <%s>\n' \
            "$1" | gcc -x c -fsyntax-only - 2>/dev/null && return
    else
        ls "/usr/include/$1" "/usr/include/"*"/$1" 2>/dev/null | grep -q . && return
    fi
    want "$2" "$3"
}

look()
{
    missing=
    command_or gcc gcc "compiles the project"
    command_or ar binutils "makes and reads the archives"
    header_or stdint.h libc6-dev "headers of the C library"
    command_or make make "runs the build"
    command_or clang clang "second compiler: traces must not depend on the first"
    command_or valgrind valgrind "finds memory errors and leaks"
    header_or cmocka.h libcmocka-dev "unit tests"
    header_or cjson/cJSON.h libcjson-dev "a second reader of JSON, to compare with in tests"
    header_or sqlite3.h libsqlite3-dev "checkpoints in one database"
    header_or curl/curl.h libcurl4-openssl-dev "real model services"
    header_or yaml.h libyaml-dev "cassettes of other tools"
    header_or zlib.h zlib1g-dev "compressed replies in cassettes of other tools"
    header_or microhttpd.h libmicrohttpd-dev "serving models over HTTP"
}

look
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        echo "setup: cannot install: not root, and sudo is absent or asks for a password." >&2
        echo "setup: run this as root, then start again:" >&2
        echo "    apt-get update && apt-get install -y --no-install-recommends$missing" >&2
        exit 1
    fi
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: cannot install: no apt-get here (this script knows Debian 12)." >&2
    echo "setup: install the equivalents of:$missing" >&2
    exit 1
fi

echo "setup: installing$missing"
log=$(mktemp)
if ! { $as_root apt-get update -q &&
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "setup: apt-get failed (its last lines are above); is there a network and a mirror?" >&2
    echo "setup: missing still:$missing" >&2
    exit 1
fi
rm -f "$log"

look
if [ -n "$missing" ]; then
    echo "setup: apt-get succeeded, but these are still missing:$missing" >&2
    exit 1
fi
echo "setup: done"
