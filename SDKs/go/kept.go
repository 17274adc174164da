package connector

import "sync"

// kept are the messages of a connection that no host has taken yet, while no host is there.
type kept struct {
	mu     sync.Mutex
	closed bool
	list   []*Delivery
}

// put keeps deliveries; those whose sender keeps them are released.
func (k *kept) put(deliveries []*Delivery) {
	var given []*Delivery
	k.mu.Lock()
	for _, delivery := range deliveries {
		if delivery.SenderKeeps || k.closed {
			given = append(given, delivery)
		} else {
			k.list = append(k.list, delivery)
		}
	}
	k.mu.Unlock()
	release(given, "the host has gone")
}

func (k *kept) take() []*Delivery {
	k.mu.Lock()
	defer k.mu.Unlock()
	list := k.list
	k.list = nil
	return list
}

func (k *kept) close() {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	release(k.take(), "the connection was closed")
}

// release tells that no host took the messages.
func release(deliveries []*Delivery, reason string) {
	for _, delivery := range deliveries {
		delivery.settle(Receipt{Outcome: Unavailable, Reason: reason, RetryAfter: offerPause})
	}
}
