package connector

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/golang/protobuf/proto"
	hclog "github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

// dialer connects to what the host serves under a number.
type dialer interface {
	Dial(id uint32) (*grpc.ClientConn, error)
}

// service answers the host's calls for every connection of the process.
type service struct {
	make   func() ConnectionNode
	probe  ConnectionNode
	single bool
	broker dialer
	logger hclog.Logger

	mu    sync.Mutex
	slots map[string]*slot
}

// slot is a connection's place: calls of Connect and Disconnect for one connection take turns.
type slot struct {
	turn sync.Mutex
	open *connection
	// dialled is the number under which the host offered its functions. go-plugin tells where that is once, so a
	// connection that is opened again under the same number has them no more.
	dialled uint32
}

func newService(make func() ConnectionNode, single bool, logger hclog.Logger) *service {
	return &service{make: make, probe: make(), single: single, logger: logger, slots: map[string]*slot{}}
}

func (s *service) Metadata(context.Context, *wire.MetadataRequest) (*wire.PluginMetadata, error) {
	return metadataToWire(s.probe.Metadata()), nil
}

func (s *service) Validate(ctx context.Context, request *wire.ValidateRequest) (*wire.ValidateResponse, error) {
	config, err := configFromWire(request.GetConfig())
	if err != nil {
		return &wire.ValidateResponse{Problems: problemsToWire(ProblemsOf(err))}, nil
	}
	return &wire.ValidateResponse{Problems: problemsToWire(s.probe.Validate(ctx, config))}, nil
}

func (s *service) Connect(ctx context.Context, request *wire.ConnectRequest) (*wire.ConnectResponse, error) {
	return &wire.ConnectResponse{Error: errorToWire(AsError(s.connect(ctx, request), ConnectionFailed))}, nil
}

func (s *service) connect(ctx context.Context, request *wire.ConnectRequest) (failure error) {
	defer s.recoverInto(&failure)
	id := request.GetConfig().GetId()
	slot, err := s.slot(id)
	if err != nil {
		return err
	}
	slot.turn.Lock()
	defer slot.turn.Unlock()
	if slot.open != nil {
		if proto.Equal(slot.open.declared, request.GetConfig()) {
			return nil
		}
		slot.open.close(ctx)
		slot.open = nil
	}
	config, err := configFromWire(request.GetConfig())
	if err != nil {
		return err
	}
	node := s.make()
	if problems := node.Validate(ctx, config); len(problems) > 0 {
		return NewError(InvalidConfig, "%s", summary(problems))
	}
	host, err := s.host(slot, request)
	if err != nil {
		return err
	}
	inner, cancel := context.WithTimeout(withHost(ctx, host), config.Timeout)
	defer cancel()
	if err := node.Connect(inner, config); err != nil {
		host.close()
		return err
	}
	slot.open = newConnection(node, config, request.GetConfig(), host, s.logger)
	return nil
}

// slot returns the place of a connection. A node that is served alone has one place.
func (s *service) slot(id string) (*slot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if existing, ok := s.slots[id]; ok {
		return existing, nil
	}
	if s.single {
		for other, taken := range s.slots {
			if taken.isOpen() {
				return nil, NewError(Unsupported, "this connector serves one connection, and has one already; use ServeFactory for several")
			}
			delete(s.slots, other)
		}
	}
	made := &slot{}
	s.slots[id] = made
	return made, nil
}

// isOpen takes a connection that is being opened or closed for open.
func (s *slot) isOpen() bool {
	if !s.turn.TryLock() {
		return true
	}
	defer s.turn.Unlock()
	return s.open != nil
}

func (s *service) host(place *slot, request *wire.ConnectRequest) (*remoteHost, error) {
	id := request.GetHostBrokerId()
	if id == 0 || s.broker == nil {
		return nil, nil
	}
	if place.dialled == id {
		return nil, nil
	}
	conn, err := s.broker.Dial(id)
	if err != nil {
		return nil, NewRecoverable(ConnectionFailed, "the host's functions cannot be reached: %s", err)
	}
	place.dialled = id
	return newRemoteHost(conn, request.GetConfig().GetId()), nil
}

// connection returns an open connection.
func (s *service) connection(id string) (*connection, error) {
	s.mu.Lock()
	place := s.slots[id]
	s.mu.Unlock()
	if place != nil {
		place.turn.Lock()
		defer place.turn.Unlock()
		if place.open != nil {
			return place.open, nil
		}
	}
	return nil, NewRecoverable(ConnectionFailed, "the connection '%s' is not connected; call Connect first", id)
}

func (s *service) Disconnect(ctx context.Context, request *wire.DisconnectRequest) (*wire.DisconnectResponse, error) {
	s.disconnect(ctx, request.GetConnectionId())
	return &wire.DisconnectResponse{}, nil
}

func (s *service) disconnect(ctx context.Context, id string) {
	s.mu.Lock()
	place := s.slots[id]
	s.mu.Unlock()
	if place == nil {
		return
	}
	place.turn.Lock()
	defer place.turn.Unlock()
	if place.open != nil {
		place.open.close(ctx)
		place.open = nil
	}
}

// disconnectAll closes every connection when the process ends.
func (s *service) disconnectAll(ctx context.Context) {
	s.mu.Lock()
	var ids []string
	for id := range s.slots {
		ids = append(ids, id)
	}
	s.mu.Unlock()
	var all sync.WaitGroup
	for _, id := range ids {
		all.Add(1)
		go func(id string) {
			defer all.Done()
			s.disconnect(ctx, id)
		}(id)
	}
	all.Wait()
}

func (s *service) Health(ctx context.Context, request *wire.HealthRequest) (*wire.HealthResponse, error) {
	if request.GetConnectionId() == "" {
		return &wire.HealthResponse{Healthy: true}, nil
	}
	connection, err := s.connection(request.GetConnectionId())
	if err == nil {
		err = connection.node.Health(connection.with(ctx))
	}
	if err != nil {
		return &wire.HealthResponse{Reason: AsError(err, ConnectionFailed).Message}, nil
	}
	return &wire.HealthResponse{Healthy: true}, nil
}

func (s *service) Send(ctx context.Context, request *wire.SendRequest) (*wire.SendResponse, error) {
	connection, err := s.connection(request.GetConnectionId())
	if err == nil {
		inner, cancel := context.WithTimeout(connection.with(ctx), connection.config.Timeout)
		defer cancel()
		err = connection.send(inner, messageFromWire(request.GetMessage()))
	}
	return &wire.SendResponse{Error: errorToWire(AsError(err, SendFailed))}, nil
}

func (s *service) Receive(ctx context.Context, request *wire.ReceiveRequest) (*wire.ReceiveResponse, error) {
	connection, err := s.connection(request.GetConnectionId())
	if err != nil {
		return &wire.ReceiveResponse{Error: errorToWire(AsError(err, ReceiveFailed))}, nil
	}
	return connection.poll.receive(connection.with(ctx), request), nil
}

func (s *service) Exchange(stream wire.Connector_ExchangeServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	open := first.GetOpen()
	if open == nil {
		return status.Error(codes.InvalidArgument, "the first frame of a stream must be Open")
	}
	connection, err := s.connection(open.GetConnectionId())
	if err != nil {
		return stream.Send(openedFrame(&wire.Opened{Error: errorToWire(AsError(err, ConnectionFailed))}))
	}
	return newExchange(connection, stream, open).run()
}

// recoverInto makes an error of a panic in the author's code; the log has where it was.
func (s *service) recoverInto(failure *error) { recoverInto(s.logger, failure) }

func recoverInto(logger hclog.Logger, failure *error) {
	if cause := recover(); cause != nil {
		logger.Error("the connector panicked", "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
		*failure = NewRecoverable("INTERNAL", "the connector panicked; its log has where")
	}
}

func summary(problems []ConfigProblem) string {
	var lines []string
	for _, problem := range problems {
		text := problem.Message
		if len(problem.Path) > 0 {
			text = strings.Join(problem.Path, ".") + ": " + text
		}
		if problem.Remedy != "" {
			text += "; " + problem.Remedy
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}
