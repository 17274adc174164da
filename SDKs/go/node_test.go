package connector

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// queueNode is a connector whose destination and source are lists in memory.
type queueNode struct {
	mu          sync.Mutex
	sent        []*Message
	connects    int
	disconnects int
	resumedAt   []string
	incoming    chan *Delivery
	// blocked is closed by a test to let messages with the payload "block" go.
	blocked chan struct{}
}

func newQueueNode() *queueNode {
	return &queueNode{incoming: make(chan *Delivery, 10000), blocked: make(chan struct{})}
}

func (n *queueNode) Metadata() PluginMetadata {
	return PluginMetadata{
		ID: "ropewalk.test/queue", Name: "queue", Version: "1.0.0", SupportedTypes: []string{"queue"},
		Capabilities: []Capability{Bidirectional},
	}
}

type queueSettings struct {
	Name string `json:"name"`
}

func (n *queueNode) Validate(_ context.Context, config ConnectionConfig) []ConfigProblem {
	return ProblemsOf(config.DecodeSettings(&queueSettings{}))
}

func (n *queueNode) Connect(ctx context.Context, config ConnectionConfig) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.connects++
	return nil
}

func (n *queueNode) Disconnect(context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.disconnects++
	return nil
}

func (n *queueNode) Send(ctx context.Context, message *Message) error {
	switch string(message.Payload) {
	case "reject":
		return &Error{Code: Rejected, Message: "never", RetryAfter: 3 * time.Second}
	case "panic":
		panic("as asked")
	case "print":
		for i := 0; i < 2000; i++ {
			fmt.Fprintln(os.Stdout, "a line of more than sixty bytes that fills a pipe which nobody reads", i)
			fmt.Fprintln(os.Stderr, "a line of more than sixty bytes that fills a pipe which nobody reads", i)
		}
	case "secret":
		secret, err := HostFrom(ctx).GetSecret(ctx, "password")
		if err != nil {
			return err
		}
		if err := HostFrom(ctx).Log(ctx, Info, "asked for a secret", map[string]string{"length": fmt.Sprint(len(secret))}); err != nil {
			return err
		}
		_, err = HostFrom(ctx).GetSecret(ctx, "other")
		return err
	case "block":
		select {
		case <-n.blocked:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sent = append(n.sent, message)
	return nil
}

func (n *queueNode) Receive(ctx context.Context) (*Delivery, error) {
	select {
	case delivery := <-n.incoming:
		if delivery == nil {
			return nil, io.EOF
		}
		return delivery, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n *queueNode) Health(context.Context) error { return nil }

func (n *queueNode) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.sent)
}

// batchNode takes several messages at once.
type batchNode struct {
	*queueNode
	batches []int
}

func (n *batchNode) SendBatch(ctx context.Context, messages []*Message) []error {
	n.mu.Lock()
	n.batches = append(n.batches, len(messages))
	n.mu.Unlock()
	failures := make([]error, len(messages))
	for i, message := range messages {
		failures[i] = n.Send(ctx, message)
	}
	return failures
}

// rereadNode reads again from a position.
type rereadNode struct{ *queueNode }

func (n rereadNode) Resume(_ context.Context, position []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.resumedAt = append(n.resumedAt, string(position))
	return nil
}
