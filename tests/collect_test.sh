#!/usr/bin/env bash
# "Give it the blog": five sites, written as Medium, Substack, Hugo, WordPress and Ghost write them, are
# collected twice: complete, polite, idempotent; and once more with kill -9 in the middle.
#
#   tests/collect_test.sh TWIN
set -euo pipefail
twin=$(realpath "${1:?which twin program?}")
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

python3 "$root/tests/servers/blogs_server.py" "$work" &
server=$!
for _ in $(seq 100); do [ -f "$work/sites.json" ] && break; sleep 0.05; done
[ -f "$work/sites.json" ] || { echo "collect_test: the server did not start" >&2; exit 1; }
mapfile -t urls < <(python3 -c '
import json, sys
for site in json.load(open(sys.argv[1]))["sites"].values(): print(site["url"])' "$work/sites.json")

# collect WORKSPACE
collect() {
  "$twin" -q --workspace "$1" --json collect --author "Maren Holt" --allow-private-addresses --delay 0.1 "${urls[@]}"
}
# check STEP WORKSPACE: what that step must have left in the store and in the server's log.
check() { python3 "$root/tests/servers/check_collection.py" "$1" "$work" "$2"; }

# Without the flag nothing of this machine is reached.
"$twin" -q init "$work/closed" --author "Maren Holt" >/dev/null
"$twin" -q --workspace "$work/closed" collect --author "Maren Holt" "${urls[0]}" >/dev/null 2>&1 || true
[ ! -f "$work/requests" ] || { echo "collect_test: reached 127.0.0.1 without the flag" >&2; exit 1; }

"$twin" -q init "$work/ws" --author "Maren Holt" >/dev/null
collect "$work/ws" >"$work/first.json"
check first "$work/ws"
mv "$work/requests" "$work/requests.first"
collect "$work/ws" >"$work/second.json"
check second "$work/ws"
rm "$work/requests"

# Killed twice on the way, then run to its end: what a run that nobody disturbed keeps.
"$twin" -q init "$work/killed" --author "Maren Holt" >/dev/null
for after in 1.2 2.5; do
  collect "$work/killed" >/dev/null 2>&1 &
  run=$!
  sleep "$after"
  kill -9 "$run" 2>/dev/null || true
  wait "$run" 2>/dev/null || true
done
collect "$work/killed" >"$work/resumed.json"
check resumed "$work/killed"
echo "collect_test: five sites, complete, polite, idempotent; killed and resumed"
