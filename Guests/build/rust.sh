#!/usr/bin/env bash
# Builds a step or a controller in Rust: rust.sh SOURCE OUTPUT.wasm
# SOURCE is a .rs file, or a folder with src/lib.rs or lib.rs, which rustc compiles with nothing but the crate `ropewalk`.
# A folder with a Cargo.toml is built by cargo, which finds `ropewalk = "0.1"` here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/toolchain.sh"
. "$here/output.sh"
[ $# -ge 2 ] || fail "usage: rust.sh SOURCE OUTPUT.wasm"
guests=$(dirname "$here") target=wasm32-unknown-unknown
[ -e "$1" ] || fail "$1 does not exist"
source=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
rustc=$(rustc_for_wasm)
# Debian's rustc comes without a linker for WASM; this one, which is newer, warns of its libraries' metadata.
linker=(-C linker="$(toolchain_bin)/wasm-ld" -C linker-flavor=wasm-ld -C link-arg=--no-fatal-warnings)

build_with_rustc() {
  local file flags
  for file in "$source" "$source/src/lib.rs" "$source/lib.rs"; do [ -f "$file" ] && break; done
  [ -f "$file" ] || fail "there is neither src/lib.rs nor lib.rs in $source"
  flags=(--edition 2021 --target $target -C opt-level=3 -C panic=abort "${linker[@]}")
  "$rustc" "${flags[@]}" --crate-type rlib --crate-name ropewalk -o "$work/libropewalk.rlib" "$guests/rust/src/lib.rs"
  "$rustc" "${flags[@]}" -C lto -C codegen-units=1 -C strip=debuginfo --crate-type cdylib --crate-name guest \
    --extern ropewalk="$work/libropewalk.rlib" -o "$built" "$file"
}

build_with_cargo() {
  local cargo artifacts
  cargo=$(dirname "$(command -v "$rustc")")/cargo
  [ -x "$cargo" ] || fail "$source has a Cargo.toml, and there is no cargo beside $rustc: install it (apt-get install cargo)," \
    "or remove the Cargo.toml to build without it"
  RUSTC=$rustc CARGO_TARGET_DIR=$work/target "$cargo" rustc --lib --release --target $target \
    --manifest-path "$source/Cargo.toml" --config "patch.crates-io.ropewalk.path='$guests/rust'" \
    -- -C panic=abort -C strip=debuginfo "${linker[@]}"
  artifacts=("$work/target/$target/release"/*.wasm)
  [ -f "${artifacts[0]}" ] || fail "cargo built no .wasm: is crate-type = [\"cdylib\"] set under [lib] in Cargo.toml?"
  cp "${artifacts[0]}" "$built"
}

begin_output "$2"
if [ -f "$source/Cargo.toml" ]; then build_with_cargo; else build_with_rustc; fi
finish_output
