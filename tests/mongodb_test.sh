#!/usr/bin/env bash
# The documents in a MongoDB server (FerretDB): the store's own tests, then the program with
# `documents: mongodb://...`, its server killed in mid-run.    tests/mongodb_test.sh [build/release/twin]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
twin=$(realpath "${1:-build/release/twin}")
stores_test=$(dirname "$twin")/src/stores_test
ferretdb=$("$root/tests/servers/ferretdb.sh") || {
  [ $? = 77 ] || exit 1
  echo "mongodb_test: skipped, there is no server to test with"
  exit 0
}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "mongodb_test: $*" >&2; exit 1; }
says() {
  local code=$1 text=$2 got=0 printed
  shift 2
  printed=$("$@" 2>&1) || got=$?
  [ "$got" -eq "$code" ] || fail "'$*' ended with $got, expected $code: $printed"
  grep -qF -- "$text" <<<"$printed" || fail "'$*' does not say '$text': $printed"
}
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
address=127.0.0.1:$port
mkdir -p "$work/state/data"
start_server() {
  "$ferretdb" --handler=sqlite --sqlite-url="file:$work/state/data/" --state-dir="$work/state" \
    --listen-addr="$address" --debug-addr=- --telemetry=disable --log-level=error >>"$work/server.log" 2>&1 &
  server=$!
  disown "$server"  # or the shell tells of its end
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    sleep 0.1
  done
  fail "no server: $(tail -3 "$work/server.log")"
}
stop_server() {
  kill -9 "$server"
  while kill -0 "$server" 2>/dev/null; do sleep 0.05; done
}
start_server
cd "$work"

# The contract that SQLite keeps, and what is MongoDB's own.
TWIN_TEST_MONGODB_URI=mongodb://$address "$stores_test" --gtest_filter='*Mongo*' --gtest_brief=1 >stores.log 2>&1 ||
  fail "$(cat stores.log)"
grep -q SKIPPED stores.log && fail "tests of the store were skipped"

python3 - <<'PY'
import os, random
words = """glue oak plane varnish bench clamp chisel saw maple grain drawer shellac mortise tenon joint ebony
veneer rasp mallet spruce walnut pigment brush hinge dowel lathe plank sand polish wax cedar frame""".split()
os.mkdir("notes")
for i in range(1, 61):
    draw = random.Random(i)
    text = " ".join("I took the {} and the {} to the {}, because it was not what I wanted for the {}."
                    .format(*draw.sample(words, 4)) for _ in range(6))
    open(f"notes/{i}.md", "w").write(f"# Note {i}\n\n{text} That is why I keep the glue of note {i}.\n")
PY

# One workspace in twin.db, one in the server: the same documents, features and passages.
export MONGODB_PASSWORD=secret-of-another-server
"$twin" -q init embedded >/dev/null
"$twin" -q init served >/dev/null
echo "documents: mongodb://$address/served" >>served/twin.yaml
for workspace in embedded served; do
  says 0 "60 new" "$twin" --workspace "$workspace" collect --author "Ada Lovelace" notes
  says 0 "60 items, all as they were" "$twin" --workspace "$workspace" collect --author "Ada Lovelace" notes
  says 0 "60 documents" "$twin" -q --workspace "$workspace" features
done
[ ! -e served/twin.db ] || fail "a twin.db was made beside the server"
[ -e served/passages.db ] || fail "no passages.db"
found() { "$twin" --json -q --workspace "$1" search "glue of note 7" -k 20; }
same_found() { [ "$(found embedded)" = "$(found "$1")" ] || fail "$1 finds other passages"; }
same_found served
rm -f served/passages.db*
same_found served
says 0 '"documents":60' "$twin" --json -q --workspace served status

# A changed note is a new version, an author's name and status read as they do with twin.db.
echo "And a line more about varnish." >>notes/7.md
for workspace in embedded served; do
  says 0 "1 new version" "$twin" --workspace "$workspace" collect --author "Ada Lovelace" notes
  says 0 "59 unchanged" "$twin" -q --workspace "$workspace" features
done
same_found served

# The server dies and comes back while documents, then features are written: nothing is lost.
"$twin" -q init lossy >/dev/null
echo "documents: mongodb://$address/lossy" >>lossy/twin.yaml
interrupted_by_the_server() {
  "$@" >lossy.out 2>&1 &
  local work_pid=$!
  sleep 1
  stop_server
  sleep 1
  start_server
  wait "$work_pid" || fail "'$*' did not outlive its server: $(cat lossy.out)"
}
interrupted_by_the_server "$twin" --workspace lossy collect --author "Ada Lovelace" notes
grep -q "60 new" lossy.out || fail "not all were collected: $(cat lossy.out)"
interrupted_by_the_server "$twin" --workspace lossy features
same_found lossy

# The program dies.
"$twin" -q init killed >/dev/null
echo "documents: mongodb://$address/killed" >>killed/twin.yaml
for pause in 0.3 0.6 0.9; do
  "$twin" -q --workspace killed collect --author "Ada Lovelace" notes >/dev/null 2>&1 &
  killed=$!
  sleep "$pause"
  kill -9 "$killed" 2>/dev/null || true
  wait "$killed" 2>/dev/null || true
done
"$twin" -q --workspace killed collect --author "Ada Lovelace" notes >/dev/null
"$twin" -q --workspace killed features >/dev/null
same_found killed

# Copies: to the server, and from it to a workspace and a twin.db.
says 0 "compared by count and content" "$twin" -q store copy --from embedded --to "mongodb://$address/copied"
says 0 '"copied":0' "$twin" --json -q store copy --from embedded --to "mongodb://$address/copied"
"$twin" -q init back >/dev/null
says 0 "documents: 60, of which 60 were not there" "$twin" -q store copy --from "mongodb://$address/copied" --to back
same_found back
says 0 "of which 0 were not there" "$twin" -q store copy --from served --to back/twin.db --only documents
says 2 "same place" "$twin" store copy --from served --to "mongodb://$address/served"
says 2 "holds documents alone" "$twin" store copy --from served --to "mongodb://$address/copied" --only vectors

# Secrets are never shown, and what is wrong is said.
export TWIN_DOCUMENTS=mongodb://ada:hunter2@$address/served
says 0 "mongodb://ada:***@" "$twin" --workspace served config
"$twin" --json --workspace served config | grep -q hunter2 && fail "twin config shows a password"
export TWIN_DOCUMENTS=postgres://localhost/twin
says 2 "expected mongodb://" "$twin" --workspace served status
export TWIN_DOCUMENTS=mongodb://127.0.0.1:9/served?serverSelectionTimeoutMS=200
says 4 "is the server running" "$twin" --workspace served status
echo "documents in MongoDB are as those in twin.db"
