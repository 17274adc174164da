package connector

import (
	"context"
	"testing"
	"time"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

func TestConnectAndDisconnectAreIdempotent(t *testing.T) {
	node := newQueueNode()
	peer := client(t, node)
	connect(t, peer, `{}`)
	if node.connects != 1 {
		t.Error("connected", node.connects, "times")
	}
	connect(t, peer, `{"name": "other"}`)
	if node.connects != 2 || node.disconnects != 1 {
		t.Error("another configuration:", node.connects, node.disconnects)
	}
	for i := 0; i < 2; i++ {
		if _, err := peer.Disconnect(context.Background(), &wire.DisconnectRequest{ConnectionId: "c"}); err != nil {
			t.Fatal(err)
		}
	}
	if node.disconnects != 2 {
		t.Error("disconnected", node.disconnects, "times")
	}
	answer, err := peer.Send(context.Background(), &wire.SendRequest{ConnectionId: "c", Message: &wire.Message{}})
	if err != nil || answer.Error.GetCode() != "CONNECTION_FAILED" {
		t.Error(err, answer)
	}
}

func TestABadConfigurationIsRefused(t *testing.T) {
	peer := client(t, newQueueNode())
	for _, settings := range []string{`{"unknown": 1}`, `{"name": 7}`, `[]`, `{`} {
		config := &wire.ConnectionConfig{Id: "c", Settings: settings}
		problems, err := peer.Validate(context.Background(), &wire.ValidateRequest{Config: config})
		if err != nil || len(problems.Problems) != 1 {
			t.Error(settings, err, problems)
		}
		answer, err := peer.Connect(context.Background(), &wire.ConnectRequest{Config: config})
		if err != nil || answer.Error.GetCode() != "INVALID_CONFIG" || answer.Error.Recoverable {
			t.Error(settings, err, answer)
		}
	}
}

func TestUnaryReceiveSettlesAndOffersAgain(t *testing.T) {
	node := newQueueNode()
	settled := make(chan Receipt, 3)
	for _, payload := range []string{"a", "b"} {
		d := delivery(payload)
		d.Settled = func(receipt Receipt) { settled <- receipt }
		node.incoming <- d
	}
	peer := client(t, node)
	receive := func(receipts ...*wire.Receipt) *wire.ReceiveResponse {
		answer, err := peer.Receive(context.Background(), &wire.ReceiveRequest{
			ConnectionId: "c", Receipts: receipts, MaxMessages: 10, Wait: durationToWire(time.Second),
		})
		if err != nil || answer.Error != nil {
			t.Fatal(err, answer)
		}
		return answer
	}
	var all []*wire.IncomingMessage
	for len(all) < 2 {
		all = append(all, receive().Messages...)
	}
	node.incoming <- nil
	answer := receive(&wire.Receipt{Sequence: 1, Outcome: wire.Receipt_ACCEPTED},
		&wire.Receipt{Sequence: 2, Outcome: wire.Receipt_FULL, RetryAfter: durationToWire(time.Millisecond)})
	if first := <-settled; first.Outcome != Accepted {
		t.Error(first)
	}
	for len(answer.Messages) == 0 {
		answer = receive()
	}
	if answer.Messages[0].Message.Id != "b" || answer.Messages[0].Sequence != 3 {
		t.Error(answer.Messages)
	}
	if answer = receive(&wire.Receipt{Sequence: 3, Outcome: wire.Receipt_DUPLICATE}); !answer.Ended {
		t.Error("not ended")
	}
}
