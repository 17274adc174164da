#!/usr/bin/env bash
# Puts a connector in Python with all that it needs into one folder: python.sh SOURCE OUT
#
# OUT/connector is the program; OUT/lib has its source, the SDK and the packages that the SDK stands on.
set -euo pipefail
sdk=$(cd "$(dirname "${BASH_SOURCE[0]}")/../python" && pwd)
packages=$sdk/../../.deps/python-connector
source=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
[ -d "$packages/grpc" ] || { echo "grpcio is missing; run scripts/bootstrap --connectors" >&2; exit 1; }
[ -f "$source/main.py" ] || { echo "$source has no main.py, which is where a connector begins" >&2; exit 1; }
# The system's own where it is of the version that the packages are for: a sandbox shows the system, and no home.
version='import sys; print(sys.version_info[:2])'
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
if [ "$(/usr/bin/python3 -c "$version" 2> /dev/null)" = "$(python3 -c "$version")" ]; then python=/usr/bin/python3; fi

rm -rf "$out.new"
mkdir -p "$out.new/lib"
cp -R "$packages" "$out.new/lib/packages"
cp -R "$sdk/ropewalk_connector" "$out.new/lib/packages/"
mkdir "$out.new/lib/source"
(cd "$source" && find . \( -name 'build*' -o -name '.*' ! -name . \) -prune -o -name '*.py' -print) | while read -r file; do
  mkdir -p "$(dirname "$out.new/lib/source/$file")"
  cp "$source/$file" "$out.new/lib/source/$file"
done
# Compiled once, here: the folder may be read-only where it runs.
"$python" -m compileall -q -j 2 "$out.new/lib" > /dev/null || true
cat > "$out.new/connector" <<PROGRAM
#!$python -BI
import os, runpy, sys
lib = os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib")
sys.path[:0] = [os.path.join(lib, "source"), os.path.join(lib, "packages")]
runpy.run_path(os.path.join(lib, "source", "main.py"), run_name="__main__")
PROGRAM
chmod +x "$out.new/connector"
rm -rf "$out"
mv "$out.new" "$out"
