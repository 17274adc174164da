package connector

import (
	"context"
	"sync"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

// outbox gathers what a stream has to say; what comes while a frame is being written goes out together. Its size is
// bounded by the credits of both sides.
type outbox struct {
	inline int
	signal chan struct{}

	mu       sync.Mutex
	outcomes []*wire.Outcome
	received []*wire.IncomingMessage
	messages uint32
	bytes    uint64
	ended    *wire.Ended
	closed   bool
}

func newOutbox(inline int) *outbox { return &outbox{inline: inline, signal: make(chan struct{}, 1)} }

// load is what one turn of the writer takes.
type load struct {
	outcomes []*wire.Outcome
	received []*wire.IncomingMessage
	credit   *wire.Credit
	ended    *wire.Ended
	closed   bool
}

func (l load) isEmpty() bool {
	return len(l.outcomes) == 0 && len(l.received) == 0 && l.credit == nil && l.ended == nil
}

func (o *outbox) put(change func(*outbox)) {
	o.mu.Lock()
	change(o)
	o.mu.Unlock()
	select {
	case o.signal <- struct{}{}:
	default:
	}
}

func (o *outbox) addOutcomes(outcomes []*wire.Outcome, messages uint32, bytes uint64) {
	o.put(func(o *outbox) {
		o.outcomes = append(o.outcomes, outcomes...)
		o.messages += messages
		o.bytes += bytes
	})
}

func (o *outbox) addReceived(message *wire.IncomingMessage) {
	o.put(func(o *outbox) { o.received = append(o.received, message) })
}

func (o *outbox) end(err *Error) {
	o.put(func(o *outbox) { o.ended = &wire.Ended{Error: errorToWire(err)} })
}

// close lets run return once everything is written.
func (o *outbox) close() { o.put(func(o *outbox) { o.closed = true }) }

func (o *outbox) take() load {
	o.mu.Lock()
	defer o.mu.Unlock()
	taken := load{outcomes: o.outcomes, received: o.received, ended: o.ended, closed: o.closed}
	if o.messages > 0 || o.bytes > 0 {
		taken.credit = &wire.Credit{Messages: o.messages, Bytes: o.bytes}
	}
	o.outcomes, o.received, o.ended, o.messages, o.bytes = nil, nil, nil, 0, 0
	return taken
}

// run writes until close, or until the context or the stream ends.
func (o *outbox) run(ctx context.Context, send func(*wire.ConnectorFrame) error) error {
	for {
		taken := o.take()
		if taken.isEmpty() {
			if taken.closed {
				return nil
			}
			select {
			case <-o.signal:
				continue
			case <-ctx.Done():
				return nil
			}
		}
		if err := o.write(taken, send); err != nil {
			return err
		}
	}
}

func (o *outbox) write(taken load, send func(*wire.ConnectorFrame) error) error {
	if len(taken.outcomes) > 0 {
		batch := &wire.OutcomeBatch{Outcomes: taken.outcomes}
		if err := send(&wire.ConnectorFrame{Frame: &wire.ConnectorFrame_Outcomes{Outcomes: batch}}); err != nil {
			return err
		}
	}
	if taken.credit != nil {
		if err := send(&wire.ConnectorFrame{Frame: &wire.ConnectorFrame_Credit{Credit: taken.credit}}); err != nil {
			return err
		}
	}
	if err := o.writeReceived(taken.received, send); err != nil {
		return err
	}
	if taken.ended != nil {
		return send(&wire.ConnectorFrame{Frame: &wire.ConnectorFrame_Ended{Ended: taken.ended}})
	}
	return nil
}

// writeReceived packs messages into frames whose payloads together are no longer than one payload may be.
func (o *outbox) writeReceived(messages []*wire.IncomingMessage, send func(*wire.ConnectorFrame) error) error {
	var batch []*wire.IncomingMessage
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		frame := &wire.ConnectorFrame{Frame: &wire.ConnectorFrame_Received{Received: &wire.IncomingBatch{Messages: batch}}}
		batch, size = nil, 0
		return send(frame)
	}
	for _, message := range messages {
		payload := message.Message.Payload
		if len(payload) > o.inline {
			message.ChunkedLength = uint64(len(payload))
			message.Message.Payload = nil
			batch = append(batch, message)
			if err := flush(); err != nil {
				return err
			}
			if err := o.writeChunks(message.Sequence, payload, send); err != nil {
				return err
			}
			continue
		}
		if len(batch) == batchMessages || size+len(payload) > o.inline {
			if err := flush(); err != nil {
				return err
			}
		}
		batch = append(batch, message)
		size += len(payload)
	}
	return flush()
}

func (o *outbox) writeChunks(sequence uint64, payload []byte, send func(*wire.ConnectorFrame) error) error {
	for len(payload) > 0 {
		length := o.inline
		if length > len(payload) {
			length = len(payload)
		}
		chunk := &wire.Chunk{Sequence: sequence, Data: payload[:length]}
		if err := send(&wire.ConnectorFrame{Frame: &wire.ConnectorFrame_Chunk{Chunk: chunk}}); err != nil {
			return err
		}
		payload = payload[length:]
	}
	return nil
}
