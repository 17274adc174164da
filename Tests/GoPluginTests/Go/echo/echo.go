// Package echo is the service that both peers of the tests speak, described by hand so that nothing is generated.
package echo

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/golang/protobuf/ptypes/wrappers"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

const MaxMessage = 64 << 20

var Handshake = plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "GOPLUGIN_TEST", MagicCookieValue: "cookie"}

// Broker is what go-plugin's broker does, multiplexed or not.
type Broker interface {
	NextId() uint32
	Dial(id uint32) (*grpc.ClientConn, error)
	AcceptAndServe(id uint32, create func([]grpc.ServerOption) *grpc.Server)
}

// Server answers with what it is given. The broker is nil where there is none.
type Server struct{ Broker Broker }

type bytes = wrappers.BytesValue

func number(m *bytes) uint32 {
	var n uint32
	for _, b := range m.Value {
		n = n<<8 | uint32(b)
	}
	return n
}

func (s *Server) unary(ctx context.Context, in *bytes) (*bytes, error) { return in, nil }

// callBack dials the connection that the host serves under the given number and has it echo a greeting.
func (s *Server) callBack(ctx context.Context, in *bytes) (*bytes, error) {
	conn, err := s.Broker.Dial(number(in))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return Call(ctx, conn, "Unary", []byte("from the plugin"))
}

// offer serves this service under the given number.
func (s *Server) offer(ctx context.Context, in *bytes) (*bytes, error) {
	go s.Broker.AcceptAndServe(number(in), func(opts []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(opts...)
		Register(server, &Server{})
		return server
	})
	return in, nil
}

func (s *Server) environment(ctx context.Context, in *bytes) (*bytes, error) {
	text := ""
	for _, variable := range os.Environ() {
		text += variable + "\x00"
	}
	return &bytes{Value: []byte(text)}, nil
}

func (s *Server) crash(ctx context.Context, in *bytes) (*bytes, error) {
	os.Exit(7)
	return nil, errors.New("unreachable")
}

func method(name string, f func(*Server, context.Context, *bytes) (*bytes, error)) grpc.MethodDesc {
	return grpc.MethodDesc{MethodName: name, Handler: func(srv interface{}, ctx context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
		in := new(bytes)
		if err := decode(in); err != nil {
			return nil, err
		}
		return f(srv.(*Server), ctx, in)
	}}
}

func stream(srv interface{}, stream grpc.ServerStream) error {
	for {
		in := new(bytes)
		if err := stream.RecvMsg(in); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.SendMsg(in); err != nil {
			return err
		}
	}
}

// first answers the first message and ends, although the caller has not ended: such a stream is reset with NO_ERROR.
func first(srv interface{}, stream grpc.ServerStream) error {
	in := new(bytes)
	if err := stream.RecvMsg(in); err != nil {
		return err
	}
	return stream.SendMsg(in)
}

func Register(server *grpc.Server, s *Server) {
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "goplugin.test.Echo",
		HandlerType: (*interface{})(nil),
		Methods: []grpc.MethodDesc{
			method("Unary", (*Server).unary), method("CallBack", (*Server).callBack), method("Offer", (*Server).offer),
			method("Environment", (*Server).environment), method("Crash", (*Server).crash),
		},
		Streams: []grpc.StreamDesc{
			{StreamName: "Stream", Handler: stream, ServerStreams: true, ClientStreams: true},
			{StreamName: "First", Handler: first, ServerStreams: true, ClientStreams: true},
		},
	}, s)
}

func Call(ctx context.Context, conn *grpc.ClientConn, name string, value []byte) (*bytes, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out := new(bytes)
	return out, conn.Invoke(ctx, "/goplugin.test.Echo/"+name, &bytes{Value: value}, out)
}

// Plugin is both ends, as go-plugin wants them.
type Plugin struct{ plugin.NetRPCUnsupportedPlugin }

type Client struct {
	Conn   *grpc.ClientConn
	Broker Broker
}

func (Plugin) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	Register(server, &Server{Broker: broker})
	return nil
}

func (Plugin) GRPCClient(_ context.Context, broker *plugin.GRPCBroker, conn *grpc.ClientConn) (interface{}, error) {
	return &Client{conn, broker}, nil
}
