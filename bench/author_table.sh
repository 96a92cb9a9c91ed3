#!/usr/bin/env bash
# Does SFT on one author help that author most, and does DPO make the author's own words likelier? From
# one base model trained on four people's writing, SFT on each and DPO with pairs of the model's own.
# Two Markdown tables: how each one's held-out loss changes with SFT (nats per token); and what DPO does
# to the preference for held-out passages over the model's own answers, and to copying.
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
preferences=""
for name in "${names[@]}"; do
  run train sft --author "$name" --epochs "${EPOCHS:-0.5}" >&2
  run train dpo --author "$name" --passages 200 >&2
  report=$(run --json evaluate --author "$name")
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
  preferences+="| ${name##* } | $(python3 -c '
import json, sys
report = json.load(sys.stdin)
found, copied = report["preference"], report["copy"]
margin = lambda at: "%.2f (%.2f to %.2f)" % (at["margin"], *at["margin_95"])
print(" | ".join([margin(found["sft"]), margin(found["dpo"]), "%.2f" % found["dpo"]["reward"]["share"],
                  "%.2f%%" % (100 * copied["sft"]["eight_gram_share"]),
                  "%.2f%%" % (100 * copied["dpo"]["eight_gram_share"])]))' <<<"$report") |"$'\n'
done
printf '\n| DPO on | margin of SFT | margin of DPO | reward share | copied, SFT | copied, DPO |\n'
printf '|---|---|---|---|---|---|\n%s' "$preferences"
