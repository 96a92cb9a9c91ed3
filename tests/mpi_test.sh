#!/usr/bin/env bash
# One run by several processes under mpirun takes the steps of one process: the same losses to f32
# rounding, one result, and it goes on after a kill.
#
#   tests/mpi_test.sh TWIN
set -euo pipefail
twin=$(realpath "${1:?which twin program?}")
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl=self,vader \
  OMPI_MCA_btl_vader_single_copy_mechanism=none  # containers forbid it
unset TWIN_THREADS

fail() { echo "mpi_test: $*" >&2; exit 1; }
several() { mpirun --oversubscribe --bind-to none -np "$1" "$twin" "${@:2}"; }

# losses FILE: step and loss of each step.
losses() { sed -nE 's/^\{"step":([0-9]+),"loss":([^,]+),.*/\1 \2/p' "$1"; }

# same_losses A B: as many, all as near as f32 sums in another order are.
same_losses() {
  paste <(losses "$1") <(losses "$2") | awk '
    NF != 4 || $1 != $3 { print "steps differ: " $0; bad = 1 }
    { d = $2 - $4; if (d < 0) d = -d; if (d > 2e-4 * (1 + $2)) { print "losses differ: " $0; bad = 1 } }
    END { if (NR < 4) { print "only " NR " steps"; bad = 1 } exit bad }' || fail "$1 and $2"
}

model=$root/tests/golden/chat_model
for i in $(seq 40); do
  printf '{"prompt": "Say %d", "completion": "The number is %d, and glue holds it."}\n' "$i" $((i * i))
done >samples.jsonl
for i in $(seq 40); do
  printf '{"prompt": "Say %d", "chosen": "It is %d.", "rejected": "No, %d it is not."}\n' "$i" "$i" "$i"
done >pairs.jsonl

sft=(train sft --base "$model" --data samples.jsonl --batch-tokens 256 --accumulate 2 --neftune-alpha 5
  --validation-share 0.2 --epochs 3)
"$twin" -q "${sft[@]}" --output one
printed=$(several 2 --json "${sft[@]}" --output two 2>two.log) || { cat two.log >&2; fail "sft by two"; }
[ "$(wc -l <<<"$printed")" = 1 ] || fail "one process alone prints, but: $printed"
same_losses one.run/metrics.jsonl two.run/metrics.jsonl
[ -f two/adapter_model.safetensors ] || fail "no adapter"

dpo=(train dpo --base "$model" --data pairs.jsonl --batch-tokens 256 --epochs 3)
"$twin" -q "${dpo[@]}" --output one_dpo
several 3 -q "${dpo[@]}" --output three_dpo
same_losses one_dpo.run/metrics.jsonl three_dpo.run/metrics.jsonl

# Killed on its way, it goes on from the first process's checkpoint.
long=(train sft --base "$model" --data samples.jsonl --batch-tokens 128 --epochs 10
  --set train.checkpoint_every=3)
"$twin" -q "${long[@]}" --output whole
several 2 -q "${long[@]}" --output killed &
while [ ! -f killed.run/checkpoint.safetensors ]; do
  kill -0 $! 2>/dev/null || fail "the long run ended before its first checkpoint"
  sleep 0.05
done
for process in /proc/[0-9]*; do
  if { tr '\0' ' ' <"$process/cmdline"; } 2>/dev/null | grep -q -- "--output killed"; then
    kill -9 "${process#/proc/}" 2>/dev/null || true
  fi
done
wait $! && fail "it was to be killed"
several 2 -q "${long[@]}" --output killed
same_losses whole.run/metrics.jsonl killed.run/metrics.jsonl

echo "several processes take the steps of one"
