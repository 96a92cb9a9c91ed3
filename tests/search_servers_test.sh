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

# Self-query: the model fills what the rules leave open, and is believed no further than the request goes.
cat >>twin.yaml <<YAML
  self_query_model: $models/chat/completions
  self_query_model_name: parrot
YAML
export TWIN_SELF_QUERY_API_KEY=embed-key
printf '%s' '{"author": "", "platform": "", "from": "2021", "to": "2021-12", "tags": ["chairs"]}' >../requests.answer
says 0 "from 2021 to 2021-12 (by the model)" "$twin" -q search "glue two summers ago" --explain
says 0 "tag chairs: left out" "$twin" -q search "glue two summers ago" --explain
says 0 "says nothing of time" "$twin" -q search "glue" --explain
found=$("$twin" -q --json search "glue two summers ago" -k 9)
grep -q '2021-04-18-glue.md' <<<"$found" || fail "the model's time finds nothing: $found"
grep -q '2019-03-10' <<<"$found" && fail "passages of another time: $found"
[[ "$(tail -1 ../requests)" == *rerank* ]] && grep -q '"/v1/chat/completions".*json_schema' ../requests || fail "no schema"
printf '%s' '{"author": "", "platform": "", "from": "1931", "to": "", "tags": []}' >../requests.answer
says 0 '"asked_for":["from 1931' "$twin" -q --json search "glue two summers ago" --explain -k 1
printf '%s' '{"author": "", "platform": "", "from": "1931", "to": "1931", "tags": []}' >../requests.answer
says 0 "Not used: nothing passes with what the model said" "$twin" -q search "glue two summers ago" --explain -k 1
printf 'Sure!' >../requests.answer
says 0 "Not used: the model parrot could not help" "$twin" -q search glue --explain -k 1
says 0 "could not help" "$twin" -q --set search.self_query_model=http://127.0.0.1:9/v1 search glue --explain -k 1
says 0 "could not help" "$twin" -q --set search.self_query_model="$root/tests/golden/chat_model" search glue --explain -k 1
# A model in this process has room for the question where its positions reach; whatever it says is
# valid, and held against the request.
cp -r "$root/tests/golden/chat_model" ../wide
sed -i 's/"max_position_embeddings": 256/"max_position_embeddings": 4096/' ../wide/config.json
local_model=$("$twin" -q --json --set search.self_query_model=../wide search "what Holt said of glue" --explain -k 1)
grep -q '"stage":"self_query_model"' <<<"$local_model" || fail "no model was asked: $local_model"
grep -q 'could not help' <<<"$local_model" && fail "the model in this process failed: $local_model"
says 2 "no such file" "$twin" -q --set search.self_query_model=nowhere search glue

"$twin" config | grep -q "search.qdrant .*$qdrant" || fail "twin config does not show search.qdrant"

# `twin init` offers an embedder, fetches it for those who say yes on a terminal, and never by itself.
cd "$work"
offered=sentence-transformers/all-MiniLM-L6-v2
mkdir -p "hub/$offered"
cp -r "$root/tests/golden/encoders/bert_mean/." "hub/$offered"
python3 "$root/tests/hub/local_hub.py" hub >hub.url &
started+=($!)
listening hub.url
HF_ENDPOINT=$(cat hub.url)
export HF_ENDPOINT HF_HOME=$work/hf
says 0 "twin models pull $offered" "$twin" init told </dev/null
grep -q "^#   embedder: $offered" told/twin.yaml || fail "twin.yaml does not show the embedder"
[ ! -e hf ] || fail "init fetched a model by itself"
on_terminal() { script -qec "$*" /dev/null; }
says 0 "Fetch it now" on_terminal "$twin init no" <<<n
[ ! -e hf ] || fail "init fetched a model against a no"
HF_HUB_OFFLINE=1 says 0 "not fetched" on_terminal "$twin init offline" <<<y
grep -q "^# search" offline/twin.yaml || fail "an embedder that is not there was set"
says 0 "search.embedder is $offered" on_terminal "$twin init yes" <<<y
says 0 "is there already" on_terminal "$twin init again" <<<y
cd yes
says 0 "11 new" "$twin" collect --author "Maren Holt" "$root/examples/corpora/maren-holt"
says 0 " passages of 11 documents embedded" "$twin" -q features
says 0 "   dense " "$twin" -q search "glue" --explain -k 50

# A real reranker that takes 96 tokens: it reads the beginnings of longer passages, and that is told.
says 0 "read the beginning alone of" "$twin" -q --set search.reranker="$root/tests/golden/encoders/reranker" \
  search glue --explain -k 1
says 0 "read the beginning alone of" "$twin" --set search.reranker="$root/tests/golden/encoders/reranker" \
  search glue -k 1
echo "search with servers works"
