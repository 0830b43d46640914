#!/bin/sh
# Real clients against `reprise serve`: installs them with npm into a folder of the build, lets each
# have its conversations, and compares what they print with NAME.txt here. Needs node, npm, curl and
# npm's registry as the machine has it set.
# usage: tests/clients/run.sh [PROGRAM [FOLDER]]     --write: takes what is printed as expected
set -u
write=
[ "${1-}" = --write ] && { write=1; shift; }
program=${1-build/reprise}
folder=${2-build/clients}
here=$(cd "$(dirname "$0")" && pwd)
failed=0

for command in node npm curl; do
    command -v "$command" >/dev/null || { echo "clients: $command is missing" >&2; exit 2; }
done
mkdir -p "$folder"
cp "$here/package.json" "$here/package-lock.json" "$folder" || exit 2
cp "$here"/*.mjs "$here/curl.sh" "$folder" || exit 2
(cd "$folder" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error) || exit 2

"$program" serve "$here/scenario.json" >"$folder/serve.out" &
server=$!
trap 'kill $server 2>/dev/null' EXIT
BASE_URL=
for _ in $(seq 100); do
    BASE_URL=$(sed -n 's/^reprise: serving on //p' "$folder/serve.out")
    [ -n "$BASE_URL" ] && break
    sleep 0.1
done
[ -n "$BASE_URL" ] || { echo "clients: the server did not start" >&2; exit 2; }
export BASE_URL
# Nothing of the machine's own settings may lead a client elsewhere.
unset OPENAI_API_KEY OPENAI_BASE_URL OPENAI_ORG_ID ANTHROPIC_API_KEY ANTHROPIC_BASE_URL \
    ANTHROPIC_AUTH_TOKEN LANGSMITH_TRACING LANGCHAIN_TRACING_V2 \
    http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy

check() # NAME: what it printed against what is expected
{
    if [ -n "$write" ]; then
        cp "$folder/$1.out" "$here/$1.txt"
    elif diff -u "$here/$1.txt" "$folder/$1.out"; then
        echo "clients: $1: ok"
    else
        echo "clients: $1: differs" >&2
        failed=1
    fi
}

for client in openai anthropic agents langchain; do
    (cd "$folder" && timeout 60 node "$client.mjs") >"$folder/$client.out" 2>&1
    check "$client"
done
(cd "$folder" && timeout 60 sh curl.sh) >"$folder/curl.out" 2>&1
check curl
# Every script was used up, to the last reply.
curl -sS "${BASE_URL%/v1}/reprise/ledger" >"$folder/ledger.out"
check ledger
kill -TERM "$server"
wait "$server" || { echo "clients: the server did not end well" >&2; failed=1; }
exit "$failed"
