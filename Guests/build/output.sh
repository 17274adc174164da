# Sourced by the build scripts beside it, after toolchain.sh: the way from a source to an output.

# Sets `sources` to the files with an extension that SOURCE names or holds, and `folder` to where they lie.
find_sources() {
  [ -e "$1" ] || fail "$1 does not exist"
  if [ -d "$1" ]; then
    folder=$(cd "$1" && pwd)
    mapfile -d '' sources < <(find "$folder" -name ".?*" -prune -o -type f -name "*.$2" -print0 | sort -z)
    [ ${#sources[@]} -gt 0 ] || fail "there is no .$2 file in $1"
  else
    case $1 in *."$2") ;; *) fail "$1 is not a .$2 file" ;; esac
    folder=$(cd "$(dirname "$1")" && pwd)
    sources=("$folder/$(basename "$1")")
  fi
}

# Begins the output: `work` is a folder for what lies between, gone in the end; `built` is what becomes the output.
begin_output() {
  case $1 in *.wasm) ;; *) fail "the output $1 must end in .wasm" ;; esac
  mkdir -p "$(dirname "$1")"
  output=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
  work=$(mktemp -d)
  built=$output.new.$$
  trap 'rm -rf "$work" "$built"' EXIT
}

# Puts the output in place, whole. Nobody ever sees half of it.
finish_output() {
  chmod 644 "$built"
  mv -f "$built" "$output"
}

# Links objects to a WASI reactor. Functions keep their names, which stacks of errors show. The stack lies first, so that
# running over its end traps instead of overwriting data.
link_guest() {
  "$bin/wasm-ld" -o "$built" "$(wasi_lib)/crt1-reactor.o" "$@" -L "$(wasi_lib)" \
    --entry=_initialize --gc-sections --strip-debug --stack-first -z stack-size=262144
}
