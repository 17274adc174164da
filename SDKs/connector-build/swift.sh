#!/usr/bin/env bash
# Builds a connector in Swift: swift.sh SOURCE OUT
#
# SOURCE is a package with the product `connector`; OUT/connector is the program. The first build takes minutes, as it
# compiles what RopewalkConnector stands on; ROPEWALK_SWIFT_CONFIGURATION=debug makes it shorter. Swift's libraries are in the
# program, which so runs where there is no Swift, is faster and takes less memory.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/static-linking.sh"
source=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
configuration=${ROPEWALK_SWIFT_CONFIGURATION:-release}
static_linking "$source/.build"
build=(swift build --package-path "$source" -c "$configuration" "${static[@]}")
"${build[@]}" --product connector >&2
cp "$("${build[@]}" --show-bin-path)/connector" "$out/connector"
