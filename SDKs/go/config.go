package connector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// ConnectionConfig is what a connector is told when it connects. Its settings and credentials hold secrets: log neither.
type ConnectionConfig struct {
	ID   string
	Name string
	Type string
	// Settings is the `config` map of the integration file with secrets filled in. DecodeSettings makes a struct of it.
	Settings    map[string]interface{}
	Credentials map[string]string
	// Timeout bounds one attempt to send, and connecting.
	Timeout     time.Duration
	RetryPolicy RetryPolicy
	// Incoming and Outgoing say which ends the host will use.
	Incoming bool
	Outgoing bool
}

// RetryPolicy is how often and how patiently the host tries a failed delivery again.
type RetryPolicy struct {
	MaxRetries        int
	BackoffMultiplier float64
	InitialBackoff    time.Duration
	MaxBackoff        time.Duration
}

// DefaultRetryPolicy is what holds where the integration says nothing.
var DefaultRetryPolicy = RetryPolicy{MaxRetries: 3, BackoffMultiplier: 2, InitialBackoff: time.Second, MaxBackoff: 30 * time.Second}

// DefaultTimeout is what holds where the integration says nothing.
const DefaultTimeout = 30 * time.Second

// ConfigProblem is one thing wrong with a connector's settings.
type ConfigProblem struct {
	// Path is where in the settings: {"tls", "certificate"}; list indexes as decimal numbers; empty for the whole.
	Path    []string
	Message string
	Remedy  string
}

// DecodeSettings fills a struct with `json` tags from the settings. What is there already stays as the default. A
// setting that the struct does not know, or of the wrong type, is an error with the code InvalidConfig.
func (c ConnectionConfig) DecodeSettings(into interface{}) error {
	text, err := json.Marshal(c.Settings)
	if err != nil {
		return NewError(InvalidConfig, "the settings are no JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return NewError(InvalidConfig, describeDecoding(err))
	}
	return nil
}

// describeDecoding says what is wrong without the value.
func describeDecoding(err error) string {
	if wrong, ok := err.(*json.UnmarshalTypeError); ok {
		return fmt.Sprintf("the setting '%s' must be a %s, not a %s", wrong.Field, wrong.Type, strings.Fields(wrong.Value)[0])
	}
	if name := strings.TrimPrefix(err.Error(), "json: unknown field "); name != err.Error() {
		return fmt.Sprintf("there is no setting %s", name)
	}
	return "the settings cannot be read"
}

// ProblemsOf makes the answer of Validate from an error, such as that of DecodeSettings.
func ProblemsOf(err error) []ConfigProblem {
	if err == nil {
		return nil
	}
	return []ConfigProblem{{Message: AsError(err, InvalidConfig).Message}}
}
