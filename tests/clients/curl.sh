#!/bin/sh
# Plain curl: whole, streamed, refused; no key, the agent named in a header.
set -u
ask()
{
    curl -sS --max-time 10 -N -H 'Content-Type: application/json' -H 'X-Reprise-Lane: curl' "$@" \
        "$BASE_URL/chat/completions"
    echo
}
echo "== whole"
ask -d '{"model":"m","messages":[{"role":"user","content":"Hi"}]}'
echo "== streamed"
ask -d '{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
echo "== refused"
ask -o /dev/null -w '%{http_code} %header{retry-after}' \
    -d '{"model":"m","messages":[{"role":"user","content":"Hi"}]}'
