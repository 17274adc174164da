// Package mux is both ends of go-plugin 1.6's multiplexing, over Debian's yamux: Debian's go-plugin is older than that.
// What it does on the wire is what go-plugin's grpc_broker.go and internal/grpcmux do.
package mux

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/yamux"
)

// A session is one connection with streams in it.
type session interface {
	// admit gives the next stream of the other side to the listener of id.
	admit(id uint32) error
	// listener takes the streams that are meant for id.
	listener(id uint32) net.Listener
	open() (net.Conn, error)
}

// config pings far more often than yamux's 30 seconds, so that a test sees it.
func config() *yamux.Config {
	config := yamux.DefaultConfig()
	config.KeepAliveInterval = 50 * time.Millisecond
	config.LogOutput = os.Stderr
	return config
}

// pluginSession gives streams that nobody has knocked for to whoever accepts from itself: the plugin's main server.
type pluginSession struct {
	*yamux.Session
	knocked chan uint32
	mutex   sync.Mutex
	streams map[uint32]chan net.Conn
}

func newPluginSession(conn net.Conn) (*pluginSession, error) {
	inner, err := yamux.Server(conn, config())
	return &pluginSession{Session: inner, knocked: make(chan uint32, 1), streams: map[uint32]chan net.Conn{}}, err
}

func (s *pluginSession) Accept() (net.Conn, error) {
	for {
		conn, err := s.Session.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case id := <-s.knocked:
			s.mutex.Lock()
			streams, known := s.streams[id]
			s.mutex.Unlock()
			if !known {
				return nil, fmt.Errorf("a knock at %d, where nobody serves", id)
			}
			streams <- conn
		default:
			return conn, nil
		}
	}
}

func (s *pluginSession) admit(id uint32) error {
	s.knocked <- id
	return nil
}

func (s *pluginSession) listener(id uint32) net.Listener {
	streams := make(chan net.Conn)
	s.mutex.Lock()
	s.streams[id] = streams
	s.mutex.Unlock()
	return &listener{s.Addr(), func() (net.Conn, error) {
		select {
		case conn := <-streams:
			return conn, nil
		case <-s.CloseChan():
			return nil, io.EOF
		}
	}}
}

func (s *pluginSession) open() (net.Conn, error) { return s.Open() }

// hostSession takes streams of the plugin only after a knock.
type hostSession struct {
	*yamux.Session
	mutex sync.Mutex
	doors map[uint32]chan struct{}
}

func newHostSession(conn net.Conn) (*hostSession, error) {
	inner, err := yamux.Client(conn, config())
	return &hostSession{Session: inner, doors: map[uint32]chan struct{}{}}, err
}

func (s *hostSession) admit(id uint32) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	door, known := s.doors[id]
	if !known {
		return fmt.Errorf("nobody serves %d", id)
	}
	door <- struct{}{}
	return nil
}

func (s *hostSession) listener(id uint32) net.Listener {
	door := make(chan struct{}, 1)
	s.mutex.Lock()
	s.doors[id] = door
	s.mutex.Unlock()
	return &listener{s.Addr(), func() (net.Conn, error) {
		select {
		case <-door:
			return s.Session.Accept()
		case <-s.CloseChan():
			return nil, io.EOF
		}
	}}
}

func (s *hostSession) open() (net.Conn, error) { return s.Open() }

type listener struct {
	addr   net.Addr
	accept func() (net.Conn, error)
}

func (l *listener) Accept() (net.Conn, error) { return l.accept() }
func (l *listener) Addr() net.Addr            { return l.addr }
func (l *listener) Close() error              { return nil }
