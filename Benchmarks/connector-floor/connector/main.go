// A connector that takes everything and does nothing with it, on the Go SDK, and hands over messages of 1 KB.
package main

import (
	"bytes"
	"context"

	connector "github.com/ropewalk/ropewalk/SDKs/go"
)

var payload = bytes.Repeat([]byte("a"), 1024)

type null struct{}

func (null) Metadata() connector.PluginMetadata {
	return connector.PluginMetadata{
		ID: "null", Name: "null", Version: "1.0.0", ProtocolVersion: connector.ProtocolVersion,
		SupportedTypes: []string{"null"}, Description: "Does nothing, for measuring",
	}
}

func (null) Validate(context.Context, connector.ConnectionConfig) []connector.ConfigProblem {
	return nil
}
func (null) Connect(context.Context, connector.ConnectionConfig) error { return nil }
func (null) Disconnect(context.Context) error                          { return nil }
func (null) Send(context.Context, *connector.Message) error            { return nil }
func (null) Health(context.Context) error                              { return nil }

func (null) SendBatch(_ context.Context, messages []*connector.Message) []error {
	return make([]error, len(messages))
}

func (null) Receive(ctx context.Context) (*connector.Delivery, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &connector.Delivery{Message: &connector.Message{ID: "0", Payload: payload}}, nil
}

func main() { connector.Serve(null{}) }
