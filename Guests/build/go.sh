#!/usr/bin/env bash
# Builds a step or a controller in Go: go.sh SOURCE OUTPUT.wasm
# SOURCE is a .go file, or a folder with package main, with or without a go.mod. The package ropewalk.dev/ropewalk is
# found here; other modules are fetched as Go does it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/toolchain.sh"
. "$here/output.sh"
[ $# -ge 2 ] || fail "usage: go.sh SOURCE OUTPUT.wasm"
guests=$(dirname "$here")
find_sources "$1" go
go=$(go_for_wasm)
begin_output "$2"

if [ -d "$1" ] && [ -f "$folder/go.mod" ]; then
  module=$folder
else
  module=$work/guest
  mkdir "$module"
  cp "${sources[@]}" "$module"
  printf 'module guest\n\ngo 1.24\n' > "$module/go.mod"
fi
# A workspace, so that the module need not say where the package lies.
printf 'go 1.24\n\nuse (\n\t%s\n\t%s\n)\n' "\"$module\"" "\"$guests/go\"" > "$work/go.work"
cd "$module"
# Go names the module's files from within it; they are named where they lie, as other compilers do it.
place=$(sed 's/[\\&#]/\\&/g' <<< "$folder")
GOWORK=$work/go.work GOFLAGS= GOTOOLCHAIN=local GOOS=wasip1 GOARCH=wasm \
  "$go" build -buildmode=c-shared -trimpath -ldflags=-w -o "$built" . 2>&1 |
  sed -E "s#^([[:space:]]*)(\./)?([^./: ][^: ]*\.go:[0-9])#\1$place/\3#" >&2
finish_output
