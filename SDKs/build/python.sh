#!/usr/bin/env bash
# Puts a connector in Python with all that it needs into one folder: python.sh SOURCE OUT
#
# OUT/connector is the program; OUT/lib has its source, the SDK and the packages that the SDK stands on.
set -euo pipefail
sdk=$(cd "$(dirname "${BASH_SOURCE[0]}")/../python" && pwd)
packages=$sdk/../../.deps/python-connector
source=$(cd "$1" && pwd)
out=$2
[ -d "$packages/grpc" ] || { echo "grpcio is missing; run scripts/bootstrap --connectors" >&2; exit 1; }
[ -f "$source/main.py" ] || { echo "$source has no main.py, which is where a connector begins" >&2; exit 1; }
python=$(command -v python3)

rm -rf "$out.new"
mkdir -p "$out.new/lib"
cp -R "$packages" "$out.new/lib/packages"
cp -R "$sdk/ropewalk_connector" "$out.new/lib/packages/"
mkdir "$out.new/lib/source"
(cd "$source" && find . -name '*.py' -not -path './build/*' -exec cp --parents {} "$out.new/lib/source/" \;)
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
