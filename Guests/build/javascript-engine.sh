#!/usr/bin/env bash
# Compiles the JavaScript engine: javascript-engine.sh QUICKJS-SOURCES OUTPUT.wasm
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/toolchain.sh"
[ $# -eq 2 ] || fail "usage: javascript-engine.sh QUICKJS-SOURCES OUTPUT.wasm"
quickjs=$1 output=$2 guests=$(dirname "$here")
bin=$(toolchain_bin)
require_wasi
builtins=$(wasm_builtins)

objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
flags=(--target=wasm32-wasi --sysroot=/ -isystem "$(wasi_include)" -O2 -fvisibility=hidden -DNDEBUG -D_GNU_SOURCE
  -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS)

compile() { "$bin/clang" "${flags[@]}" -c "$1" -o "$objects/$2.o" "${@:3}"; }

compile "$quickjs/quickjs.c" quickjs -w &
slowest=$!
for file in dtoa libregexp libunicode; do compile "$quickjs/$file.c" "$file" -w; done
for file in "$guests"/javascript/*.c; do
  compile "$file" "glue-$(basename "$file" .c)" -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
    -I "$guests/include" -isystem "$quickjs"
done
wait $slowest

# The stack lies first, so that running over its end traps instead of overwriting data.
"$bin/wasm-ld" -o "$output" "$(wasi_lib)/crt1-reactor.o" "$objects"/*.o -L "$(wasi_lib)" \
  -lwasi-emulated-signal -lwasi-emulated-process-clocks -lc -lm "$builtins" \
  --entry=_initialize --gc-sections --strip-debug --stack-first -z stack-size=524288
