# Sourced by the build scripts beside it: where the compilers for WASM are.

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# The folder of the Swift toolchain's programs: its clang and its linker know WASM.
toolchain_bin() {
  local swiftc
  if [ -n "${ROPEWALK_TOOLCHAIN:-}" ]; then
    printf '%s\n' "$ROPEWALK_TOOLCHAIN/usr/bin"
    return
  fi
  swiftc=$(command -v swiftc) || fail "swiftc is not in PATH: install Swift 6.3 or newer from https://www.swift.org/install/linux/"
  dirname "$(readlink -f "$swiftc")"
}

# The C library of WASM guests, as Debian's wasi-libc installs it; WASI_SYSROOT names one that lies elsewhere.
wasi_include() { printf '%s\n' "${WASI_SYSROOT:-/usr}/include/wasm32-wasi"; }
wasi_lib() { printf '%s\n' "${WASI_SYSROOT:-/usr}/lib/wasm32-wasi"; }

require_wasi() {
  [ -f "$(wasi_lib)/libc.a" ] && [ -f "$(wasi_lib)/crt1-reactor.o" ] ||
    fail "the C library for WASM is missing: install wasi-libc (apt-get install wasi-libc), or set WASI_SYSROOT"
}

# What the compiler calls for what WASM has no instruction for.
wasm_builtins() {
  local file
  for file in "${WASI_SYSROOT:-/usr}"/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a \
    "${WASI_SYSROOT:-/usr}"/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a; do
    if [ -f "$file" ]; then
      printf '%s\n' "$file"
      return
    fi
  done
  fail "the compiler's runtime for WASM is missing: install libclang-rt-14-dev-wasm32"
}

# A Rust compiler that has the standard library for WASM; the one in PATH may lack it where Debian's does not.
rustc_for_wasm() {
  local rustc libraries
  for rustc in ${RUSTC:+"$RUSTC"} rustc /usr/bin/rustc "$HOME/.cargo/bin/rustc"; do
    libraries=$("$rustc" --print target-libdir --target wasm32-unknown-unknown 2> /dev/null) || continue
    if compgen -G "$libraries/libcore-*.rlib" > /dev/null; then
      printf '%s\n' "$rustc"
      return
    fi
  done
  fail "no Rust compiler with the target wasm32-unknown-unknown: run rustup target add wasm32-unknown-unknown," \
    "or on Debian apt-get install rustc libstd-rust-dev-wasm32; RUSTC names a compiler that lies elsewhere"
}

# A Go compiler of 1.24 or newer, the first with //go:wasmexport.
go_for_wasm() {
  local go version
  for go in ${GO:+"$GO"} go "${BASH_SOURCE[0]%/*}/../../.deps/go/bin/go"; do
    version=$(GOTOOLCHAIN=local "$go" env GOVERSION 2> /dev/null) || continue
    if [ "$(printf 'go1.24\n%s\n' "$version" | sort -V | head -1)" = go1.24 ]; then
      printf '%s\n' "$go"
      return
    fi
  done
  fail "no Go compiler of 1.24 or newer: install one from https://go.dev/dl/; GO names one that lies elsewhere"
}
