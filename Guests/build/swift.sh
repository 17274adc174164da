#!/usr/bin/env bash
# Builds a step or a controller in Embedded Swift: swift.sh SOURCE OUTPUT.wasm [logic|controller]
# SOURCE is a .swift file, or a folder whose .swift files are one module.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/toolchain.sh"
. "$here/output.sh"
[ $# -ge 2 ] && [ -d "$(dirname "${BASH_SOURCE[0]}")/../swift/${3:-logic}" ] || fail "usage: swift.sh SOURCE OUTPUT.wasm [logic|controller]"
guests=$(dirname "$here")
find_sources "$1" swift
bin=$(toolchain_bin)
embedded=$(dirname "$bin")/lib/swift/embedded/wasm32-unknown-none-wasm
[ -d "$embedded" ] || fail "this Swift has no standard library for WASM ($embedded): install Swift 6.3 or newer from https://www.swift.org/install/linux/"
require_wasi
builtins=$(wasm_builtins)
begin_output "$2"

"$bin/swiftc" -target wasm32-unknown-none-wasm -swift-version 6 -wmo -O -parse-as-library -module-name Guest \
  -enable-experimental-feature Embedded -enable-experimental-feature Extern -enable-experimental-feature Lifetimes \
  -Xfrontend -disable-stack-protector -I "$guests/swift/include" -Xcc --target=wasm32-wasi -Xcc --sysroot=/ -Xcc -isystem -Xcc "$(wasi_include)" \
  -c "${sources[@]}" "$guests"/swift/*.swift "$guests/swift/${3:-logic}"/*.swift -o "$work/guest.o"
"$bin/clang" --target=wasm32-wasi --sysroot=/ -isystem "$(wasi_include)" -O3 -fvisibility=hidden -Wall -Wextra \
  -c "$guests/swift/number.c" -o "$work/number.o"
link_guest "$work/guest.o" "$work/number.o" -L "$embedded" -lswiftUnicodeDataTables -lc -lm "$builtins"
finish_output
