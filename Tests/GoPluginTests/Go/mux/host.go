package mux

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/golang/protobuf/ptypes/empty"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// Host is a started plugin that multiplexes.
type Host struct {
	Conn    *grpc.ClientConn
	Broker  *Broker
	Version int
	cmd     *exec.Cmd
	gone    chan struct{}
}

// Start starts a plugin and connects to it. It fails, as go-plugin does, where the plugin does not multiplex.
func Start(cmd *exec.Cmd, security bool) (*Host, error) {
	cmd.Env = append(cmd.Env, "PLUGIN_MULTIPLEX_GRPC=true", "PLUGIN_PROTOCOL_VERSIONS=3,1")
	cmd.Stderr = os.Stderr
	var own tls.Certificate
	if security {
		var err error
		if own, err = NewIdentity(); err != nil {
			return nil, err
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]})
		cmd.Env = append(cmd.Env, "PLUGIN_CLIENT_CERT="+string(text))
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	host := &Host{cmd: cmd, gone: make(chan struct{})}
	reader := bufio.NewReader(output)
	line, err := reader.ReadString('\n')
	go func() {
		cmd.Wait()
		close(host.gone)
	}()
	if err == nil {
		err = host.connect(strings.Split(strings.TrimSuffix(line, "\n"), "|"), own, security)
	}
	if err != nil {
		cmd.Process.Kill()
	}
	return host, err
}

func (h *Host) connect(fields []string, own tls.Certificate, security bool) error {
	if len(fields) != 7 || fields[6] != "true" {
		return fmt.Errorf("the plugin does not multiplex: %v", fields)
	}
	h.Version, _ = strconv.Atoi(fields[1])
	var config *tls.Config
	if security {
		der, err := base64.RawStdEncoding.DecodeString(fields[5])
		if err != nil {
			return err
		}
		other, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		pool := x509.NewCertPool()
		pool.AddCert(other)
		config = Trusting(own, pool)
	}
	conn, err := net.Dial(fields[2], fields[3])
	if err != nil {
		return err
	}
	session, err := newHostSession(conn)
	if err != nil {
		return err
	}
	h.Conn, err = dial(config, func(string, time.Duration) (net.Conn, error) { return session.open() })
	if err != nil {
		return err
	}
	h.Broker = newBroker(session, config)
	stream, err := h.Conn.NewStream(context.Background(), &brokerStream, "/plugin.GRPCBroker/StartStream")
	if err != nil {
		return err
	}
	go h.Broker.run(stream)
	return nil
}

// Ping asks the plugin's health service.
func (h *Host) Ping() error {
	_, err := grpc_health_v1.NewHealthClient(h.Conn).Check(context.Background(), &grpc_health_v1.HealthCheckRequest{Service: "plugin"})
	return err
}

// Kill asks the plugin to end, and kills it when it does not within two seconds.
func (h *Host) Kill() {
	h.Conn.Invoke(context.Background(), "/plugin.GRPCController/Shutdown", new(empty.Empty), new(empty.Empty))
	select {
	case <-h.gone:
	case <-time.After(2 * time.Second):
		h.cmd.Process.Kill()
		<-h.gone
	}
}

// Exited tells whether the plugin has ended.
func (h *Host) Exited() bool {
	select {
	case <-h.gone:
		return true
	default:
		return false
	}
}
