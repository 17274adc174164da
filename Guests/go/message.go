package ropewalk

// Message is the message at hand. Only the payload is here; everything else is fetched from the host when it is asked
// for.
type Message struct{ payload []byte }

// Payload is valid until the function returns: copy what is to be kept.
func (message Message) Payload() []byte { return message.payload }

// ContentType is the payload's media type; empty where nobody said it.
func (message Message) ContentType() string { return knownField(fieldContentType, "") }

// Header answers the value of a header; upper and lower case are the same.
func (message Message) Header(name string) (value string, exists bool) {
	value, exists, _ = field(fieldHeader, name)
	return value, exists
}

// Headers answers all headers as JSON: [["name","value"],…].
func (message Message) Headers() string { return knownField(fieldHeaders, "") }

// Metadata answers one of messageID, correlationID, traceID, source, timestamp, contentType; it needs
// GetMessageMetadata.
func (message Message) Metadata(name string) (value string, exists bool, err error) {
	return field(fieldMetadata, name)
}

// AllMetadata answers all of it as a JSON object; it needs GetMessageMetadata, customerID and tenantID in it
// GetCustomerID too, and integrationID GetIntegrationID.
func (message Message) AllMetadata() (string, error) {
	value, _, err := field(fieldMetadataAll, "")
	return value, err
}

// CustomerID needs GetCustomerID.
func (message Message) CustomerID() (string, error) {
	value, _, err := field(fieldCustomerID, "")
	return value, err
}

// IntegrationID needs GetIntegrationID.
func (message Message) IntegrationID() (string, error) {
	value, _, err := field(fieldIntegrationID, "")
	return value, err
}
