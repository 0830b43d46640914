#!/bin/sh
# Installs on Debian 12 what the long form of tests/determinism.sh needs beside tests/setup.sh: as
# root, or through sudo. Says what it installs and why. SQLite for the foreign machines is only
# unpacked below build/matrix/foreign, without a trace in the system. Does nothing, and needs no
# network, when all is there.
set -u
cd "$(dirname "$0")/../.."
top=$(pwd)
foreign=$top/build/matrix/foreign
apt=$top/build/matrix/apt

tests/setup.sh || exit 1

missing=
command_or() # COMMAND PACKAGES REASON
{
    command -v "$1" >/dev/null 2>&1 && return
    missing="$missing $2"
    echo "matrix: missing $2 ($3)"
}

look()
{
    missing=
    for machine in i686-linux-gnu:i386 aarch64-linux-gnu:arm64 arm-linux-gnueabihf:armhf \
        s390x-linux-gnu:s390x; do
        command_or "${machine%:*}-gcc" "gcc-${machine%:*} libc6-dev-${machine#*:}-cross" \
            "compiles for another machine"
    done
    if ! command -v qemu-s390x >/dev/null 2>&1; then
        command_or qemu-s390x-static qemu-user-static "runs programs of other machines"
    fi
    if [ ! -f /usr/share/i18n/locales/de_DE ]; then
        missing="$missing locales"
        echo "matrix: missing locales (sources of a locale with a decimal comma)"
    fi
}

look
if [ -n "$missing" ]; then
    as_root=
    if [ "$(id -u)" != 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "matrix: cannot install: not root, and sudo is absent or asks for a password." >&2
            echo "matrix: run this as root, then start again:" >&2
            echo "    apt-get update && apt-get install -y --no-install-recommends$missing" >&2
            exit 1
        fi
        as_root="sudo -n"
    fi
    echo "matrix: installing$missing"
    log=$(mktemp)
    if ! { $as_root apt-get update -q &&
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        echo "matrix: apt-get failed (its last lines are above); is there a network?" >&2
        exit 1
    fi
    rm -f "$log"
    look
    if [ -n "$missing" ]; then
        echo "matrix: apt-get succeeded, but these are still missing:$missing" >&2
        exit 1
    fi
fi

# The lists of foreign packages are kept apart from the system's own, and go afterwards.
fetch() # ARCHITECTURE...
{
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    cd "$apt" || return 1
    {
        echo "Dir::State \"$apt\"; Dir::State::lists \"$apt/lists\"; Dir::Cache \"$apt/cache\";"
        echo 'Dir::State::status "/var/lib/dpkg/status"; APT::Sandbox::User "root";'
        for arch in "$(dpkg --print-architecture)" "$@"; do
            echo "APT::Architectures:: \"$arch\";"
        done
    } >apt.conf
    # An index that a mirror lacks is none of those needed, or the download says so.
    apt-get -q -c apt.conf update >log 2>&1
    apt-get -q -c apt.conf download $(printf 'libsqlite3-dev:%s ' "$@") >>log 2>&1
}

wanted=
for arch in i386 arm64 armhf s390x; do
    [ -f "$foreign/$arch/libsqlite3.a" ] || wanted="$wanted $arch"
done
[ -n "$wanted" ] || exit 0
echo "matrix: fetching SQLite (libsqlite3-dev) for$wanted, unpacked in build/matrix/foreign"
(fetch $wanted) || {
    tail -n 20 "$apt/log" >&2
    echo "matrix: the packages could not be fetched; is there a network and a mirror?" >&2
    exit 1
}
for arch in $wanted; do
    mkdir -p "$foreign/$arch"
    dpkg -x "$apt"/libsqlite3-dev_*_"$arch".deb "$apt/$arch" &&
        mv "$apt/$arch"/usr/lib/*/libsqlite3.a "$foreign/$arch/" || exit 1
done
rm -rf "$apt"
