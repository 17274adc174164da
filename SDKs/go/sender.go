package connector

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

// sender delivers the messages of a stream and answers each with its outcome.
type sender struct {
	connection *connection
	ctx        context.Context
	out        *outbox
	maxPayload uint64

	mu       sync.Mutex
	last     uint64
	partial  map[uint64]*partial
	underWay map[uint64]*sending
	// What the host may not send yet because it has not been given back.
	messages uint32
	bytes    uint64
	finished bool
	idle     chan struct{}
}

// partial is a message whose chunks are still coming.
type partial struct {
	message *wire.Message
	length  uint64
}

// sending is a message that the node has, or is about to get.
type sending struct {
	size      uint64
	cancelled bool
	// Nil until the message is complete.
	cancel context.CancelFunc
}

// item is a complete message.
type item struct {
	sequence uint64
	message  *wire.Message
}

func newSender(c *connection, ctx context.Context, out *outbox, maxPayload uint64) *sender {
	return &sender{
		connection: c, ctx: ctx, out: out, maxPayload: maxPayload,
		partial: map[uint64]*partial{}, underWay: map[uint64]*sending{}, idle: make(chan struct{}),
	}
}

// take starts to deliver a batch. An error is the host's breach of the contract.
func (s *sender) take(batch []*wire.OutgoingMessage) error {
	var ready []item
	s.mu.Lock()
	for _, outgoing := range batch {
		size := uint64(len(outgoing.GetMessage().GetPayload()))
		if outgoing.ChunkedLength > 0 {
			size = outgoing.ChunkedLength
		}
		if err := s.check(outgoing.Sequence, size); err != nil {
			s.mu.Unlock()
			return err
		}
		s.last = outgoing.Sequence
		s.underWay[outgoing.Sequence] = &sending{size: size}
		if outgoing.ChunkedLength > 0 {
			s.partial[outgoing.Sequence] = &partial{message: outgoing.Message, length: size}
			continue
		}
		ready = append(ready, item{outgoing.Sequence, outgoing.Message})
	}
	s.mu.Unlock()
	s.start(ready)
	return nil
}

func (s *sender) check(sequence, size uint64) error {
	switch {
	case sequence <= s.last:
		return status.Errorf(codes.InvalidArgument, "the message %d comes after the message %d", sequence, s.last)
	case size > s.maxPayload:
		return status.Errorf(codes.InvalidArgument, "the message %d has %d bytes; at most %d were agreed", sequence, size, s.maxPayload)
	case uint32(len(s.underWay))+s.messages >= sendWindowMessages:
		return status.Error(codes.ResourceExhausted, "more messages than there was credit for")
	}
	return nil
}

// chunk adds to a message. Chunks of one that was cancelled are dropped.
func (s *sender) chunk(chunk *wire.Chunk) error {
	s.mu.Lock()
	part, ok := s.partial[chunk.GetSequence()]
	if !ok {
		defer s.mu.Unlock()
		if chunk.GetSequence() > s.last {
			return status.Errorf(codes.InvalidArgument, "a chunk of the message %d, which is unknown", chunk.GetSequence())
		}
		return nil
	}
	part.message.Payload = append(part.message.Payload, chunk.GetData()...)
	length := uint64(len(part.message.Payload))
	if length < part.length {
		s.mu.Unlock()
		return nil
	}
	delete(s.partial, chunk.GetSequence())
	s.mu.Unlock()
	if length > part.length {
		return status.Errorf(codes.InvalidArgument, "the message %d is longer than announced", chunk.GetSequence())
	}
	s.start([]item{{chunk.GetSequence(), part.message}})
	return nil
}

func (s *sender) start(items []item) {
	if len(items) == 0 {
		return
	}
	if batching, ok := s.connection.node.(BatchSender); ok {
		go s.deliverBatch(batching, items)
		return
	}
	for _, item := range items {
		go s.deliver(item)
	}
}

func (s *sender) deliver(item item) {
	ctx, cancel := context.WithTimeout(s.ctx, s.connection.config.Timeout)
	defer cancel()
	if !s.begin([]uint64{item.sequence}, cancel) {
		s.done([]uint64{item.sequence}, []error{context.Canceled})
		return
	}
	err := s.connection.send(ctx, messageFromWire(item.message))
	s.done([]uint64{item.sequence}, []error{err})
}

func (s *sender) deliverBatch(batching BatchSender, items []item) {
	ctx, cancel := context.WithTimeout(s.ctx, s.connection.config.Timeout)
	defer cancel()
	sequences, messages := make([]uint64, len(items)), make([]*Message, len(items))
	for i, item := range items {
		sequences[i], messages[i] = item.sequence, messageFromWire(item.message)
	}
	// One message of several that is cancelled does not stop the others.
	stop := cancel
	if len(items) > 1 {
		stop = func() {}
	}
	s.begin(sequences, stop)
	s.done(sequences, s.connection.sendBatch(ctx, batching, messages))
}

// begin says whether anybody still waits for the messages.
func (s *sender) begin(sequences []uint64, cancel context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	awaited := false
	for _, sequence := range sequences {
		if sending := s.underWay[sequence]; sending != nil && !sending.cancelled {
			sending.cancel = cancel
			awaited = true
		}
	}
	return awaited
}

func (s *sender) cancelMessage(sequence uint64) {
	s.mu.Lock()
	sending := s.underWay[sequence]
	if sending == nil {
		s.mu.Unlock()
		return
	}
	sending.cancelled = true
	_, incomplete := s.partial[sequence]
	delete(s.partial, sequence)
	cancel := sending.cancel
	s.mu.Unlock()
	if incomplete {
		s.done([]uint64{sequence}, []error{context.Canceled})
	} else if cancel != nil {
		cancel()
	}
}

// done answers, and gives credit back by quarters of the window, or when nothing is under way.
func (s *sender) done(sequences []uint64, failures []error) {
	outcomes := make([]*wire.Outcome, 0, len(sequences))
	s.mu.Lock()
	for i, sequence := range sequences {
		sending := s.underWay[sequence]
		if sending == nil {
			continue
		}
		delete(s.underWay, sequence)
		s.messages++
		s.bytes += sending.size
		if !sending.cancelled {
			outcomes = append(outcomes, &wire.Outcome{Sequence: sequence, Error: errorToWire(AsError(failures[i], SendFailed))})
		}
	}
	var messages uint32
	var bytes uint64
	if len(s.underWay) == 0 || s.messages >= sendWindowMessages/4 || s.bytes >= sendWindowBytes/4 {
		messages, bytes = s.messages, s.bytes
		s.messages, s.bytes = 0, 0
	}
	// Out of the lock's order an outcome could be overtaken by the end of the stream.
	s.out.addOutcomes(outcomes, messages, bytes)
	s.closeIfIdle()
	s.mu.Unlock()
}

// finish returns what closes when everything has its outcome; nothing more may be taken. It is called once.
func (s *sender) finish() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
	s.closeIfIdle()
	return s.idle
}

func (s *sender) closeIfIdle() {
	if !s.finished || len(s.underWay) > 0 {
		return
	}
	select {
	case <-s.idle:
	default:
		close(s.idle)
	}
}
