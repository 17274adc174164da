package connector

// Capability is a word of PluginMetadata.Capabilities.
type Capability string

// What a connector can do. Streaming is added by this package.
const (
	// Bidirectional: it can be incoming and outgoing.
	Bidirectional Capability = "bidirectional"
	// Retryable: sending a message again does no harm.
	Retryable Capability = "retryable"
	// Batching: it takes or hands out several messages at once.
	Batching  Capability = "batching"
	Streaming Capability = "streaming"
	TLS       Capability = "tls"
	MTLS      Capability = "mtls"
	// SharedProcess: one process may serve connections with different credentials.
	SharedProcess Capability = "shared-process"
)

// PluginMetadata is what a connector says about itself.
type PluginMetadata struct {
	ID   string
	Name string
	// Version is a semantic version.
	Version string
	// ProtocolVersion is filled in by this package.
	ProtocolVersion int
	// SupportedTypes are the `type` words of integration files that the connector answers to.
	SupportedTypes []string
	Description    string
	Author         string
	Documentation  string
	Capabilities   []Capability
	// ConfigSchema is the JSON Schema (2020-12) of the settings, as JSON; empty for none.
	ConfigSchema string
}
