package connector

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/golang/protobuf/ptypes/duration"
	"github.com/golang/protobuf/ptypes/timestamp"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

func messageFromWire(m *wire.Message) *Message {
	metadata := m.GetMetadata()
	message := &Message{
		ID: m.GetId(), Payload: m.GetPayload(), ContentType: m.GetContentType(),
		Metadata: MessageMetadata{
			CustomerID: metadata.GetCustomerId(), TenantID: metadata.GetTenantId(), IntegrationID: metadata.GetIntegrationId(),
			Source: metadata.GetSource(), Destination: metadata.GetDestination(),
			CorrelationID: metadata.GetCorrelationId(), TraceID: metadata.GetTraceId(),
		},
	}
	if count := len(m.GetHeaders()); count > 0 {
		message.Headers = make(Headers, 0, count)
		for _, header := range m.Headers {
			message.Headers = append(message.Headers, Header{header.GetName(), header.GetValue()})
		}
	}
	if t := m.GetTimestamp(); t != nil {
		message.Timestamp = time.Unix(t.Seconds, int64(t.Nanos)).UTC()
	}
	return message
}

func messageToWire(m *Message) *wire.Message {
	message := &wire.Message{Id: m.ID, Payload: m.Payload, ContentType: m.ContentType}
	if d := m.Metadata; d != (MessageMetadata{}) {
		message.Metadata = &wire.MessageMetadata{
			CustomerId: d.CustomerID, TenantId: d.TenantID, IntegrationId: d.IntegrationID, Source: d.Source,
			Destination: d.Destination, CorrelationId: d.CorrelationID, TraceId: d.TraceID,
		}
	}
	if len(m.Headers) > 0 {
		message.Headers = make([]*wire.Header, 0, len(m.Headers))
		for _, header := range m.Headers {
			message.Headers = append(message.Headers, &wire.Header{Name: header.Name, Value: header.Value})
		}
	}
	if !m.Timestamp.IsZero() {
		message.Timestamp = &timestamp.Timestamp{Seconds: m.Timestamp.Unix(), Nanos: int32(m.Timestamp.Nanosecond())}
	}
	return message
}

func incomingToWire(sequence uint64, delivery *Delivery) *wire.IncomingMessage {
	if delivery.Message.ID == "" {
		// Offered again, it must be the same message.
		delivery.Message.ID = newMessageID()
	}
	return &wire.IncomingMessage{Sequence: sequence, Message: messageToWire(delivery.Message), Position: delivery.Position}
}

func newMessageID() string {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		panic(err)
	}
	return hex.EncodeToString(random)
}

// configFromWire fails with InvalidConfig when the settings are no JSON object.
func configFromWire(c *wire.ConnectionConfig) (ConnectionConfig, error) {
	config := ConnectionConfig{
		ID: c.GetId(), Name: c.GetName(), Type: c.GetType(), Credentials: c.GetCredentials(),
		Settings: map[string]interface{}{},
		Timeout:  durationFromWire(c.GetTimeout(), DefaultTimeout), RetryPolicy: DefaultRetryPolicy,
		Incoming: c.GetIncoming(), Outgoing: c.GetOutgoing(),
	}
	if policy := c.GetRetryPolicy(); policy != nil {
		config.RetryPolicy = RetryPolicy{
			MaxRetries: int(policy.MaxRetries), BackoffMultiplier: policy.BackoffMultiplier,
			InitialBackoff: durationFromWire(policy.InitialBackoff, DefaultRetryPolicy.InitialBackoff),
			MaxBackoff:     durationFromWire(policy.MaxBackoff, DefaultRetryPolicy.MaxBackoff),
		}
	}
	if text := c.GetSettings(); text != "" {
		if err := json.Unmarshal([]byte(text), &config.Settings); err != nil || config.Settings == nil {
			return config, NewError(InvalidConfig, "the settings must be a JSON object")
		}
	}
	return config, nil
}

func metadataToWire(m PluginMetadata) *wire.PluginMetadata {
	metadata := &wire.PluginMetadata{
		Id: m.ID, Name: m.Name, Version: m.Version, ProtocolVersion: ProtocolVersion, SupportedTypes: m.SupportedTypes,
		Description: m.Description, Author: m.Author, Documentation: m.Documentation, ConfigSchema: m.ConfigSchema,
	}
	streams := false
	for _, capability := range m.Capabilities {
		metadata.Capabilities = append(metadata.Capabilities, string(capability))
		streams = streams || capability == Streaming
	}
	if !streams {
		metadata.Capabilities = append(metadata.Capabilities, string(Streaming))
	}
	return metadata
}

func problemsToWire(problems []ConfigProblem) []*wire.ConfigProblem {
	var out []*wire.ConfigProblem
	for _, problem := range problems {
		out = append(out, &wire.ConfigProblem{Path: problem.Path, Message: problem.Message, Remedy: problem.Remedy})
	}
	return out
}

func errorToWire(e *Error) *wire.Error {
	if e == nil {
		return nil
	}
	out := &wire.Error{Code: string(e.Code), Message: e.Message, Recoverable: e.Recoverable}
	if e.RetryAfter > 0 {
		out.RetryAfter = durationToWire(e.RetryAfter)
	}
	return out
}

func receiptFromWire(r *wire.Receipt) Receipt {
	return Receipt{Outcome: Outcome(r.GetOutcome()), Reason: r.GetReason(), RetryAfter: durationFromWire(r.GetRetryAfter(), 0)}
}

func durationFromWire(d *duration.Duration, otherwise time.Duration) time.Duration {
	if d == nil {
		return otherwise
	}
	return time.Duration(d.Seconds)*time.Second + time.Duration(d.Nanos)
}

func durationToWire(d time.Duration) *duration.Duration {
	return &duration.Duration{Seconds: int64(d / time.Second), Nanos: int32(d % time.Second)}
}
