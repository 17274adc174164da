# Sourced by the scripts that write docs/show, from the root of the repository: what they run is in a folder of its own and of
# a build of Ropewalk, each command is printed with what it answers as a terminal would, and nothing is left behind, not even
# by a run that was interrupted.
#
#   ROPEWALK_BINARIES=.build/debug     the folder of the build; .build/release unless named

repository=$PWD
binaries=$(realpath -m "${ROPEWALK_BINARIES:-.build/release}")
folder=$(mktemp -d)
# Where commands run; shown as the folder in which they are.
work=$folder/work
mkdir "$work"
masks="s#$work#.#g; s/ *\$//"
is_kept=
export ROPEWALK_BINARIES=$binaries PATH=$binaries:$repository/.deps/bin:$PATH
# Also what tells a process that was started here from all others, whoever its parent is by now.
export TMPDIR=$folder

started_here() {
  # Without it, for these two are not meant.
  (unset TMPDIR; grep -lszxF "TMPDIR=$folder" /proc/[0-9]*/environ | cut -d / -f 3) || true
}

clean_up() {
  local try signal=TERM processes
  trap '' INT TERM HUP
  disown -a
  for try in {1..20}; do
    mapfile -t processes < <(started_here)
    ((${#processes[@]})) || break
    ((try <= 10)) || signal=KILL
    kill -"$signal" "${processes[@]}" 2>/dev/null || true
    sleep 0.5
  done
  # The full disk of a run of chaos.
  cut -d ' ' -f 2 /proc/mounts | { grep -F "$folder/" || true; } | xargs -r umount
  if [ -n "$is_kept" ]; then echo "What it did is in $folder." >&2; else rm -rf "$folder"; fi
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Ends with why, what was logged, and the folder as it is.
fail() {
  echo "$1" >&2
  tail -n 50 "$work"/*.log >&2 2>/dev/null || true
  is_kept=yes
  exit 1
}

# need PROGRAM REMEDY
need() {
  if command -v "$1" >/dev/null; then return; fi
  echo "$1 is missing; run $2" >&2
  exit 1
}

section() { printf '\n## %s\n\n%s\n\n' "$1" "$2"; }

# What was printed, without what is this run's alone.
masked() { sed "$masks"; }

# shown CODE COMMAND…: prints commands and what they answer. The last one must end with that code, the others with 0.
shown() {
  local expected=$1 command code answer
  shift
  echo '```console'
  while (($#)); do
    command=$1 code=0
    shift
    printf '$ %s\n' "$command" | masked
    # Waited for and not in the foreground, where a signal would have to wait for its end.
    (set +e; eval "$command") >"$folder/answer" 2>&1 </dev/null &
    wait $! || code=$?
    answer=$(<"$folder/answer")
    if [ -n "$answer" ]; then printf '%s\n' "$answer" | masked; fi
    heard "$code" "$command" "$answer"
    if [ "$code" != "$((($#) ? 0 : expected))" ]; then fail "'$command' ended with $code: $answer"; fi
  done
  echo '```'
}

# For who wants to know each command that was shown, with its code and its answer.
heard() { :; }

# start LOG COMMAND: prints a command that goes on by itself, and starts it. Its process is $!, what it prints in LOG.log.
start() {
  printf '```console\n$ %s &\n```\n' "$2" | masked
  # Without a shell in between, so that a signal reaches it.
  bash -c "exec env $2" >"$1.log" 2>&1 </dev/null &
}

# Waits for what comes by itself.
until_true() {
  for _ in {1..1200}; do
    if eval "$1"; then return; fi
    sleep 0.1
  done
  fail "it did not become so within two minutes: $1"
}

need "$binaries/ropewalk" "swift build -c release, or name a build with ROPEWALK_BINARIES"
