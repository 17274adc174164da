#!/usr/bin/env bash
# Builds a step in C: c.sh SOURCE OUTPUT.wasm
# SOURCE is a .c file, or a folder whose .c files are all compiled.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/toolchain.sh"
. "$here/output.sh"
[ $# -ge 2 ] || fail "usage: c.sh SOURCE OUTPUT.wasm"
guests=$(dirname "$here")
find_sources "$1" c
bin=$(toolchain_bin)
require_wasi
builtins=$(wasm_builtins)
begin_output "$2"

index=0
for file in "${sources[@]}" "$guests/c/ropewalk_guest.c"; do
  index=$((index + 1))
  "$bin/clang" --target=wasm32-wasi --sysroot=/ -isystem "$(wasi_include)" -I "$guests/include" -I "$guests/c" -I "$folder" \
    -std=c17 -O3 -fvisibility=hidden -Wall -Wextra -c "$file" -o "$work/$index.o"
done
link_guest "$work"/*.o -lc -lm "$builtins"
finish_output
