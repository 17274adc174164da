#!/usr/bin/env bash
# Builds a connector in Swift: swift.sh SOURCE OUT
#
# SOURCE is a package with the product `connector`; OUT/connector is the program. The first build takes minutes, as it
# compiles what RopewalkConnector stands on; ROPEWALK_SWIFT_CONFIGURATION=debug makes it shorter.
set -euo pipefail
source=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
configuration=${ROPEWALK_SWIFT_CONFIGURATION:-release}
swift build --package-path "$source" -c "$configuration" --product connector >&2
cp "$(swift build --package-path "$source" -c "$configuration" --show-bin-path)/connector" "$out/connector"
