# static_linking FOLDER: sets `static` to the options of `swift build` for a program that runs where there is no Swift, and that
# takes little memory: Swift's and C++'s libraries are in it, it exports no symbols, and its relocations are packed where the
# C library can unpack them (glibc from 2.36 on). It runs where the C library is no older than here. FOLDER is for what the
# linker needs.
static_linking() {
  static=(--static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker --no-export-dynamic)
  local cxx glibc
  cxx=$(clang -print-file-name=libstdc++.a)
  if [[ -f $cxx ]]; then
    # In a folder without the shared library, which the linker would prefer.
    mkdir -p "$1/static-libraries"
    ln -sf "$cxx" "$1/static-libraries/"
    static+=(-Xswiftc "-L$1/static-libraries")
  fi
  glibc=$(getconf GNU_LIBC_VERSION)
  if printf '%s\n' "glibc 2.36" "$glibc" | sort --check --version-sort 2>/dev/null; then
    static+=(-Xlinker -z -Xlinker pack-relative-relocs)
  fi
}
