//go:build wasip1

package ropewalk

import (
	"errors"
	"runtime"
)

const (
	statusOK       = 0
	statusNotFound = -1
	statusDenied   = -2
	statusError    = -3
)

const (
	fieldHeader        = 0
	fieldHeaders       = 1
	fieldMetadata      = 2
	fieldMetadataAll   = 3
	fieldCustomerID    = 4
	fieldIntegrationID = 5
	fieldSetting       = 6
	fieldSettings      = 7
	fieldContentType   = 10
)

// Level says how much a line of the log matters.
type Level uint32

const (
	Trace Level = iota
	Debug
	Info
	Warning
	Error
)

// Log writes a line to the host's log under the step's name; it needs Log.
func Log(level Level, line string) {
	address, length := text(line)
	hostLog(uint32(level), address, length)
}

// Setting answers a key of the step's config.settings: strings bare, everything else as JSON.
func Setting(key string) (value string, exists bool) {
	value, exists, _ = field(fieldSetting, key)
	return value, exists
}

// Settings answers all of config.settings as a JSON object.
func Settings() string { return knownField(fieldSettings, "") }

// Transform answers what a built-in function such as xml-to-json makes of the input. The options are a JSON object, or
// empty. It needs Transform.
func Transform(name, options string, input []byte) ([]byte, error) {
	nameText, nameLength := text(name)
	optionsText, optionsLength := text(options)
	inputBytes, inputLength := bytes(input)
	status := transform(nameText, nameLength, optionsText, optionsLength, inputBytes, inputLength)
	runtime.KeepAlive(input)
	return answer(status)
}

// Validate checks JSON against a JSON Schema, and answers the violations as a JSON list of {"instance": pointer,
// "schema": pointer, "message": text}; it is empty where the JSON fits. It needs Validate.
func Validate(schema string, json []byte) (violations string, err error) {
	schemaText, schemaLength := text(schema)
	jsonBytes, jsonLength := bytes(json)
	status := validate(schemaText, schemaLength, jsonBytes, jsonLength)
	runtime.KeepAlive(json)
	if status == statusOK {
		return "", nil
	}
	result, err := answer(status)
	return string(result), err
}

// HTTPCall makes an HTTP call. The request is JSON: {"method","url","headers":{…},"body":text}, or "bodyBase64"; so is
// the response: {"status","headers":{…},"body":text}, or "bodyBase64" where the body is not UTF-8. It needs HTTPCall.
func HTTPCall(request string) (response string, err error) {
	result, err := answer(httpCall(text(request)))
	return string(result), err
}

func field(which uint32, key string) (value string, exists bool, err error) {
	keyText, keyLength := text(key)
	status := hostField(which, keyText, keyLength)
	if status == statusNotFound {
		return "", false, nil
	}
	result, err := answer(status)
	return string(result), err == nil, err
}

func knownField(which uint32, key string) string {
	value, _, _ := field(which, key)
	return value
}

// The answer to a call that gave a length or a status.
func answer(status int32) ([]byte, error) {
	switch {
	case status >= 0:
		return result(status), nil
	case status == statusDenied:
		return nil, ErrDenied
	case status == statusError:
		return nil, errors.New(string(result(resultRead(nil, 0))))
	default:
		return nil, ErrTooLarge
	}
}

// The host's last result.
func result(length int32) []byte {
	result := make([]byte, length)
	resultRead(bytes(result))
	return result
}
