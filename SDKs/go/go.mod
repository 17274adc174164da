module github.com/ropewalk/ropewalk/SDKs/go

go 1.19

require (
	github.com/golang/protobuf v1.5.4
	github.com/hashicorp/go-hclog v1.6.3
	github.com/hashicorp/go-plugin v1.6.3
	google.golang.org/grpc v1.67.3
)
