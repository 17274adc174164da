package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"sort"
	"strings"
	"time"

	connector "github.com/ropewalk/ropewalk/SDKs/go"
)

// refusal is why a request becomes no message.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) Error() string { return r.message }

const longestID = 256

// Names that concern the connection, its framing, or who may speak to us, not the message.
var unkept = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
	"Host": true, "Content-Length": true, "Expect": true, "Authorization": true, "Proxy-Authorization": true, "Cookie": true,
}

// makeMessage reads a request to its end.
func makeMessage(s *settings, w http.ResponseWriter, r *http.Request) (*connector.Message, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.maxBody))
	if err != nil {
		if strings.Contains(err.Error(), "request body too large") {
			return nil, &refusal{http.StatusRequestEntityTooLarge, "webhook.too-large", "the body is larger than maxBodySize"}
		}
		return nil, &refusal{http.StatusRequestTimeout, "webhook.timeout", "the body did not come in time"}
	}
	id, err := identify(s, r, body)
	if err != nil {
		return nil, err
	}
	message := &connector.Message{
		ID: id, Payload: body, ContentType: r.Header.Get("Content-Type"), Timestamp: time.Now(),
		Metadata: connector.MessageMetadata{Source: s.Endpoint, CorrelationID: r.Header.Get("X-Correlation-ID")},
	}
	if message.Metadata.CorrelationID == "" {
		message.Metadata.CorrelationID = id
	}
	if parts := strings.Split(r.Header.Get("Traceparent"), "-"); len(parts) == 4 && len(parts[1]) == 32 {
		message.Metadata.TraceID = parts[1]
	}
	for _, name := range sortedNames(r.Header) {
		if unkept[name] || strings.HasPrefix(name, "Ropewalk-") {
			continue
		}
		for _, value := range r.Header[name] {
			message.Headers.Add(name, value)
		}
	}
	return message, nil
}

func identify(s *settings, r *http.Request, body []byte) (string, error) {
	names := []string{"Idempotency-Key", "Webhook-Id", "X-Github-Delivery"}
	if s.IdempotencyHeader != "" {
		names = []string{s.IdempotencyHeader}
	}
	id, given := "", false
	for i := 0; i < len(names) && !given; i++ {
		if values := r.Header.Values(names[i]); len(values) > 0 {
			id, given = values[0], true
		}
	}
	if s.verifier != nil {
		signed, err := s.verifier(r.Header, body, time.Now())
		if err != nil {
			return "", &refusal{http.StatusUnauthorized, "webhook.signature", err.Error()}
		}
		if signed != "" {
			id, given = signed, true
		}
	}
	if !given {
		return newID()
	}
	if id == "" || len(id) > longestID {
		return "", &refusal{http.StatusBadRequest, "webhook.invalid", "the message id is empty or longer than 256 bytes; send a shorter " + names[0]}
	}
	return id, nil
}

func newID() (string, error) {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return "", errors.New("no random number for the message's id")
	}
	return hex.EncodeToString(random), nil
}

func sortedNames(header http.Header) []string {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
