package connector

import (
	"context"
	"crypto/tls"
	"os"
	"time"

	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

const (
	cookieKey   = "ROPEWALK_CONNECTOR_PLUGIN"
	cookieValue = "3b7f0c2e9d4a4f6f8f6a0d1f5c2e7b91"
	pluginName  = "connector"
)

var logger = hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: logOutput, JSONFormat: true, Name: pluginName})

// Logger writes to the host's log. Neither payloads nor secrets belong there.
func Logger() hclog.Logger { return logger }

// Serve serves one connection and returns when the host has ended the connector. Call it from main.
func Serve(node ConnectionNode) { serve(func() ConnectionNode { return node }, true) }

// ServeFactory serves any number of connections, each with a node of its own. One more is made for Metadata and
// Validate, which open nothing.
func ServeFactory(make func() ConnectionNode) { serve(make, false) }

func serve(make func() ConnectionNode, single bool) {
	service := newService(make, single, logger)
	printing := &printing{logger: logger}
	go leaveWithHost(os.Getppid())
	os.Stdout = handshakeOutput
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: ProtocolVersion, MagicCookieKey: cookieKey, MagicCookieValue: cookieValue,
		},
		Plugins:     plugin.PluginSet{pluginName: &served{service: service}},
		TLSProvider: tlsProvider(),
		GRPCServer:  func(options []grpc.ServerOption) *grpc.Server { return newServer(options, printing) },
		Logger:      logger,
	})
	ctx, cancel := context.WithTimeout(context.Background(), endGrace)
	defer cancel()
	ended := chanOf(func() { service.disconnectAll(ctx) })
	select {
	case <-ended:
	case <-ctx.Done():
		logger.Warn("a connection did not close in time")
	}
}

func chanOf(work func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	return done
}

// tlsProvider is nil for a host without TLS.
func tlsProvider() func() (*tls.Config, error) {
	certificate := os.Getenv("PLUGIN_CLIENT_CERT")
	if certificate == "" {
		return nil
	}
	return func() (*tls.Config, error) {
		config, err := mutualTLS(certificate)
		if err != nil {
			return nil, err
		}
		return config, sendHandshake(config.Certificates[0].Certificate[0])
	}
}

func newServer(options []grpc.ServerOption, printing *printing) *grpc.Server {
	unary := func(ctx context.Context, request interface{}, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (interface{}, error) {
		printing.capture()
		return handler(ctx, request)
	}
	stream := func(service interface{}, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		printing.capture()
		return handler(service, stream)
	}
	return grpc.NewServer(append(options,
		grpc.MaxRecvMsgSize(maxMessageLength), grpc.MaxSendMsgSize(maxMessageLength),
		// Windows of a fixed size: gRPC then needs no PING to find one.
		grpc.InitialWindowSize(4<<20), grpc.InitialConnWindowSize(8<<20),
		grpc.UnaryInterceptor(unary), grpc.StreamInterceptor(stream),
	)...)
}

// leaveWithHost ends the process when the one that started it is gone.
func leaveWithHost(host int) {
	for range time.Tick(parentCheck) {
		if os.Getppid() != host {
			logger.Warn("the host is gone")
			os.Exit(1)
		}
	}
}

// served is what go-plugin registers.
type served struct {
	plugin.NetRPCUnsupportedPlugin
	service *service
}

// GRPCServer registers the service.
func (s *served) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	s.service.broker = broker
	wire.RegisterConnectorServer(server, s.service)
	return nil
}

// GRPCClient returns the service's client, for hosts in Go.
func (s *served) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (interface{}, error) {
	return wire.NewConnectorClient(conn), nil
}
