package connector

import (
	"context"
	"sync"
	"time"

	hclog "github.com/hashicorp/go-hclog"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

// connection is a connected node and what is under way with it.
type connection struct {
	node     ConnectionNode
	config   ConnectionConfig
	declared *wire.ConnectionConfig
	host     *remoteHost
	logger   hclog.Logger
	poll     *poll
	kept     kept

	// receiving has one place: one stream or call receives at a time.
	receiving chan struct{}

	mu      sync.Mutex
	closed  bool
	streams map[*exchange]struct{}
	calls   sync.WaitGroup
}

func newConnection(node ConnectionNode, config ConnectionConfig, declared *wire.ConnectionConfig, host *remoteHost, logger hclog.Logger) *connection {
	c := &connection{
		node: node, config: config, declared: declared, host: host, logger: logger,
		receiving: make(chan struct{}, 1), streams: map[*exchange]struct{}{},
	}
	c.poll = &poll{connection: c, unsettled: map[uint64]*Delivery{}}
	return c
}

// with adds the host's functions to a context.
func (c *connection) with(ctx context.Context) context.Context { return withHost(ctx, c.host) }

func (c *connection) send(ctx context.Context, message *Message) (failure error) {
	if !c.begin() {
		return errDisconnected
	}
	defer c.calls.Done()
	defer recoverInto(c.logger, &failure)
	return c.node.Send(ctx, message)
}

func (c *connection) sendBatch(ctx context.Context, sender BatchSender, messages []*Message) []error {
	failures := make([]error, len(messages))
	fail := func(err error) []error {
		for i := range failures {
			failures[i] = err
		}
		return failures
	}
	if !c.begin() {
		return fail(errDisconnected)
	}
	defer c.calls.Done()
	var failure error
	var answers []error
	func() {
		defer recoverInto(c.logger, &failure)
		answers = sender.SendBatch(ctx, messages)
	}()
	if failure == nil && len(answers) != len(messages) {
		failure = NewRecoverable("INTERNAL", "the connector answered %d of %d messages", len(answers), len(messages))
	}
	if failure != nil {
		return fail(failure)
	}
	return answers
}

// receive asks the node for what is next, at most so many.
func (c *connection) receive(ctx context.Context, max int) (deliveries []*Delivery, failure error) {
	if !c.begin() {
		return nil, errDisconnected
	}
	defer c.calls.Done()
	defer recoverInto(c.logger, &failure)
	if receiver, ok := c.node.(BatchReceiver); ok {
		return receiver.ReceiveBatch(ctx, max)
	}
	delivery, err := c.node.Receive(ctx)
	if delivery != nil {
		deliveries = []*Delivery{delivery}
	} else if err == nil {
		// Nothing at all; a node that answers so again and again must not take a processor.
		time.Sleep(shortestPause)
	}
	return deliveries, err
}

// resume readies the source for the host that has just come, and returns what is to be offered once more.
func (c *connection) resume(ctx context.Context, position []byte) (again []*Delivery, failure error) {
	kept := c.kept.take()
	resumer, ok := c.node.(Resumer)
	if !ok {
		return kept, nil
	}
	release(kept, "the source is read again from the host's position")
	defer recoverInto(c.logger, &failure)
	return nil, resumer.Resume(ctx, position)
}

var errDisconnected = NewRecoverable(ConnectionFailed, "the connection was closed")

// begin counts a call into the node, or says that the connection is closed.
func (c *connection) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.calls.Add(1)
	return true
}

// add counts a stream, or says that the connection is closed.
func (c *connection) add(stream *exchange) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.streams[stream] = struct{}{}
	}
	return !c.closed
}

func (c *connection) remove(stream *exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.streams, stream)
}

// close ends what is under way and disconnects the node. Its caller sees to it that it is called once.
func (c *connection) close(ctx context.Context) {
	c.mu.Lock()
	c.closed = true
	for stream := range c.streams {
		stream.cancel()
	}
	c.mu.Unlock()
	c.calls.Wait()
	c.kept.close()
	c.poll.close()
	var failure error
	func() {
		defer recoverInto(c.logger, &failure)
		failure = c.node.Disconnect(c.with(ctx))
	}()
	if failure != nil {
		c.logger.Warn("disconnecting failed", "connection", c.config.ID, "error", failure.Error())
	}
	c.host.close()
}
