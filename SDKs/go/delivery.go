package connector

import "time"

// Delivery is a message that a connector received and hands to the host.
type Delivery struct {
	Message *Message

	// Position is where the source goes on once this message and all before it are the host's. Opaque to the host,
	// which gives it back to Resume. Leave it empty for a source without positions.
	Position []byte

	// Settled is told what became of the message: now the source may forget it, or its sender can be answered. It is
	// called once, and must return soon. Nil when nobody needs to know.
	Settled func(Receipt)

	// SenderKeeps says that the message's sender waits for the receipt and keeps what was not accepted, as one does
	// over HTTP. Otherwise the package keeps a message that the host had no room for and offers it again, and Settled
	// hears only of the end.
	SenderKeeps bool
}

// Outcome is what a host says of one message.
type Outcome int

const (
	// Accepted: the host has it for good; forget it.
	Accepted Outcome = iota + 1
	// Duplicate: the host had it already; to its sender the same as Accepted.
	Duplicate
	// Full: a bounded queue is full; the sender keeps it (over HTTP: 429).
	Full
	// Unavailable: the host cannot take messages now, or is gone; the sender keeps it (over HTTP: 503).
	Unavailable
	// Invalid: it can never be taken (over HTTP: 400).
	Invalid
)

// String returns the outcome's name.
func (o Outcome) String() string {
	switch o {
	case Accepted:
		return "accepted"
	case Duplicate:
		return "duplicate"
	case Full:
		return "full"
	case Unavailable:
		return "unavailable"
	case Invalid:
		return "invalid"
	}
	return "unknown"
}

// Receipt is the host's word on one message.
type Receipt struct {
	Outcome Outcome
	// Reason is for the sender, in plain words.
	Reason string
	// RetryAfter is when trying again makes sense.
	RetryAfter time.Duration
}

// Taken says whether the host has the message.
func (r Receipt) Taken() bool { return r.Outcome == Accepted || r.Outcome == Duplicate }

// keeps says whether the message is to be offered again.
func (r Receipt) keeps() bool { return r.Outcome == Full || r.Outcome == Unavailable }

func (d *Delivery) settle(receipt Receipt) {
	if d.Settled != nil {
		d.Settled(receipt)
	}
}
