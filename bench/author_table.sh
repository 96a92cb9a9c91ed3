#!/usr/bin/env bash
# Does SFT on one author help that author most? From one base model trained on four people's writing,
# SFT on each; how each one's held-out loss changes (nats per token), as a Markdown table.
#
#   bench/author_table.sh TWIN AUTHORS_FOLDER WORKSPACE
#
# EPOCHS of SFT are half of one if the environment does not say otherwise.
# WORKSPACE is made or gone on with: whatever is done there is not done again.
set -euo pipefail
twin=$(realpath "${1:?which twin program?}")
data=$(realpath "${2:?a folder with haack, branchaud, willison and chesterton}")
workspace=${3:?a workspace}
names=("Phil Haack" "Josh Branchaud" "Simon Willison" "Gilbert Chesterton")
folders=(haack branchaud willison chesterton)

[ -f "$workspace/twin.yaml" ] || "$twin" -q init "$workspace" --author "${names[0]}" >&2
run() { "$twin" --workspace "$workspace" "$@"; }
for i in "${!names[@]}"; do run collect --author "${names[i]}" "$data/${folders[i]}" >&2; done
run features >&2
run train tokenizer >&2
run train base >&2

row=""
for name in "${names[@]}"; do row+=" ${name##* } |"; done
printf '| SFT on |%s\n|---|%s\n' "$row" "$(printf -- '---|%.0s' "${names[@]}")"
for name in "${names[@]}"; do
  run train sft --author "$name" --epochs "${EPOCHS:-0.5}" >&2
  # Few texts are drawn: only the losses are of interest.
  report=$(run --json evaluate --author "$name" --set evaluate.passages=2 --set evaluate.pairs=1)
  row=""
  for other in "${names[@]}"; do
    row+=" $(NAME=$name OTHER=$other python3 -c '
import json, os, sys
loss = json.load(sys.stdin)["loss"]
name, other = os.environ["NAME"], os.environ["OTHER"]
found = loss["author"] if name == other else loss["each_impostor"][other]
change = "%+.3f" % found["change"]
print("**" + change + "**" if name == other else change)' <<<"$report") |"
  done
  printf '| %s |%s\n' "${name##* }" "$row"
done
