#!/usr/bin/env bash
# kill -9 at ten random moments of the demo's whole way, each time run again: the same final
# artifacts, byte for byte, as of a run that nobody disturbed.
#
#   tests/kill_test.sh TWIN [SEED]
set -euo pipefail
twin=$(realpath "${1:?which twin program?}")
RANDOM=${2:-20}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Small enough for a test, long enough to be hit in every step.
export TWIN_TRAIN_TOKENIZER_VOCAB_SIZE=1024 TWIN_TRAIN_BASE_HIDDEN_SIZE=64 \
  TWIN_TRAIN_BASE_NUM_HIDDEN_LAYERS=2 TWIN_TRAIN_BASE_NUM_ATTENTION_HEADS=4 \
  TWIN_TRAIN_BASE_INTERMEDIATE_SIZE=128 \
  TWIN_TRAIN_BASE_CONTEXT=384 TWIN_TRAIN_BASE_STEPS=120 TWIN_TRAIN_BASE_BATCH_TOKENS=512 \
  TWIN_TRAIN_SFT_BATCH_TOKENS=512 TWIN_TRAIN_CHECKPOINT_EVERY=7 TWIN_EVALUATE_PASSAGES=4 \
  TWIN_TRAIN_DPO_PASSAGES=16 TWIN_TRAIN_DPO_BATCH_TOKENS=768 TWIN_TRAIN_DPO_EPOCHS=2 TWIN_EVALUATE_PAIRS=8 \
  TWIN_WRITE_MAX_NEW_TOKENS=96

# all WORKSPACE: every step of the demo; whatever was done is not done again.
all() {
  local workspace=$1
  run() { "$twin" -q --workspace "$workspace" "$@"; }
  { [ -f "$workspace/twin.yaml" ] || "$twin" -q init "$workspace" --author "Maren Holt"; } &&
    run collect --author "Maren Holt" "$root/examples/corpora/maren-holt" &&
    run collect --author "Tobias Quill" "$root/examples/corpora/tobias-quill" &&
    run features &&
    run train tokenizer &&
    run train base &&
    run train sft &&
    run train dpo &&
    run evaluate &&
    run write --out "$workspace/exports/draft.md" "Glue and patience"
}

# Everything a user keeps. The database's pages may lie differently: its content is what counts.
# metrics.jsonl, its page and TensorBoard's event files, one for each start, hold times.
artifacts() {
  local workspace=$1
  (cd "$workspace" && find models exports runs -type f ! -name metrics.jsonl ! -name page.html ! -name '*.log' \
    ! -name 'events.out.tfevents.*' | sort | xargs sha256sum)
  # An item's state says how it was when last looked at: "new" or "unchanged".
  "$twin" -q --workspace "$workspace" --json status | sed 's/"items":{[^}]*},\?//' | sha256sum
  for id in $("$twin" -q --workspace "$workspace" --json status |
    grep -o '"id":"[0-9a-f-]*"' | cut -d'"' -f4 | sort -u); do
    "$twin" -q --workspace "$workspace" --json status --document "$id" 2>/dev/null | sha256sum || true
  done
}

undisturbed=$work/undisturbed disturbed=$work/disturbed
start=$(date +%s%N)
all "$undisturbed" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
took=$((($(date +%s%N) - start) / 1000000))
echo "undisturbed: $took ms"

kills=0
exec 3>&2 2>/dev/null  # the shell's own words on each killed child
for attempt in $(seq 1 60); do
  [ "$kills" -eq 10 ] && break
  setsid bash -c "$(declare -f all); twin='$twin' root='$root'; set -e; all '$disturbed'" \
    >/dev/null 2>"$work/log" &
  leader=$!
  # An eighth of an undisturbed run on average, so that ten kills fall on early and late steps.
  delay=$((RANDOM * took / 32768 / 4 + 20))
  sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
  if kill -9 -- "-$leader"; then
    kills=$((kills + 1))
    done_so_far=$(cd "$disturbed" 2>/dev/null && ls -d models/* runs/*/checkpoint* exports/* 2>/dev/null | tr '\n' ' ' || true)
    echo "killed after $delay ms; there: ${done_so_far:-nothing}"
  fi
  wait "$leader" || true
done
exec 2>&3
all "$disturbed" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }

# Where a run stands is in its folder's name alone.
artifacts "$undisturbed" >"$work/a"
artifacts "$disturbed" >"$work/b"
if [ "$kills" -lt 10 ]; then
  echo "only $kills kills hit a running step" >&2
  exit 1
fi
if ! diff "$work/a" "$work/b"; then
  echo "the artifacts differ" >&2
  exit 1
fi
echo "$kills kills, $(wc -l <"$work/a") artifacts the same"
