# For sourcing: puts the Go SDK and Debian's go-plugin, gRPC and protobuf into a GOPATH, because they are no modules.
#
#   go_environment FOLDER    FOLDER keeps the path and Go's cache
#   go_project NAME SOURCE   makes SOURCE known to Go as ropewalk.local/NAME
readonly go_library=/usr/share/gocode
go_sdk=$(cd "$(dirname "${BASH_SOURCE[0]}")/../go" && pwd)

go_environment() {
  [ -x /usr/bin/go ] && [ -d "$go_library/src/github.com/hashicorp/go-plugin" ] || {
    echo "Go or go-plugin is missing; run scripts/bootstrap --connectors" >&2
    return 1
  }
  go_path=$1/gopath
  mkdir -p "$go_path/src/github.com/ropewalk/ropewalk/SDKs" "$go_path/src/ropewalk.local"
  ln -sfn "$go_sdk" "$go_path/src/github.com/ropewalk/ropewalk/SDKs/go"
  export GOPATH=$go_path:$go_library GO111MODULE=off GOFLAGS= GOCACHE=${GOCACHE:-$1/cache} GOTOOLCHAIN=local
}

go_project() { ln -sfn "$2" "$go_path/src/ropewalk.local/$1"; }
