#!/usr/bin/env bash
# Search with its models behind URLs and its vectors in a server that speaks Qdrant's REST (another
# twin's service).    tests/search_servers_test.sh [build/release/twin]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
twin=$(realpath "${1:-build/release/twin}")
work=$(mktemp -d)
started=()
trap '[ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "search_servers_test: $*" >&2; exit 1; }
# says CODE TEXT COMMAND...: the exit code, and TEXT in what is printed.
says() {
  local code=$1 text=$2 got=0 printed
  shift 2
  printed=$("$@" 2>&1) || got=$?
  [ "$got" -eq "$code" ] || fail "'$*' ended with $got, expected $code: $printed"
  grep -qF -- "$text" <<<"$printed" || fail "'$*' does not say '$text': $printed"
}
listening() {
  for _ in $(seq 100); do [ -s "$1" ] && return; sleep 0.1; done
  fail "$1: no service"
}
cd "$work"

python3 "$root/tests/servers/models_server.py" requests --key embed-key >models.url &
started+=($!)
listening models.url
models=$(cat models.url)

"$twin" -q init store --author "Ada Lovelace" >/dev/null
"$twin" -q --workspace store collect --author "Ada Lovelace" "$root/examples/corpora/maren-holt" >/dev/null
"$twin" -q --workspace store --json serve --port 0 >store.json 2>store.log &
started+=($!)
listening store.json
qdrant=$(grep -o 'http://[^"]*' store.json)

"$twin" -q init ws --author "Maren Holt" >/dev/null
cd ws
"$twin" -q collect --author "Maren Holt" "$root/examples/corpora/maren-holt" >/dev/null
"$twin" -q features >/dev/null

# What is missing is said, and by whom.
embedder() { "$twin" -q --set search.embedder="$models" --set search.embedder_model=counts "$@"; }
says 2 "search.embedder_model" "$twin" -q --set search.embedder="$models" search glue
says 2 "search.embedder_dimensions" embedder search glue
says 4 "TWIN_EMBEDDER_API_KEY" embedder --set search.embedder_dimensions=32 features
export TWIN_EMBEDDER_API_KEY=embed-key TWIN_RERANKER_API_KEY=embed-key
says 4 "expected 16" embedder --set search.embedder_dimensions=16 features
cat >>twin.yaml <<YAML
search:
  embedder: $models/embeddings
  embedder_model: counts
  embedder_dimensions: 32
  query_prefix: "asked: "
YAML

# A search makes nothing, whatever is missing.
rm -f vectors.db*
says 0 "no passage has a vector yet" "$twin" search glue -k 1
[ ! -e vectors.db ] || fail "a search made vectors.db"

# In the workspace, then in the server.
says 0 " passages of 11 documents embedded" "$twin" -q features
says 0 "0 passages of 0 documents embedded" "$twin" -q features
says 0 "dense 1" "$twin" -q search glue --explain -k 3
local_found=$("$twin" -q --json search "strongest glue" -k 5)
rm -rf vectors.db*
printf '  qdrant: %s\n' "$qdrant" >>twin.yaml
says 0 "no passage has a vector yet" "$twin" search glue -k 1
says 0 '"collections":[]' curl -s "$qdrant/collections"
requests_before=$(wc -l <../requests)
says 0 " passages of 11 documents embedded" "$twin" -q features
says 0 "0 passages of 0 documents embedded" "$twin" -q features
[ ! -e vectors.db ] || fail "vectors.db was made beside the server"
[ "$local_found" = "$("$twin" -q --json search "strongest glue" -k 5)" ] || fail "the server finds other passages"
curl -s "$qdrant/collections" | grep -q embedded_articles || fail "no collections at the server"
[ "$(wc -l <../requests)" -gt "$requests_before" ] || fail "nothing was embedded"
grep -q '"asked: strongest glue"' ../requests || fail "no query prefix"
grep -q 'Bearer embed-key' ../requests || fail "no key was sent"

# The reranker has the last word.
cat >>twin.yaml <<YAML
  reranker: $models/
  reranker_model: overlap
YAML
says 0 "rerank 1 (2.00)" "$twin" -q search "strongest glue" --explain -k 1
grep -q '"/v1/rerank"' ../requests || fail "no reranker was asked"
says 0 '"reranker_cut":0' "$twin" -q --json search "strongest glue" -k 1

# Another embedder's vectors: readers refuse and change nothing, `twin features` makes them anew.
says 2 "twin features" "$twin" -q --set search.embedder_model=others search glue
says 0 "rerank 1 (1.00)" "$twin" -q search glue --explain -k 1
says 0 " passages of 11 documents embedded" "$twin" -q --set search.embedder_model=others features
says 2 "twin features" "$twin" -q search glue
says 0 " passages of 11 documents embedded" "$twin" -q features

# A service reads them there as well, without vectors.db's own.
"$twin" -q --json serve --port 0 >../serve.json 2>../serve.log &
started+=($!)
listening ../serve.json
says 0 '"collections":[]' curl -s "$(grep -o 'http://[^"]*' ../serve.json)/collections"

# Points of others are left alone, and a server that is none is said to be none.
curl -s -X DELETE "$qdrant/collections/embedded_posts" >/dev/null
curl -s -X PUT "$qdrant/collections/embedded_posts" -H 'Content-Type: application/json' \
  -d '{"vectors": {"size": 3, "distance": "Cosine"}}' >/dev/null
curl -s -X PUT "$qdrant/collections/embedded_posts/points" -H 'Content-Type: application/json' \
  -d '{"points": [{"id": 1, "vector": [1, 0, 0], "payload": {"of": "somebody"}}]}' >/dev/null
says 2 "did not write" "$twin" -q features
curl -s "$qdrant/collections/embedded_posts" | grep -q '"points_count":1' || fail "points of others were dropped"
curl -s -X DELETE "$qdrant/collections/embedded_posts" >/dev/null
says 4 "no Qdrant" "$twin" -q --set search.qdrant="$models" search glue
says 4 "" "$twin" -q --set search.qdrant=http://127.0.0.1:9 search glue
"$twin" config | grep -q "search.qdrant .*$qdrant" || fail "twin config does not show search.qdrant"
echo "search with servers works"
