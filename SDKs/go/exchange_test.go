package connector

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

// patience is how long a test waits for something that must happen.
const patience = 30 * time.Second

// client serves nodes in this process and connects the connection "c".
func client(t *testing.T, node ConnectionNode) wire.ConnectorClient {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := newServer(nil, &printing{logger: logger})
	service := newService(func() ConnectionNode { return node }, true, logger)
	wire.RegisterConnectorServer(server, service)
	go server.Serve(listener)
	conn, err := grpc.Dial("bufconn", grpc.WithInsecure(),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return listener.Dial() }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageLength), grpc.MaxCallSendMsgSize(maxMessageLength)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Stop()
	})
	peer := wire.NewConnectorClient(conn)
	connect(t, peer, `{}`)
	return peer
}

func connect(t *testing.T, peer wire.ConnectorClient, settings string) {
	t.Helper()
	answer, err := peer.Connect(context.Background(), &wire.ConnectRequest{Config: &wire.ConnectionConfig{Id: "c", Settings: settings}})
	if err != nil || answer.Error != nil {
		t.Fatal("connect", err, answer.GetError())
	}
}

// host is the host's end of a stream.
type host struct {
	t        *testing.T
	stream   wire.Connector_ExchangeClient
	credit   wire.Credit
	received []*wire.IncomingMessage
	outcomes map[uint64]*wire.Error
	ended    *wire.Ended
}

func open(t *testing.T, peer wire.ConnectorClient, open *wire.Open) *host {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	stream, err := peer.Exchange(ctx)
	if err != nil {
		t.Fatal(err)
	}
	open.ConnectionId = "c"
	h := &host{t: t, stream: stream, outcomes: map[uint64]*wire.Error{}}
	h.send(&wire.HostFrame{Frame: &wire.HostFrame_Open{Open: open}})
	frame, err := stream.Recv()
	if err != nil || frame.GetOpened() == nil || frame.GetOpened().Error != nil {
		t.Fatal("opened", err, frame)
	}
	if credit := frame.GetOpened().Credit; credit != nil {
		h.credit = wire.Credit{Messages: credit.Messages, Bytes: credit.Bytes}
	}
	return h
}

func (h *host) send(frame *wire.HostFrame) {
	h.t.Helper()
	if err := h.stream.Send(frame); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) sendBatch(messages ...*wire.OutgoingMessage) {
	h.t.Helper()
	h.send(&wire.HostFrame{Frame: &wire.HostFrame_Send{Send: &wire.OutgoingBatch{Messages: messages}}})
}

func (h *host) receipt(receipt *wire.Receipt) {
	h.t.Helper()
	h.send(&wire.HostFrame{Frame: &wire.HostFrame_Receipts{Receipts: &wire.ReceiptBatch{Receipts: []*wire.Receipt{receipt}}}})
}

func (h *host) give(messages uint32, bytes uint64) {
	h.t.Helper()
	h.send(&wire.HostFrame{Frame: &wire.HostFrame_Credit{Credit: &wire.Credit{Messages: messages, Bytes: bytes}}})
}

func (h *host) finish() {
	h.t.Helper()
	h.send(&wire.HostFrame{Frame: &wire.HostFrame_Finish{Finish: &wire.Finish{}}})
	h.stream.CloseSend()
}

// until reads frames until ready holds, or the stream's end where ready is nil.
func (h *host) until(ready func() bool) {
	h.t.Helper()
	for ready == nil || !ready() {
		frame, err := h.stream.Recv()
		if err == io.EOF && ready == nil {
			return
		}
		if err != nil {
			h.t.Fatal("reading the stream: ", err)
		}
		switch part := frame.Frame.(type) {
		case *wire.ConnectorFrame_Outcomes:
			for _, outcome := range part.Outcomes.Outcomes {
				h.outcomes[outcome.Sequence] = outcome.Error
			}
		case *wire.ConnectorFrame_Credit:
			h.credit.Messages += part.Credit.Messages
			h.credit.Bytes += part.Credit.Bytes
		case *wire.ConnectorFrame_Received:
			h.received = append(h.received, part.Received.Messages...)
		case *wire.ConnectorFrame_Chunk:
			last := h.received[len(h.received)-1]
			if last.Sequence != part.Chunk.Sequence {
				h.t.Fatal("a chunk of another message")
			}
			last.Message.Payload = append(last.Message.Payload, part.Chunk.Data...)
		case *wire.ConnectorFrame_Ended:
			h.ended = part.Ended
		}
	}
}

func outgoing(sequence uint64, payload string) *wire.OutgoingMessage {
	return &wire.OutgoingMessage{Sequence: sequence, Message: &wire.Message{Id: fmt.Sprint(sequence), Payload: []byte(payload)}}
}

func delivery(payload string) *Delivery {
	return &Delivery{Message: &Message{ID: payload, Payload: []byte(payload)}, Position: []byte("at " + payload)}
}

func TestEachMessageHasItsOutcomeAndCreditComesBack(t *testing.T) {
	node := newQueueNode()
	h := open(t, client(t, node), &wire.Open{Send: true})
	given := wire.Credit{Messages: h.credit.Messages, Bytes: h.credit.Bytes}
	h.sendBatch(outgoing(1, "a"), outgoing(2, "reject"), outgoing(3, "panic"), outgoing(4, "b"))
	h.until(func() bool { return len(h.outcomes) == 4 })
	if h.outcomes[1] != nil || h.outcomes[4] != nil {
		t.Error("a delivered message has an error")
	}
	if e := h.outcomes[2]; e == nil || e.Code != "REJECTED" || e.Recoverable || e.RetryAfter.Seconds != 3 {
		t.Error("not as rejected:", e)
	}
	if e := h.outcomes[3]; e == nil || e.Code != "INTERNAL" || !e.Recoverable {
		t.Error("not a panic:", e)
	}
	h.finish()
	h.until(nil)
	if node.count() != 2 {
		t.Error("delivered", node.count())
	}
	if h.credit.Messages != given.Messages+4 || h.credit.Bytes != given.Bytes+13 {
		t.Error("credit that came back:", h.credit.Messages-given.Messages, h.credit.Bytes-given.Bytes)
	}
}

func TestMoreMessagesThanTheWindowPassAsCreditComes(t *testing.T) {
	node := newQueueNode()
	h := open(t, client(t, node), &wire.Open{Send: true})
	const total = 3*sendWindowMessages + 7
	for sequence := uint64(1); sequence <= total; sequence++ {
		h.until(func() bool { return h.credit.Messages > 0 })
		h.credit.Messages--
		h.sendBatch(outgoing(sequence, "x"))
	}
	h.until(func() bool { return len(h.outcomes) == total })
	h.finish()
	h.until(nil)
	if node.count() != total {
		t.Error("delivered", node.count())
	}
}

func TestAHostThatSendsMoreThanItMayIsStopped(t *testing.T) {
	node := newQueueNode()
	h := open(t, client(t, node), &wire.Open{Send: true})
	for sequence := uint64(1); sequence <= sendWindowMessages+1; sequence++ {
		if h.stream.Send(&wire.HostFrame{Frame: &wire.HostFrame_Send{Send: &wire.OutgoingBatch{Messages: []*wire.OutgoingMessage{outgoing(sequence, "block")}}}}) != nil {
			break
		}
	}
	for {
		if _, err := h.stream.Recv(); err == io.EOF {
			t.Fatal("the stream ended well")
		} else if err != nil {
			return
		}
	}
}

func TestALargePayloadComesInChunks(t *testing.T) {
	node := newQueueNode()
	h := open(t, client(t, node), &wire.Open{Send: true, Receive: true, MaxInlinePayload: 1000, MaxPayload: 1 << 20, Credit: &wire.Credit{Messages: 10, Bytes: 1 << 20}})
	payload := bytes.Repeat([]byte("0123456789"), 1000)
	h.sendBatch(&wire.OutgoingMessage{Sequence: 1, Message: &wire.Message{Id: "large"}, ChunkedLength: uint64(len(payload))})
	h.sendBatch(outgoing(2, "between"))
	for i := 0; i < len(payload); i += 1000 {
		h.send(&wire.HostFrame{Frame: &wire.HostFrame_Chunk{Chunk: &wire.Chunk{Sequence: 1, Data: payload[i : i+1000]}}})
	}
	h.until(func() bool { return len(h.outcomes) == 2 })
	node.mu.Lock()
	for _, message := range node.sent {
		if message.ID == "large" && !bytes.Equal(message.Payload, payload) {
			t.Error("the payload is another")
		}
	}
	node.mu.Unlock()

	node.incoming <- delivery(string(payload))
	h.until(func() bool { return len(h.received) == 1 && len(h.received[0].Message.Payload) == len(payload) })
	if h.received[0].ChunkedLength != uint64(len(payload)) || !bytes.Equal(h.received[0].Message.Payload, payload) {
		t.Error("the payload came back as another")
	}
	h.receipt(&wire.Receipt{Sequence: 1, Outcome: wire.Receipt_ACCEPTED})
	h.finish()
	h.until(nil)
}

func TestACancelledMessageIsGivenUp(t *testing.T) {
	node := newQueueNode()
	h := open(t, client(t, node), &wire.Open{Send: true})
	h.sendBatch(outgoing(1, "block"))
	h.send(&wire.HostFrame{Frame: &wire.HostFrame_Cancel{Cancel: &wire.Cancel{Sequence: 1}}})
	h.finish()
	h.until(nil)
	if node.count() != 0 {
		t.Error("it was delivered")
	}
}

func TestFinishWaitsForWhatIsUnderWay(t *testing.T) {
	node := newQueueNode()
	h := open(t, client(t, node), &wire.Open{Send: true})
	h.sendBatch(outgoing(1, "block"))
	h.finish()
	time.AfterFunc(50*time.Millisecond, func() { close(node.blocked) })
	h.until(nil)
	if e, ok := h.outcomes[1]; !ok || e != nil {
		t.Error("no outcome, or an error:", e)
	}
}

func TestBatchesReachABatchSender(t *testing.T) {
	node := &batchNode{queueNode: newQueueNode()}
	h := open(t, client(t, node), &wire.Open{Send: true})
	h.sendBatch(outgoing(1, "a"), outgoing(2, "reject"), outgoing(3, "c"))
	h.until(func() bool { return len(h.outcomes) == 3 })
	if h.outcomes[1] != nil || h.outcomes[2].GetCode() != "REJECTED" || h.outcomes[3] != nil {
		t.Error(h.outcomes)
	}
	node.mu.Lock()
	defer node.mu.Unlock()
	if len(node.batches) != 1 || node.batches[0] != 3 {
		t.Error("batches", node.batches)
	}
}

func TestReceivedMessagesStopAtTheCreditAndSettleByReceipt(t *testing.T) {
	node := newQueueNode()
	settled := make(chan Receipt, 3)
	for _, payload := range []string{"a", "b", "c"} {
		d := delivery(payload)
		d.Settled = func(receipt Receipt) { settled <- receipt }
		node.incoming <- d
	}
	h := open(t, client(t, node), &wire.Open{Receive: true, Credit: &wire.Credit{Messages: 2, Bytes: 100}})
	h.until(func() bool { return len(h.received) == 2 })
	if string(h.received[1].Position) != "at b" || h.received[1].Sequence != 2 {
		t.Error("second:", h.received[1])
	}
	h.receipt(&wire.Receipt{Sequence: 1, Outcome: wire.Receipt_ACCEPTED})
	h.receipt(&wire.Receipt{Sequence: 2, Outcome: wire.Receipt_INVALID, Reason: "no customer"})
	if first := <-settled; first.Outcome != Accepted {
		t.Error(first)
	}
	if second := <-settled; second.Outcome != Invalid || second.Reason != "no customer" {
		t.Error(second)
	}
	h.give(1, 1)
	node.incoming <- nil
	h.until(func() bool { return len(h.received) == 3 })
	h.receipt(&wire.Receipt{Sequence: 3, Outcome: wire.Receipt_DUPLICATE})
	h.give(1, 1)
	h.until(func() bool { return h.ended != nil })
	if third := <-settled; !third.Taken() {
		t.Error(third)
	}
	h.finish()
	h.until(nil)
}

func TestAMessageWithoutRoomIsOfferedAgain(t *testing.T) {
	node := newQueueNode()
	settled := make(chan Receipt, 2)
	kept, passedOn := delivery("kept"), delivery("passed on")
	kept.Settled = func(receipt Receipt) { settled <- receipt }
	passedOn.SenderKeeps, passedOn.Settled = true, kept.Settled
	node.incoming <- kept
	node.incoming <- passedOn
	h := open(t, client(t, node), &wire.Open{Receive: true, Credit: &wire.Credit{Messages: 10, Bytes: 1000}})
	h.until(func() bool { return len(h.received) == 2 })
	h.receipt(&wire.Receipt{Sequence: 2, Outcome: wire.Receipt_FULL, RetryAfter: durationToWire(time.Second)})
	if receipt := <-settled; receipt.Outcome != Full || receipt.RetryAfter != time.Second {
		t.Error(receipt)
	}
	h.receipt(&wire.Receipt{Sequence: 1, Outcome: wire.Receipt_UNAVAILABLE, RetryAfter: durationToWire(20 * time.Millisecond)})
	h.until(func() bool { return len(h.received) == 3 })
	if h.received[2].Message.Id != "kept" || h.received[2].Sequence != 3 {
		t.Error("offered again:", h.received[2])
	}
	h.receipt(&wire.Receipt{Sequence: 3, Outcome: wire.Receipt_ACCEPTED})
	if receipt := <-settled; receipt.Outcome != Accepted {
		t.Error(receipt)
	}
}

func TestMessagesWithoutAReceiptComeAgainOnTheNextStream(t *testing.T) {
	node := newQueueNode()
	for _, payload := range []string{"a", "b", "c"} {
		node.incoming <- delivery(payload)
	}
	peer := client(t, node)
	h := open(t, peer, &wire.Open{Receive: true, Credit: &wire.Credit{Messages: 10, Bytes: 1000}})
	h.until(func() bool { return len(h.received) == 3 })
	h.receipt(&wire.Receipt{Sequence: 2, Outcome: wire.Receipt_ACCEPTED})
	h.finish()
	h.until(nil)
	h = open(t, peer, &wire.Open{Receive: true, Credit: &wire.Credit{Messages: 10, Bytes: 1000}})
	h.until(func() bool { return len(h.received) == 2 })
	if h.received[0].Message.Id != "a" || h.received[1].Message.Id != "c" || h.received[0].Sequence != 1 {
		t.Error(h.received)
	}
}

func TestASourceWithPositionsIsResumedInstead(t *testing.T) {
	node := rereadNode{newQueueNode()}
	node.incoming <- delivery("a")
	peer := client(t, node)
	h := open(t, peer, &wire.Open{Receive: true, Credit: &wire.Credit{Messages: 10, Bytes: 1000}})
	h.until(func() bool { return len(h.received) == 1 })
	h.finish()
	h.until(nil)
	node.incoming <- delivery("b")
	h = open(t, peer, &wire.Open{Receive: true, ResumePosition: []byte("at a"), Credit: &wire.Credit{Messages: 10, Bytes: 1000}})
	h.until(func() bool { return len(h.received) == 1 })
	if h.received[0].Message.Id != "b" {
		t.Error(h.received)
	}
	node.mu.Lock()
	defer node.mu.Unlock()
	if len(node.resumedAt) != 2 || node.resumedAt[0] != "" || node.resumedAt[1] != "at a" {
		t.Error(node.resumedAt)
	}
}

func TestOneStreamReceivesAtATime(t *testing.T) {
	peer := client(t, newQueueNode())
	open(t, peer, &wire.Open{Receive: true, Credit: &wire.Credit{Messages: 1, Bytes: 1}})
	second, err := peer.Exchange(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	second.Send(&wire.HostFrame{Frame: &wire.HostFrame_Open{Open: &wire.Open{ConnectionId: "c", Receive: true}}})
	frame, err := second.Recv()
	if err != nil || frame.GetOpened().GetError().GetCode() != "UNSUPPORTED" {
		t.Error(err, frame)
	}
}
