#!/usr/bin/env bash
# The command line as a user or a script meets it: exit codes, --json, help, settings, completion.
#
#   tests/cli_test.sh TWIN
set -euo pipefail
twin=$(realpath "${1:?which twin program?}")
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0

fail() {
  printf 'cli_test: %s\n' "$*" >&2
  failures=$((failures + 1))
}

# expect CODE TEXT COMMAND...: the exit code, and TEXT somewhere in what is printed.
expect() {
  local code=$1 text=$2 got=0 printed
  shift 2
  printed=$("$@" 2>&1) || got=$?
  [ "$got" -eq "$code" ] || fail "'$*' ended with $got, expected $code: $printed"
  [[ "$printed" == *"$text"* ]] || fail "'$*' does not say '$text': $printed"
}

expect 0 "Exit codes" "$twin" --help
expect 0 "twin 0" "$twin" --version
expect 2 "subcommand" "$twin"
expect 2 "" "$twin" frobnicate
expect 2 "twin init" "$twin" status
expect 2 "no twin.yaml" "$twin" --workspace "$work/nowhere" status

# Every command shows an example.
for command in init collect extract import features search "train tokenizer" "train base" "train sft" "train dpo" \
  evaluate write serve status "models list" "models pull" "models inspect" "models quantize" \
  "models export" "models merge" "models tokenize" "models generate" \
  "models perplexity" "bench generate" \
  "export warehouse" "store copy" "bench machine" config completion; do
  # shellcheck disable=SC2086
  expect 0 "Example" "$twin" $command --help
done

expect 0 "Made the workspace" "$twin" init ws --author "Maren Holt"
expect 2 "already a workspace" "$twin" init ws
cd ws
expect 2 "no documents yet" "$twin" features
expect 2 "unknown setting" "$twin" --set no.such=1 status
expect 2 "nowhere.md" "$twin" collect --author "Maren Holt" nowhere.md
expect 0 "11 new" "$twin" collect --author "Maren Holt" "$root/examples/corpora/maren-holt"
expect 0 "Nothing changed" "$twin" collect --author "Maren Holt" "$root/examples/corpora/maren-holt"
expect 2 "nothing is indexed" "$twin" search glue
expect 0 "cleaned, cut and indexed" "$twin" features
expect 0 "Nothing to do" "$twin" features
expect 0 "glue" "$twin" search glue -k 1
expect 0 "Nothing found" "$twin" search xylophone
expect 0 "twin models pull sentence-transformers/all-MiniLM-L6-v2" "$twin" search xylophone
expect 0 "Searched by words alone" "$twin" search glue --explain
expect 2 "run \`twin train tokenizer\`" "$twin" train base
expect 2 "run \`twin train sft\`" "$twin" train dpo
expect 2 "go with --data" "$twin" train dpo --base base
expect 2 "go with --data" "$twin" train dpo --skip-equal
expect 2 "twin train" "$twin" write "Glue"
expect 2 "expected" "$twin" train tokenizer --vocab-size 3
expect 2 "no author" "$twin" write --author "Nobody" "Glue"
expect 3 "" "$twin" import "$work"
expect 3 "" "$twin" models inspect "$root/README.md"
expect 0 "qwen3" "$twin" models inspect "$root/tests/golden/families/qwen3"
expect 0 "m.gguf" "$twin" models quantize "$root/tests/golden/families/qwen3" m.gguf --type q8_0
expect 2 "is there already" "$twin" models quantize "$root/tests/golden/families/qwen3" m.gguf
expect 0 "Q8_0 " "$twin" models inspect m.gguf
expect 0 "hf-folder" "$twin" models export m.gguf hf-folder
head -c 2000 m.gguf >cut.gguf
expect 3 "at byte " "$twin" models inspect cut.gguf
expect 2 "no document" "$twin" status --document nope
HF_HOME=$work/hf HF_HUB_OFFLINE=1 expect 2 "HF_HUB_OFFLINE" "$twin" models pull acme/tiny
HF_HOME=$work/hf expect 2 "twin models pull acme/tiny" "$twin" models inspect acme/tiny
expect 2 "OWNER/NAME" "$twin" models pull acme
TWIN_FORCE_ISA=nonsense expect 2 "nonsense" "$twin" bench machine

# One JSON document on standard output, progress and logs elsewhere; errors are JSON too.
json=$("$twin" --json search glue 2>/dev/null)
[[ "$json" == '{"passages":[{'* ]] || fail "search --json printed $json"
[ "$(printf '%s\n' "$json" | wc -l)" -eq 1 ] || fail "search --json printed several lines"
error=$("$twin" --json write Glue 2>/dev/null || true)
[[ "$error" == '{"error":{"code":2'* ]] || fail "an error with --json printed $error"

# Settings: default < twin.yaml < environment < flag, and where each came from.
printf 'write:\n  k: 4\n  seed: 5\n' >>twin.yaml
config=$(TWIN_WRITE_SEED=6 "$twin" config 2>&1)
[[ "$config" == *"twin.yaml"* && "$config" == *"TWIN_WRITE_SEED"* ]] || fail "config: $config"

# A first version is kept when a file changes.
mkdir "$work/mine"
printf 'First words of a small text.\n' >"$work/mine/a.md"
printf '\xff\xfe\x00binary\x00' >"$work/mine/b.txt"
expect 0 "1 new" "$twin" collect --author "Maren Holt" "$work/mine"
printf 'Other words of a small text.\n' >"$work/mine/a.md"
expect 0 "1 new version" "$twin" collect --author "Maren Holt" "$work/mine"
id=$("$twin" --json status --items 2>/dev/null | grep -o '"document":"[^"]*","reason":"","source":"[^"]*mine/a.md"' |
  cut -d'"' -f4)
expect 0 "First words" "$twin" status --document "$id" --version 1
expect 0 "Other words" "$twin" status --document "$id"
expect 0 "b.txt" "$twin" status --items

# Completion knows commands, their flags and nested commands.
# shellcheck disable=SC1090
source <("$twin" completion bash)
complete_words() {
  COMP_WORDS=(twin "$@")
  COMP_CWORD=$#
  _twin
  printf '%s\n' "${COMPREPLY[@]}"
}
complete_words tr | grep -x train >/dev/null || fail "completion does not know train"
complete_words train s | grep -x sft >/dev/null || fail "completion does not know train sft"
complete_words write --se | grep -x -- --seed >/dev/null || fail "completion does not know write --seed"

# Generation as its flags say, on a tiny chat model and what transformers makes of it.
model=$root/tests/golden/chat_model
# field NAME: a member of the JSON document on standard input that holds no other object.
field() { grep -o "\"$1\":\(\[[^]]*\]\|\"\([^\"\\\\]\|\\\\.\)*\"\|[^,}]*\)" | head -1 | cut -d: -f2- || true; }
expected() { tr -d ' \n' <"$model/expected.json" | sed 's/"raw":.*"adapter_ids"/"adapter_ids"/' | field "$1"; }
gen() { "$twin" --json models generate "$@" 2>"$work/log" || cat "$work/log" >&2; }
same() { [ "$2" = "$3" ] || fail "$1: '$2' is not '$3'"; }
differ() { [ "$2" != "$3" ] || fail "$1: twice '$2'"; }

"$twin" models export "$model" chat.gguf 2>/dev/null >&2
"$twin" models export chat.gguf chat-folder 2>/dev/null >&2
expect 0 "chat_template             yes" "$twin" models inspect chat.gguf
ask=(--system "Be brief." "Why <|im_end|> glue? é東")
for from in "$model" chat.gguf chat-folder; do
  got=$(gen "$from" "${ask[@]}" --temperature 0 --max-new-tokens 24)
  same "$from: the chat's ids" "$(field prompt_ids <<<"$got")" "$(expected prompt_ids)"
  same "$from: the reply's ids" "$(field ids <<<"$got")" "$(expected ids)"
  got=$("$twin" --json models tokenize "$from" "${ask[@]}" 2>/dev/null)
  same "$from: tokenize" "$(field ids <<<"$got")" "$(expected prompt_ids)"
done
tr -d '\n' <"$model/expected.json" | grep -o '\[ *{ *"role".*}, *\]\|"messages": \[[^]]*\]' | sed 's/"messages": //' >chat.json
got=$(gen "$model" --messages chat.json --temperature 0 --max-new-tokens 24 --adapter "$model/adapter")
same "--messages, --adapter" "$(field ids <<<"$got")" "$(expected adapter_ids)"
got=$(gen "$model/adapter" --messages - --temperature 0 --max-new-tokens 24 <chat.json)
same "an adapter's folder" "$(field ids <<<"$got")" "$(expected adapter_ids)"
printf '{{ messages[0].content }}{%% if loud %%}!{%% endif %%}' >own.jinja
got=$("$twin" --json models tokenize "$model" --chat-template own.jinja --template-variables '{"loud": true}' "Hi" 2>/dev/null)
same "--chat-template" "$(field text <<<"$got")" '"Hi!"'
expect 0 "has a chat template" "$twin" models generate "$model" "The glue " --max-new-tokens 2
cp -r chat-folder plain-folder
grep -v chat_template chat-folder/tokenizer_config.json | sed 's/"<|endoftext|>",/"<|endoftext|>"/' >plain-folder/tokenizer_config.json
expect 2 "no chat template" "$twin" models generate plain-folder --chat "Hi"
expect 2 "a chat needs a message" "$twin" models generate "$model" --chat
expect 2 "no chat template 'rag'" "$twin" models generate "$model" --chat-template rag Hi
expect 2 "--no-chat takes no" "$twin" models generate "$model" --no-chat --system x Hi
expect 3 "no.json" "$twin" models generate "$model" --messages no.json
echo '[1]' >list.json
expect 3 "\"role\"" "$twin" models generate "$model" --messages list.json

plain() { gen "$model" "The glue " --max-new-tokens 40 "$@"; }
greedy=$(plain --temperature 0 | field ids)
for flags in "--top-k 1" "--top-p 0" "--min-p 1" "--seed 9 --top-k 1" "--temperature 0 --lookup 4"; do
  # shellcheck disable=SC2086
  same "$flags" "$(plain $flags | field ids)" "$greedy"
done
sampled=$(plain | field ids)
same "the same seed" "$(plain --seed 1 | field ids)" "$sampled"
differ "another seed" "$(plain --seed 2 | field ids)" "$sampled"
differ "--temperature" "$(plain --temperature 3 | field ids)" "$sampled"
differ "--typical-p" "$(plain --typical-p 0.2 | field ids)" "$sampled"
for penalty in "--repetition-penalty 5" "--frequency-penalty 5" "--presence-penalty 20"; do
  # shellcheck disable=SC2086
  differ "$penalty" "$(plain --temperature 0 $penalty | field ids)" "$greedy"
done
twice=$(plain --temperature 0 --presence-penalty 100 | field ids | tr -d '[]' | tr ',' '\n' | sort | uniq -d)
same "--presence-penalty: tokens that come twice" "$twice" ""
stop=$(plain --temperature 0 --stop "zzz" --stop "B")
same "--stop" "$(field finish_reason <<<"$stop")" '"stop_string"'
same "no stop" "$(plain | field finish_reason)" '"length"'
ends=""
for seed in 1 2 3 4 5 6 7 8; do
  ends+=$(gen "$model" --chat Hi --temperature 2 --max-new-tokens 200 --seed $seed | field finish_reason)
done
[[ "$ends" == *stop_token* ]] || fail "no reply ends with its turn: $ends"
[[ "$(plain --logprobs 2)" == *'"logprobs":[{"id":'*'"top":[{"id":'* ]] || fail "--logprobs"
expect 3 "8 prompt tokens and up to 1000 new ones are more than the 256" "$twin" models generate "$model" "The glue " --max-new-tokens 1000
expect 3 "repetition_penalty" "$twin" models generate "$model" "The glue " --repetition-penalty 0

# A pair of the same answer twice is refused, or left out and counted.
printf '{"prompt": "Hi", "chosen": "%s", "rejected": "%s"}\n' one two same same >pairs.jsonl
expect 3 "line 2" "$twin" train dpo --base "$model" --data pairs.jsonl --output tuned
tuned=$("$twin" -q --json train dpo --base "$model" --data pairs.jsonl --output tuned --skip-equal)
same "--skip-equal" "$(grep -o '"equal_skipped":[0-9]*' <<<"$tuned")" '"equal_skipped":1'

# What is trained on a file carries its parity record to every export, and each is held against it.
for i in 1 2 3 4 5 6 7 8; do
  printf '{"instruction": "Say %s", "output": "It is the number %s, I say."}\n' $i $i
done >samples.jsonl
expect 0 "page.html" "$twin" train sft --base "$model" --data samples.jsonl --output lora --template chat \
  --learning-rate 0.01
expect 0 "verified" "$twin" models inspect lora --verify
grep -q "<h2>Gradient norm</h2>" lora.run/page.html || fail "the run has no page"
expect 0 "greedy tokens the same" "$twin" models merge lora merged
expect 0 "greedy tokens the same" "$twin" models export lora merged.gguf --type f16
expect 0 "not run here" "$twin" models inspect merged.gguf
for from in lora merged merged.gguf; do
  same "$from: verified" "$("$twin" --json models inspect $from --verify 2>/dev/null | grep -o '"verified":true')" '"verified":true'
  differ "$from: what the base says" "$(gen $from --chat Hi --temperature 0 | field ids)" \
    "$(gen "$model" --chat Hi --temperature 0 | field ids)"
  same "$from: what the adapter says" "$(gen $from --chat Hi --temperature 0 | field ids)" \
    "$(gen lora --chat Hi --temperature 0 | field ids)"
done
# refused FROM WHAT: loading says so, and what to do; --unverified uses it all the same.
refused() {
  expect 3 "$2" "$twin" models generate "$1" --chat Hi --max-new-tokens 4
  expect 3 "$2" "$twin" models inspect "$1" --verify
  expect 3 "$2" "$twin" models export "$1" again.gguf
  expect 0 "" "$twin" models generate "$1" --chat Hi --max-new-tokens 4 --unverified
}
cp -r lora lora.scaled
sed -i 's/"lora_alpha": *[0-9.]*/"lora_alpha": 7/' lora.scaled/adapter_config.json
refused lora.scaled "the adapter is not the one that was trained"
cp -r merged merged.config
sed -i 's/"rms_norm_eps": *[0-9.e-]*/"rms_norm_eps": 0.5/' merged.config/config.json
refused merged.config "the model's weights or config.json are not those that were recorded"
cp -r merged merged.template
if [ -f merged/chat_template.jinja ]; then
  printf ' ' >>merged.template/chat_template.jinja
else
  sed -i 's/"chat_template": "/"chat_template": " /' merged.template/tokenizer_config.json
fi
refused merged.template "the prompt template (chat) is not the one the model was trained with"
# Some of a layer's weights.
cp merged.gguf bent.gguf
dd if=/dev/zero of=bent.gguf bs=1024 seek=$(($(stat -c %s bent.gguf) / 2048)) count=1 conv=notrunc 2>/dev/null
refused bent.gguf "are not those that were recorded"

echo '{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"enum": ["x", "y"]}},
  "required": ["a", "b"]}' >schema.json
printf 'root ::= ("yes" | "no") " "+ [0-9]{3}' >rules.gbnf
for seed in 1 2 3; do
  got=$("$twin" -q models generate "$model" --chat Hi --json-schema schema.json --seed $seed)
  grep -Eqx '\{ ?"a" ?: ?-?[0-9]+ ?, ?"b" ?: ?"[xy]" ?\}' <<<"$got" || fail "--json-schema: $got"
  got=$("$twin" -q models generate "$model" --chat Hi --grammar rules.gbnf --max-new-tokens 20 --seed $seed)
  grep -Eqx '(yes|no) +[0-9]{3}' <<<"$got" || fail "--grammar: $got"
done
expect 3 "tokens" "$twin" models generate "$model" Hi --json-schema schema.json --max-new-tokens 3
expect 3 "line 5" "$twin" models generate "$model" Hi --grammar "$root/tests/cli_test.sh"
expect 3 "schema" "$twin" models generate "$model" Hi --json-schema chat.json

[ "$failures" -eq 0 ] || exit 1
echo "the command line does what it says"
