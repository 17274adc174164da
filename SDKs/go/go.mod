module github.com/ropewalk/ropewalk/SDKs/go

// What gRPC 1.67 and go-plugin 1.6 ask for. Debian's Go 1.19 builds without modules and does not read this file.
// There is no go.sum: `go mod tidy` writes it where a Go proxy can be reached.
go 1.21

require (
	github.com/golang/protobuf v1.5.4
	github.com/hashicorp/go-hclog v1.6.3
	github.com/hashicorp/go-plugin v1.6.3
	google.golang.org/grpc v1.67.3
)
