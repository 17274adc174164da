package connector

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/golang/protobuf/proto"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

// TestMain makes the test program a connector when it is started as one.
func TestMain(m *testing.M) {
	if os.Getenv(cookieKey) == cookieValue {
		fmt.Println("printed before the handshake")
		ServeFactory(func() ConnectionNode { return newQueueNode() })
		return
	}
	os.Exit(m.Run())
}

func TestAGoPluginHostDrivesIt(t *testing.T) {
	for _, mutual := range []bool{false, true} {
		host := plugin.NewClient(&plugin.ClientConfig{
			HandshakeConfig:  plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: cookieKey, MagicCookieValue: cookieValue},
			Plugins:          plugin.PluginSet{pluginName: &served{}},
			Cmd:              exec.Command(os.Args[0]),
			AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
			AutoMTLS:         mutual,
		})
		defer host.Kill()
		rpc, err := host.Client()
		if err != nil {
			t.Fatal(err)
		}
		if err := rpc.Ping(); err != nil {
			t.Fatal(err)
		}
		raw, err := rpc.Dispense(pluginName)
		if err != nil {
			t.Fatal(err)
		}
		metadata, err := raw.(wire.ConnectorClient).Metadata(context.Background(), &wire.MetadataRequest{})
		if err != nil || metadata.Name != "queue" || metadata.ProtocolVersion != 1 {
			t.Fatal(err, metadata)
		}
		host.Kill()
		if !host.Exited() {
			t.Error("it does not end")
		}
	}
}

func TestHostFunctionsPassUnderMutualTLSAndPrintingDoesNotBlock(t *testing.T) {
	host := startByHand(t)
	peer := wire.NewConnectorClient(host.conn)
	ctx := context.Background()
	answer, err := peer.Connect(ctx, &wire.ConnectRequest{Config: &wire.ConnectionConfig{Id: "c"}, HostBrokerId: host.offer(t)})
	if err != nil || answer.Error != nil {
		t.Fatal(err, answer)
	}
	send := func(payload string) *wire.Error {
		answer, err := peer.Send(ctx, &wire.SendRequest{ConnectionId: "c", Message: &wire.Message{Payload: []byte(payload)}})
		if err != nil {
			t.Fatal(err)
		}
		return answer.Error
	}
	if e := send("secret"); e.GetCode() != "UNAUTHORIZED" || e.Message != "not granted" {
		t.Error("a secret that is not granted:", e)
	}
	// go-plugin tells once where the host's functions are.
	if _, err := peer.Disconnect(ctx, &wire.DisconnectRequest{ConnectionId: "c"}); err != nil {
		t.Fatal(err)
	}
	answer, err = peer.Connect(ctx, &wire.ConnectRequest{Config: &wire.ConnectionConfig{Id: "c"}, HostBrokerId: 5})
	if err != nil || answer.Error != nil {
		t.Fatal(err, answer)
	}
	if e := send("secret"); e.GetCode() != "UNSUPPORTED" {
		t.Error("after connecting again:", e)
	}
	host.functions.mu.Lock()
	if logged := host.functions.logged; len(logged) != 1 || logged[0] != "asked for a secret map[length:7]" {
		t.Error(logged)
	}
	host.functions.mu.Unlock()
	if e := send("print"); e != nil {
		t.Error(e)
	}
	if e := send(strings.Repeat("x", 20<<20)); e != nil {
		t.Error("20 MiB:", e)
	}
}

// hostByHand is a host whose key we have, so that it can serve over the broker: go-plugin 1.0's own cannot.
type hostByHand struct {
	conn      *grpc.ClientConn
	config    *tls.Config
	functions *functions
	offers    grpc.ClientStream
}

func startByHand(t *testing.T) *hostByHand {
	certificate, err := ephemeralCertificate()
	if err != nil {
		t.Fatal(err)
	}
	program := exec.Command(os.Args[0])
	folder, err := os.MkdirTemp("", "rw")
	if err != nil {
		t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	program.Env = append(os.Environ(), cookieKey+"="+cookieValue, "PLUGIN_PROTOCOL_VERSIONS=1", "PLUGIN_CLIENT_CERT="+string(block),
		"TMPDIR="+folder, "PLUGIN_UNIX_SOCKET_DIR="+folder)
	var log bytes.Buffer
	program.Stderr = &log
	output, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		program.Process.Kill()
		program.Wait()
		os.RemoveAll(folder)
		if !strings.Contains(log.String(), "printed before the handshake") {
			t.Error("what is printed early does not reach the log")
		}
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err, log.String())
	}
	fields := strings.Split(strings.TrimSpace(line), "|")
	der, err := base64.RawStdEncoding.DecodeString(fields[5])
	if err != nil {
		t.Fatal(line, err)
	}
	trusted, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(trusted)
	host := &hostByHand{functions: &functions{}, config: &tls.Config{
		Certificates: []tls.Certificate{certificate}, RootCAs: pool, ClientCAs: pool, ServerName: hostName,
		ClientAuth: tls.RequireAndVerifyClientCert,
	}}
	host.conn, err = grpc.Dial("unix:"+fields[3], grpc.WithTransportCredentials(credentials.NewTLS(host.config)),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(maxMessageLength)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.conn.Close() })
	host.offers, err = host.conn.NewStream(context.Background(), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, "/plugin.GRPCBroker/StartStream")
	if err != nil {
		t.Fatal(err)
	}
	return host
}

// offer serves the host's functions and returns their number.
func (h *hostByHand) offer(t *testing.T) uint32 {
	folder, err := os.MkdirTemp("", "rw")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", folder+"/host")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(h.config)))
	wire.RegisterHostServer(server, h.functions)
	go server.Serve(listener)
	t.Cleanup(func() {
		server.Stop()
		os.RemoveAll(folder)
	})
	if err := h.offers.SendMsg(&connInfo{ServiceID: 5, Network: "unix", Address: folder + "/host"}); err != nil {
		t.Fatal(err)
	}
	return 5
}

// connInfo is go-plugin's message, which it does not export.
type connInfo struct {
	ServiceID uint32 `protobuf:"varint,1,opt,name=service_id"`
	Network   string `protobuf:"bytes,2,opt,name=network"`
	Address   string `protobuf:"bytes,3,opt,name=address"`
}

func (c *connInfo) Reset()         { *c = connInfo{} }
func (c *connInfo) String() string { return proto.CompactTextString(c) }
func (*connInfo) ProtoMessage()    {}

type functions struct {
	mu     sync.Mutex
	logged []string
}

func (f *functions) GetSecret(_ context.Context, request *wire.GetSecretRequest) (*wire.GetSecretResponse, error) {
	if request.Name != "password" {
		return nil, status.Error(codes.PermissionDenied, "not granted")
	}
	return &wire.GetSecretResponse{Value: "seven77"}, nil
}

func (f *functions) Log(_ context.Context, request *wire.LogRequest) (*wire.LogResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logged = append(f.logged, fmt.Sprint(request.Message, " ", request.Fields))
	return &wire.LogResponse{}, nil
}

func (f *functions) RecordMetric(context.Context, *wire.RecordMetricRequest) (*wire.RecordMetricResponse, error) {
	return &wire.RecordMetricResponse{}, nil
}

func (f *functions) GetConfiguration(context.Context, *wire.GetConfigurationRequest) (*wire.GetConfigurationResponse, error) {
	return &wire.GetConfigurationResponse{}, nil
}
