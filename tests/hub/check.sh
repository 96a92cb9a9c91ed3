#!/usr/bin/env bash
# `twin models pull` against local_hub.py: ten kills on the way, then Hugging Face's own client reads
# the cache offline. Needs Python with huggingface_hub, so it is run by hand, not by `./dev test`:
#
#   tests/hub/check.sh build/release/twin /tmp/venv/bin/python
set -euo pipefail
twin=$(realpath "${1:?which twin program?}")
python=${2:?which Python?}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
hub=
trap '[ -z "$hub" ] || kill "$hub"; rm -rf "$work"' EXIT

repository=$work/root/acme/tiny
mkdir -p "$repository"
printf '{"model_type": "llama"}' >"$repository/config.json"
printf '{}' >"$repository/tokenizer.json"
printf 'not needed' >"$repository/README.md"
head -c 20000000 /dev/urandom >"$repository/model-00001-of-00002.safetensors"
head -c 5000000 /dev/urandom >"$repository/model-00002-of-00002.safetensors"

"$python" "$here/local_hub.py" "$work/root" --slow 10000000 --token hf_test >"$work/url" &
hub=$!
until [ -s "$work/url" ]; do sleep 0.1; done
HF_ENDPOINT=$(cat "$work/url")
export HF_ENDPOINT HF_HOME=$work/hf HF_TOKEN=hf_test

for kill in $(seq 10); do
  "$twin" -q models pull acme/tiny >"$work/log" 2>&1 &
  pull=$!
  sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
  kill -9 "$pull" 2>/dev/null || true
  wait "$pull" 2>/dev/null || true
  echo "kill $kill: $(du -sb "$work/hf" 2>/dev/null | cut -f1) bytes there"
done
"$twin" --json models pull acme/tiny | tee "$work/pulled.json"
echo

HF_HUB_OFFLINE=1 "$python" - "$repository" <<'PY'
import pathlib, sys
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download, try_to_load_from_cache
source = pathlib.Path(sys.argv[1])
wanted = ["*.json", "*.safetensors"]
folder = pathlib.Path(snapshot_download("acme/tiny", local_files_only=True, allow_patterns=wanted))
names = sorted(p.name for p in folder.iterdir())
assert names == sorted(p.name for p in source.iterdir() if p.name != "README.md"), names
for name in names:
    assert (folder / name).read_bytes() == (source / name).read_bytes(), name
    assert hf_hub_download("acme/tiny", name) == str(folder / name)
assert try_to_load_from_cache("acme/tiny", "config.json") == str(folder / "config.json")
(repository,) = scan_cache_dir().repos
assert repository.repo_id == "acme/tiny" and repository.refs.keys() == {"main"}, repository
print("huggingface_hub reads the cache offline:", folder)
PY

code=0
HF_TOKEN='' "$twin" models pull acme/tiny 2>"$work/log" || code=$?
[ "$code" -eq 4 ] && grep -q 'accept its terms' "$work/log" || { cat "$work/log" >&2; exit 1; }
echo "the cache survives kills and is read by huggingface_hub"
