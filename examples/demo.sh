#!/usr/bin/env bash
# The whole way of a twin on real writing: `./dev demo` builds the program and runs this.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
twin="$here/../build/release/twin"

usage() {
  cat <<'TEXT'
./dev demo                                        two bundled voices, about 10,000 words each
./dev demo --data DIR --author "First Last"       your own folder of Markdown, HTML or text files,
                                                  or a warehouse folder (ArticleDocument.json, ...)
           --workspace DIR                        where the twin is made (default: ./demo)
Killed or interrupted? Run the same command again: it goes on where it was.
TEXT
}

data="" author="" workspace=$(cd "$here/.." && pwd)/demo
while [ $# -gt 0 ]; do
  case "$1" in
    --data) data=${2:?--data needs a folder}; shift 2 ;;
    --author) author=${2:?--author needs a name}; shift 2 ;;
    --workspace) workspace=${2:?--workspace needs a folder}; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
if [ -n "$data" ] && [ -z "$author" ]; then
  echo "demo: --data needs --author \"First Last\": whose twin is it?" >&2
  exit 2
fi

step=0
start=$SECONDS
# run WORDS...: says the command as a user would type it, then runs it in the workspace.
run() {
  step=$((step + 1))
  local shown="" word
  for word in "$@"; do
    if [[ "$word" =~ [^A-Za-z0-9_./=-] ]]; then shown+=" \"$word\""; else shown+=" $word"; fi
  done
  printf '\n\033[1m[%d] %4ds  twin%s\033[0m\n' "$step" "$((SECONDS - start))" "$shown"
  "$twin" --workspace "$workspace" "$@"
}

if [ ! -f "$workspace/twin.yaml" ]; then
  mkdir -p "$workspace"
  printf '\033[1mA new twin in %s\033[0m\n' "$workspace"
  "$twin" init "$workspace" --author "${author:-Maren Holt}"
fi

if [ -z "$data" ]; then
  author="Maren Holt"
  run collect --author "Maren Holt" "$here/corpora/maren-holt"
  run collect --author "Tobias Quill" "$here/corpora/tobias-quill"
elif [ -f "$data/ArticleDocument.json" ]; then
  run import "$data"
else
  run collect --author "$author" "$data"
fi
run features
run train tokenizer
run train base
run train sft
run train dpo
run evaluate

# Three requests in the author's own field: titles that training never saw.
requests=()
while IFS= read -r line; do requests+=("$line"); done < <("$twin" --workspace "$workspace" write --suggest 3)
mkdir -p "$workspace/exports"
number=0
for request in "${requests[@]}"; do
  number=$((number + 1))
  run write --out "$workspace/exports/draft-$number.md" "$request"
done

cat <<TEXT

$(printf '\033[1m')Done in $((SECONDS - start)) s.$(printf '\033[0m') The twin of $author is in $workspace.
  report    $workspace/exports/report.html   (open it in a browser)
  drafts    $workspace/exports/draft-1.md ...
A model this small, trained from scratch in minutes, has the rhythm of a voice, not its sense; the
report says how near it comes, in numbers.

Try next, in that folder (cd $workspace; PATH=$(cd "$here/.." && pwd)/build/release:\$PATH):
  twin write "something you would write about"
  twin search "a word you use"
  twin status                          what was kept, and of what
  twin serve                           then open http://127.0.0.1:8000/docs
  ./dev demo --data ~/my-writing --author "Your Name"
TEXT
