package echo

import (
	"context"

	"github.com/golang/protobuf/proto"
	"github.com/golang/protobuf/ptypes/empty"
	"google.golang.org/grpc"
)

// StdioData is plugin.StdioData, which Debian's go-plugin does not have yet: go-plugin 1.1 and newer send standard
// output and error in it.
type StdioData struct {
	Channel int32  `protobuf:"varint,1,opt,name=channel,proto3" json:"channel,omitempty"`
	Data    []byte `protobuf:"bytes,2,opt,name=data,proto3" json:"data,omitempty"`
}

func (m *StdioData) Reset()         { *m = StdioData{} }
func (m *StdioData) String() string { return proto.CompactTextString(m) }
func (*StdioData) ProtoMessage()    {}

// RegisterStdio serves pieces as what was printed, and nothing after them.
func RegisterStdio(server *grpc.Server, pieces []*StdioData) {
	send := func(_ interface{}, stream grpc.ServerStream) error {
		if err := stream.RecvMsg(new(empty.Empty)); err != nil {
			return err
		}
		for _, piece := range pieces {
			if err := stream.SendMsg(piece); err != nil {
				return err
			}
		}
		<-stream.Context().Done()
		return nil
	}
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "plugin.GRPCStdio",
		HandlerType: (*interface{})(nil),
		Streams:     []grpc.StreamDesc{{StreamName: "StreamStdio", Handler: send, ServerStreams: true}},
	}, &Server{})
}

// FirstPrinted has the plugin print a text, and returns the first piece of its output.
func FirstPrinted(ctx context.Context, conn *grpc.ClientConn, text string) (*StdioData, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/plugin.GRPCStdio/StreamStdio")
	if err != nil {
		return nil, err
	}
	if err := stream.SendMsg(new(empty.Empty)); err != nil {
		return nil, err
	}
	if err := stream.CloseSend(); err != nil {
		return nil, err
	}
	if _, err := Call(ctx, conn, "Print", []byte(text)); err != nil {
		return nil, err
	}
	data := new(StdioData)
	return data, stream.RecvMsg(data)
}
