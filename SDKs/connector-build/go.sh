#!/usr/bin/env bash
# Builds a connector in Go with Debian's libraries: go.sh SOURCE OUT
#
# OUT/connector is the program. Where the project is a module with a go.sum, its own libraries are taken instead.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/go-environment.sh"
source=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
if [ -f "$source/go.sum" ]; then
  cd "$source" && exec go build -o "$out/connector" .
fi
go_environment "${ROPEWALK_BUILD_FOLDER:-$source/build}"
name=$(basename "$source")
go_project "$name" "$source"
/usr/bin/go build -o "$out/connector" "ropewalk.local/$name"
