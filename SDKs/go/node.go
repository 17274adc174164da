// Package connector is what a connector for Ropewalk is written with, in Go.
//
// A connector is a program that implements ConnectionNode and calls Serve:
//
//	func main() { connector.Serve(&myConnector{}) }
//
// Ropewalk starts it as a process of its own and speaks HashiCorp's go-plugin protocol with it. The package does the
// rest of the contract: batches, acknowledgements, flow control, large payloads, redelivery. What is printed on standard
// output goes to the host's log.
//
// docs/guide/writing-connectors.md is the guide.
package connector

import "context"

// ProtocolVersion is the version of the connector contract that this package speaks.
const ProtocolVersion = 1

// ConnectionNode is one connection to the outside: incoming, outgoing or both.
//
// The host calls Validate, then Connect, then Send any number of times at once and Receive again and again, one call at
// a time, then Disconnect. Every context carries the host's functions, see HostFrom. Errors should be of type *Error;
// others count as recoverable failures. No error may contain a payload or a secret.
type ConnectionNode interface {
	Metadata() PluginMetadata

	// Validate returns everything that is wrong with a configuration, none when it is usable. It opens nothing.
	Validate(ctx context.Context, config ConnectionConfig) []ConfigProblem

	// Connect acquires what the connection needs. It is called once between two calls of Disconnect, and only with a
	// configuration that Validate takes.
	Connect(ctx context.Context, config ConnectionConfig) error

	// Disconnect releases everything. Neither Send nor Receive is under way.
	Disconnect(ctx context.Context) error

	// Send delivers one message and returns nil when the destination has it. The context ends after the connection's
	// timeout, or when the host no longer waits. The message must not be changed.
	Send(ctx context.Context, message *Message) error

	// Receive waits for the next message. It returns io.EOF when the source has ended, and the context's error when
	// the context has ended; a message that was taken from the source by then must come with a later call.
	Receive(ctx context.Context) (*Delivery, error)

	// Health returns what is wrong with the connection, nil for nothing.
	Health(ctx context.Context) error
}

// BatchSender is what a connector implements besides ConnectionNode when its destination takes several messages at once.
type BatchSender interface {
	// SendBatch delivers messages and returns one error for each, nil where the destination has the message. It is
	// called at once from several goroutines, as Send is; the context ends as Send's does.
	SendBatch(ctx context.Context, messages []*Message) []error
}

// BatchReceiver is what a connector implements besides ConnectionNode when its source hands out several messages at once.
type BatchReceiver interface {
	// ReceiveBatch waits for the first message as Receive does, and returns those that are there, at most so many.
	// Messages and an error may come together.
	ReceiveBatch(ctx context.Context, max int) ([]*Delivery, error)
}

// Resumer is what a connector implements besides ConnectionNode when its source can be read again from a position.
//
// Without it, the package itself keeps every message until the host has taken it, and offers it again when the host
// comes back; after a crash of this process those messages must come out of the source by themselves.
type Resumer interface {
	// Resume is called before the first Receive after the host has come: the next message is the one after position,
	// the Position of the last Delivery that the host has for good, or the first one when position is empty.
	Resume(ctx context.Context, position []byte) error
}

// Unsendable is embedded by connectors that are only incoming.
type Unsendable struct{}

// Send refuses.
func (Unsendable) Send(context.Context, *Message) error {
	return NewError(Unsupported, "this connector cannot be used as outgoing")
}

// Unreceivable is embedded by connectors that are only outgoing.
type Unreceivable struct{}

// Receive refuses.
func (Unreceivable) Receive(context.Context) (*Delivery, error) {
	return nil, NewError(Unsupported, "this connector cannot be used as incoming")
}
