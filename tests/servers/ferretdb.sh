#!/usr/bin/env bash
# Prints the path of a FerretDB with its SQLite back end (it speaks MongoDB's protocol), built once below
# build/peers. Where no Go compiler can build it: says so on standard error and ends with 77.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=v1.24.0
folder=$PWD/build/peers/ferretdb-$version
program=$folder/ferretdb
if [ ! -x "$program" ]; then
  go=$(command -v go) || go=/usr/local/go/bin/go
  # go.mod says 1.22; an older one could only fetch another compiler.
  minor=$("$go" env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p') || true
  if [ -z "$minor" ] || [ "$minor" -lt 22 ]; then
    echo "no Go 1.22 or newer on the PATH (https://go.dev/dl), FerretDB is not built" >&2
    exit 77
  fi
  echo "building FerretDB $version (minutes, once)" >&2
  mkdir -p "$folder"
  module=$("$go" mod download -json "github.com/FerretDB/FerretDB@$version" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
  # Built from a copy: the program refuses to start without its version file, which modules lack.
  source=$(mktemp -d "$folder/source.XXXXXX")
  trap 'chmod -R u+w "$source"; rm -rf "$source"' EXIT
  cp -r "$module/." "$source"
  chmod -R u+w "$source"
  echo "$version" >"$source/build/version/version.txt"
  (cd "$source" && nice "$go" build -buildvcs=false -trimpath -tags ferretdb_sqlite -o "$program.new" ./cmd/ferretdb) >&2
  mv "$program.new" "$program"
fi
echo "$program"
