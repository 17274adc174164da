package connector

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

// poll answers unary calls of Receive.
type poll struct {
	connection *connection

	mu        sync.Mutex
	resumed   bool
	ended     bool
	sequence  uint64
	unsettled map[uint64]*Delivery
	again     []later
}

// later is a message that is offered once more at a time.
type later struct {
	delivery *Delivery
	at       time.Time
}

func (p *poll) receive(ctx context.Context, request *wire.ReceiveRequest) *wire.ReceiveResponse {
	p.settle(request.GetReceipts())
	select {
	case p.connection.receiving <- struct{}{}:
		defer func() { <-p.connection.receiving }()
	default:
		return &wire.ReceiveResponse{Error: errorToWire(errReceiving)}
	}
	max := int(request.GetMaxMessages())
	if max <= 0 || max > pollMessages {
		max = pollMessages
	}
	ctx, cancel := context.WithTimeout(ctx, durationFromWire(request.GetWait(), 0))
	defer cancel()
	deliveries, err := p.next(ctx, max, request.GetResumePosition())
	response := &wire.ReceiveResponse{Messages: p.number(deliveries)}
	switch {
	case err == nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
	case errors.Is(err, io.EOF):
		p.ended = true
	default:
		response.Error = errorToWire(AsError(err, ReceiveFailed))
	}
	response.Ended = p.ended && !p.hasLater()
	return response
}

var errReceiving = NewError(Unsupported, "another call or stream already receives from this connection")

func (p *poll) next(ctx context.Context, max int, position []byte) ([]*Delivery, error) {
	if !p.resumed {
		again, err := p.connection.resume(ctx, position)
		if err != nil {
			return nil, err
		}
		p.resumed = true
		for _, delivery := range again {
			p.again = append(p.again, later{delivery: delivery})
		}
	}
	deliveries := p.due(max)
	for len(deliveries) < max && !p.ended {
		inner, cancel := ctx, func() {}
		if len(deliveries) > 0 {
			inner, cancel = context.WithTimeout(ctx, pollLinger)
		}
		more, err := p.connection.receive(inner, max-len(deliveries))
		cancel()
		deliveries = append(deliveries, more...)
		if err != nil {
			return deliveries, err
		}
	}
	return deliveries, nil
}

// due returns what is to be offered once more by now.
func (p *poll) due(max int) []*Delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	var due []*Delivery
	var rest []later
	for _, item := range p.again {
		if len(due) < max && !item.at.After(now) {
			due = append(due, item.delivery)
		} else {
			rest = append(rest, item)
		}
	}
	p.again = rest
	return due
}

func (p *poll) hasLater() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.again) > 0
}

func (p *poll) number(deliveries []*Delivery) []*wire.IncomingMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	var messages []*wire.IncomingMessage
	for _, delivery := range deliveries {
		p.sequence++
		p.unsettled[p.sequence] = delivery
		messages = append(messages, incomingToWire(p.sequence, delivery))
	}
	return messages
}

func (p *poll) settle(receipts []*wire.Receipt) {
	for _, wired := range receipts {
		receipt := receiptFromWire(wired)
		p.mu.Lock()
		delivery := p.unsettled[wired.GetSequence()]
		delete(p.unsettled, wired.GetSequence())
		offered := delivery != nil && receipt.keeps() && !delivery.SenderKeeps
		if offered {
			p.again = append(p.again, later{delivery, time.Now().Add(pauseOf(receipt))})
		}
		p.mu.Unlock()
		if delivery != nil && !offered {
			delivery.settle(receipt)
		}
	}
}

// close releases what has no receipt.
func (p *poll) close() {
	p.mu.Lock()
	var open []*Delivery
	for _, delivery := range p.unsettled {
		open = append(open, delivery)
	}
	for _, item := range p.again {
		open = append(open, item.delivery)
	}
	p.unsettled, p.again = map[uint64]*Delivery{}, nil
	p.mu.Unlock()
	release(open, "the connection was closed")
}

func pauseOf(receipt Receipt) time.Duration {
	switch {
	case receipt.RetryAfter == 0:
		return offerPause
	case receipt.RetryAfter < shortestPause:
		return shortestPause
	}
	return receipt.RetryAfter
}
