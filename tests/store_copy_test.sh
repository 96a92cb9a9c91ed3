#!/usr/bin/env bash
# `twin store copy` between workspaces and a service, killed on its way: nothing is lost, nothing is
# done twice.    tests/store_copy_test.sh [build/release/twin]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
twin=$(realpath "${1:-build/release/twin}")
work=$(mktemp -d)
serve=
trap '[ -z "$serve" ] || kill "$serve" 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "store_copy_test: $*" >&2; exit 1; }
cd "$work"

"$twin" -q init from >/dev/null
"$twin" -q init to >/dev/null
for i in $(seq 300); do
  mkdir -p notes && printf '# Note %s\n\nI keep note number %s because I forget.\n' "$i" "$i" >"notes/$i.md"
done
"$twin" -q --workspace from collect --author "Ada Lovelace" notes >/dev/null
"$twin" -q --workspace from collect --author "Maren Holt" "$root/examples/corpora/maren-holt" >/dev/null
"$twin" -q --workspace from features >/dev/null

# Killed five times on its way.
for pause in 0.05 0.1 0.15 0.2 0.3; do
  "$twin" -q store copy --from from --to to >/dev/null 2>&1 &
  copying=$!
  sleep "$pause"
  kill -9 "$copying" 2>/dev/null || true
  wait "$copying" 2>/dev/null || true
done
"$twin" -q store copy --from from --to to | grep -q "compared by count and content" || fail "no copy"
"$twin" --json -q store copy --from from --to to | grep -q '"copied":0' || fail "copied what was there"
count() { "$twin" --json -q --workspace "$1" search note -k 50 | grep -o '"document":' | wc -l; }
[ "$(count from)" = "$(count to)" ] || fail "the copy finds other passages"

# To a service that speaks Qdrant's REST, and back.
"$twin" --json --workspace to serve --author 'Ada Lovelace' --port 0 >url 2>log &
serve=$!
for _ in $(seq 100); do [ -s url ] && break; sleep 0.1; done
url=$(grep -o 'http://[^"]*' url) || fail "no service: $(cat log)"
"$twin" -q store copy --from from --to "$url" | grep -q "cleaned_articles: 3" || fail "no clean documents"
"$twin" --json -q store copy --from from --to "$url" | grep -q '"written":0' || fail "written twice"
"$twin" -q init third >/dev/null
"$twin" -q store copy --from "$url" --to third --only vectors | grep -q "cleaned_articles: 3" || fail "not back"

refused() {
  local says=$1
  shift
  local text
  text=$("$twin" store copy "$@" 2>&1) && fail "not refused: $*"
  grep -q "$says" <<<"$text" || fail "$*: $text"
}
refused "holds documents alone" --from from/twin.db --to to --only vectors
refused "is the server running" --from from --to "mongodb://localhost:9/twin?serverSelectionTimeoutMS=200"
refused "same place" --from from --to ./from
refused "no twin.yaml" --from from --to nowhere
refused "no documents as they came" --from "$url" --to third --only documents
echo "store copies are whole"
