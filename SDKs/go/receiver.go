package connector

import (
	"context"
	"errors"
	"io"
	"sort"
	"sync"
	"time"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

// receiver offers a connection's messages to the host over a stream, as far as the host's credit goes, and settles each
// by its receipt.
type receiver struct {
	connection *connection
	out        *outbox
	maxPayload uint64

	mu sync.Mutex
	// changed is closed and made anew whenever anything below changes.
	changed   chan struct{}
	closed    bool
	sequence  uint64
	messages  int64
	bytes     int64
	window    int64
	unsettled map[uint64]*Delivery
	// waiting are messages without a number, in the order of their values: those that wait for credit, or to be
	// offered again.
	waiting map[*Delivery]uint64
	held    uint64
}

func newReceiver(c *connection, out *outbox, maxPayload uint64, credit *wire.Credit) *receiver {
	return &receiver{
		connection: c, out: out, maxPayload: maxPayload, changed: make(chan struct{}),
		messages: int64(credit.GetMessages()), bytes: int64(credit.GetBytes()), window: int64(credit.GetBytes()),
		unsettled: map[uint64]*Delivery{}, waiting: map[*Delivery]uint64{},
	}
}

// run receives until the source or the context ends.
func (r *receiver) run(ctx context.Context, position []byte) {
	again, err := r.connection.resume(ctx, position)
	if err != nil {
		r.out.end(AsError(err, ReceiveFailed))
		return
	}
	r.hold(again)
	for _, delivery := range again {
		r.offer(ctx, delivery)
	}
	for {
		max, ok := r.room(ctx)
		if !ok {
			return
		}
		deliveries, err := r.connection.receive(ctx, max)
		r.hold(deliveries)
		for _, delivery := range deliveries {
			r.offer(ctx, delivery)
		}
		switch {
		case err == nil && ctx.Err() == nil:
		case ctx.Err() != nil:
			return
		case errors.Is(err, io.EOF):
			// What the host has no room for now is still to come.
			select {
			case <-r.settled():
				r.out.end(nil)
			case <-ctx.Done():
			}
			return
		default:
			r.out.end(AsError(err, ReceiveFailed))
			return
		}
	}
}

// wait returns true once ready holds, false when the context ends. ready is called under the lock.
func (r *receiver) wait(ctx context.Context, ready func() bool) bool {
	r.mu.Lock()
	for !ready() {
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
		r.mu.Lock()
	}
	r.mu.Unlock()
	return true
}

func (r *receiver) change() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// room waits for credit and returns for how many messages there is some.
func (r *receiver) room(ctx context.Context) (int, bool) {
	room := 0
	ok := r.wait(ctx, func() bool {
		room = int(r.messages)
		return r.messages > 0 && (r.bytes > 0 || len(r.unsettled) == 0)
	})
	if room > batchMessages {
		room = batchMessages
	}
	return room, ok
}

// hold keeps messages that the source has handed out.
func (r *receiver) hold(deliveries []*Delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, delivery := range deliveries {
		r.keepWaiting(delivery)
	}
}

func (r *receiver) keepWaiting(delivery *Delivery) {
	r.held++
	r.waiting[delivery] = r.held
}

// offer sends a held message to the host when there is credit for it.
func (r *receiver) offer(ctx context.Context, delivery *Delivery) {
	size := int64(len(delivery.Message.Payload))
	if uint64(size) > r.maxPayload {
		r.mu.Lock()
		delete(r.waiting, delivery)
		r.change()
		r.mu.Unlock()
		delivery.settle(Receipt{Outcome: Invalid, Reason: "the payload is larger than the host takes"})
		return
	}
	r.wait(ctx, func() bool {
		_, held := r.waiting[delivery]
		if !held {
			return true
		}
		if r.messages < 1 || (r.bytes < size && !(size > r.window && len(r.unsettled) == 0)) {
			return false
		}
		r.messages--
		r.bytes -= size
		r.sequence++
		delete(r.waiting, delivery)
		r.unsettled[r.sequence] = delivery
		r.out.addReceived(incomingToWire(r.sequence, delivery))
		return true
	})
}

func (r *receiver) credit(credit *wire.Credit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages += int64(credit.GetMessages())
	r.bytes += int64(credit.GetBytes())
	if r.bytes > r.window {
		r.window = r.bytes
	}
	r.change()
}

func (r *receiver) settle(receipts []*wire.Receipt) {
	type final struct {
		delivery *Delivery
		receipt  Receipt
	}
	var finals []final
	r.mu.Lock()
	for _, wired := range receipts {
		delivery := r.unsettled[wired.GetSequence()]
		if delivery == nil {
			continue
		}
		delete(r.unsettled, wired.GetSequence())
		receipt := receiptFromWire(wired)
		if receipt.keeps() && !delivery.SenderKeeps {
			r.keepWaiting(delivery)
			r.offerLater(delivery, pauseOf(receipt))
		} else {
			finals = append(finals, final{delivery, receipt})
		}
	}
	r.change()
	r.mu.Unlock()
	for _, final := range finals {
		final.delivery.settle(final.receipt)
	}
}

// offerLater ends by itself with the stream: close takes the message away, and nothing is left to offer.
func (r *receiver) offerLater(delivery *Delivery, pause time.Duration) {
	time.AfterFunc(pause, func() { r.offer(context.Background(), delivery) })
}

// settled returns what closes when every message has its receipt. It holds a goroutine until then, or until close.
func (r *receiver) settled() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		r.wait(context.Background(), func() bool { return r.closed || len(r.unsettled)+len(r.waiting) == 0 })
		close(done)
	}()
	return done
}

// close returns the messages without a receipt, oldest first.
func (r *receiver) close() []*Delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	numbers := make([]uint64, 0, len(r.unsettled))
	for number := range r.unsettled {
		numbers = append(numbers, number)
	}
	sort.Slice(numbers, func(i, j int) bool { return numbers[i] < numbers[j] })
	var open []*Delivery
	for _, number := range numbers {
		open = append(open, r.unsettled[number])
	}
	var waiting []*Delivery
	for delivery := range r.waiting {
		waiting = append(waiting, delivery)
	}
	sort.Slice(waiting, func(i, j int) bool { return r.waiting[waiting[i]] < r.waiting[waiting[j]] })
	open = append(open, waiting...)
	r.unsettled, r.waiting = map[uint64]*Delivery{}, map[*Delivery]uint64{}
	r.change()
	return open
}
