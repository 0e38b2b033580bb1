#!/usr/bin/env bash
# Tries the engine of docs/remote.md on a real llama-server: docs/remote.sh LLAMA-SERVER MODEL.gguf [PUSHBACK [OPTION...]]
# Options go to the server.
set -euo pipefail
server=$1 model=$2 pushback=${3:-target/debug/pushback}
shift $(($# < 3 ? $# : 3))
port=${PORT:-18731} home=$(mktemp -d)
export HOME=$home XDG_DATA_HOME=$home XDG_CONFIG_HOME=$home XDG_CACHE_HOME=$home PUSHBACK_API_KEY=sk-of-this-test
engine=http://127.0.0.1:$port/v1
"$server" -m "$model" --port "$port" --api-key "$PUSHBACK_API_KEY" --threads 2 "$@" >"$home/server.log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; rm -rf "$home"' EXIT
for _ in $(seq 120); do
  curl -sf "http://127.0.0.1:$port/health" >/dev/null && break
  sleep 0.5
done

step() { printf '\n== %s\n' "$1"; }
step 'speed, and what the server says of its model'
"$pushback" bench --engine "$engine" --runs 2 --decode 32
step 'a practice session'
printf "You'd rather be somewhere else.\nIt's up to you.\n/end\n" |
  "$pushback" chat --engine "$engine" --persona ray --seed 7 --plain || echo "(exit code $?)"
step 'a scripted trainee'
"$pushback" replay skilled --engine "$engine" --persona ray || echo "(exit code $?)"
step 'a wrong key, a wrong path, a model that is not there'
PUSHBACK_API_KEY=sk-other "$pushback" bench --engine "$engine" || echo "(exit code $?)"
"$pushback" bench --engine "http://127.0.0.1:$port/nowhere" || echo "(exit code $?)"
"$pushback" bench --engine "$engine" --model nobody || echo "(exit code $?)"
step 'what the server was asked'
grep -oE '(GET|POST) /[a-z0-9/_]+ [0-9.]+ [0-9]+' "$home/server.log" | sort | uniq -c || echo '(its log names no requests)'
