#!/usr/bin/env bash
# Compiles the JavaScript engine: javascript-engine.sh QUICKJS-SOURCES OUTPUT.wasm
# Needs Python's wasmtime package (PYTHONPATH may name its folder) to start the engine once; see snapshot.py.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/toolchain.sh"
[ $# -eq 2 ] || fail "usage: javascript-engine.sh QUICKJS-SOURCES OUTPUT.wasm"
quickjs=$1 output=$2 guests=$(dirname "$here")
bin=$(toolchain_bin)
require_wasi
builtins=$(wasm_builtins)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(--target=wasm32-wasi --sysroot=/ -isystem "$(wasi_include)" -O2 -fvisibility=hidden -DNDEBUG -D_GNU_SOURCE
  -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS)

# QuickJS asks how deep the stack is by the address of a frame. In WASM most of a frame is out of sight, on the host's
# stack, so each function that asks takes a piece of the visible one in proportion.
flags+=('-D__builtin_frame_address(level)=__builtin_alloca(256)')

compile() { "$bin/clang" "${flags[@]}" -c "$1" -o "$work/$2.o" "${@:3}"; }

compile "$quickjs/quickjs.c" quickjs -w &
slowest=$!
compile "$quickjs/libregexp.c" libregexp -w
compile "$quickjs/libunicode.c" libunicode -w
compile "$quickjs/dtoa.c" dtoa -w -Djs_dtoa=js_dtoa_exact # number.c has js_dtoa
for file in "$guests"/javascript/*.c; do
  compile "$file" "glue-$(basename "$file" .c)" -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
    -I "$guests/include" -isystem "$quickjs"
done
wait $slowest

# The stack lies first, so that running over its end traps instead of overwriting data.
"$bin/wasm-ld" -o "$work/engine.wasm" "$(wasi_lib)/crt1-reactor.o" "$work"/*.o -L "$(wasi_lib)" \
  -lwasi-emulated-signal -lwasi-emulated-process-clocks -lc -lm "$builtins" \
  --entry=_initialize --gc-sections --strip-debug --stack-first -z stack-size=1048576 --initial-memory=1572864
python3 "$here/snapshot.py" "$work/engine.wasm" "$output"
