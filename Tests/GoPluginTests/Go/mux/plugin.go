package mux

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/golang/protobuf/ptypes/empty"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

var brokerStream = grpc.StreamDesc{StreamName: "StartStream", ServerStreams: true, ClientStreams: true}

// Serve serves as a plugin with multiplexing until the host ends it. It is for hosts that ask for that.
func Serve(version int, options []grpc.ServerOption, register func(*Broker, *grpc.Server)) error {
	if asked, _ := strconv.ParseBool(os.Getenv("PLUGIN_MULTIPLEX_GRPC")); !asked {
		return errors.New("the host asks for no multiplexing")
	}
	config, certificate, err := pluginSecurity()
	if err != nil {
		return err
	}
	path := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "go-plugin")
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	fmt.Printf("1|%d|unix|%s|grpc|%s|true\n", version, path, certificate)
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	session, err := newPluginSession(conn)
	if err != nil {
		return err
	}
	if config != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	server := grpc.NewServer(options...)
	broker := newBroker(session, config)
	register(broker, server)
	registerOwn(server, broker)
	return server.Serve(session)
}

func pluginSecurity() (*tls.Config, string, error) {
	pem := os.Getenv("PLUGIN_CLIENT_CERT")
	if pem == "" {
		return nil, "", nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(pem)) {
		return nil, "", errors.New("the host's certificate cannot be read")
	}
	own, err := NewIdentity()
	if err != nil {
		return nil, "", err
	}
	return Trusting(own, pool), base64.RawStdEncoding.EncodeToString(own.Certificate[0]), nil
}

// registerOwn registers the protocol's own services.
func registerOwn(server *grpc.Server, broker *Broker) {
	status := health.NewServer()
	status.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, status)
	stream := brokerStream
	stream.Handler = func(_ interface{}, stream grpc.ServerStream) error { return broker.run(stream) }
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "plugin.GRPCBroker",
		HandlerType: (*interface{})(nil),
		Streams:     []grpc.StreamDesc{stream},
	}, broker)
	shutdown := func(_ interface{}, _ context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
		if err := decode(new(empty.Empty)); err != nil {
			return nil, err
		}
		server.Stop()
		return new(empty.Empty), nil
	}
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "plugin.GRPCController",
		HandlerType: (*interface{})(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Shutdown", Handler: shutdown}},
	}, broker)
}
