package mux

import (
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// Broker is go-plugin's GRPCBroker with multiplexing.
type Broker struct {
	session session
	tls     *tls.Config
	out     chan *ConnInfo
	last    uint32
	dialing sync.Mutex
	mutex   sync.Mutex
	knocks  map[uint32]chan *Knock
	answers map[uint32]chan *Knock
}

func newBroker(session session, tls *tls.Config) *Broker {
	return &Broker{session: session, tls: tls, out: make(chan *ConnInfo), knocks: map[uint32]chan *Knock{}, answers: map[uint32]chan *Knock{}}
}

// run sends and receives over the broker's stream until it ends.
func (b *Broker) run(stream grpc.Stream) error {
	go func() {
		for {
			select {
			case info := <-b.out:
				stream.SendMsg(info)
			case <-stream.Context().Done():
				return
			}
		}
	}()
	for {
		info := new(ConnInfo)
		if err := stream.RecvMsg(info); err != nil {
			return err
		}
		if info.Knock == nil {
			return fmt.Errorf("an offer of %s %s where connections are multiplexed", info.Network, info.Address)
		}
		inbox := b.inbox(b.answers, info.ServiceID)
		if info.Knock.Knock && !info.Knock.Ack {
			inbox = b.inbox(b.knocks, info.ServiceID)
		}
		select {
		case inbox <- info.Knock:
		default:
		}
	}
}

func (b *Broker) inbox(of map[uint32]chan *Knock, id uint32) chan *Knock {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if of[id] == nil {
		of[id] = make(chan *Knock, 1)
	}
	return of[id]
}

// NextId gives a number once.
func (b *Broker) NextId() uint32 { return atomic.AddUint32(&b.last, 1) }

// AcceptAndServe serves under a number for as long as the connection lives.
func (b *Broker) AcceptAndServe(id uint32, create func([]grpc.ServerOption) *grpc.Server) {
	listener := b.session.listener(id)
	go func() {
		for range b.inbox(b.knocks, id) {
			answer := &Knock{Knock: true, Ack: true}
			if err := b.session.admit(id); err != nil {
				answer.Error = err.Error()
			}
			b.out <- &ConnInfo{ServiceID: id, Knock: answer}
		}
	}()
	var options []grpc.ServerOption
	if b.tls != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(b.tls)))
	}
	create(options).Serve(listener)
}

// Dial connects to what the other side serves under a number.
func (b *Broker) Dial(id uint32) (*grpc.ClientConn, error) {
	return dial(b.tls, func(string, time.Duration) (net.Conn, error) {
		b.dialing.Lock()
		defer b.dialing.Unlock()
		b.out <- &ConnInfo{ServiceID: id, Knock: &Knock{Knock: true}}
		select {
		case answer := <-b.inbox(b.answers, id):
			if !answer.Knock || !answer.Ack || answer.Error != "" {
				return nil, fmt.Errorf("the knock at %d is answered with %v", id, answer)
			}
		case <-time.After(5 * time.Second):
			return nil, fmt.Errorf("the knock at %d is not answered", id)
		}
		return b.session.open()
	})
}

func dial(tls *tls.Config, dialer func(string, time.Duration) (net.Conn, error)) (*grpc.ClientConn, error) {
	security := grpc.WithInsecure()
	if tls != nil {
		security = grpc.WithTransportCredentials(credentials.NewTLS(tls))
	}
	return grpc.Dial("unused", security, grpc.WithDialer(dialer), grpc.FailOnNonTempDialError(true),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20), grpc.MaxCallSendMsgSize(64<<20)))
}
