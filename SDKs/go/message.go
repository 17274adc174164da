package connector

import (
	"strings"
	"time"
)

// Message is what flows.
type Message struct {
	// ID names the message; a second one with the same ID inside the host's window is taken for a duplicate. Empty on a
	// received message: the package makes one.
	ID          string
	Payload     []byte
	ContentType string
	Metadata    MessageMetadata
	Headers     Headers
	Timestamp   time.Time
}

// MessageMetadata says whose message it is and where it goes. A connector fills in what it knows.
type MessageMetadata struct {
	CustomerID    string
	TenantID      string
	IntegrationID string
	Source        string
	Destination   string
	CorrelationID string
	TraceID       string
}

// Header is one header of a message.
type Header struct{ Name, Value string }

// Headers are in order; a name may come more than once, and its case does not matter.
type Headers []Header

// Get returns the first value of a name, empty when there is none.
func (h Headers) Get(name string) string {
	for _, header := range h {
		if strings.EqualFold(header.Name, name) {
			return header.Value
		}
	}
	return ""
}

// Add appends a value.
func (h *Headers) Add(name, value string) { *h = append(*h, Header{name, value}) }
