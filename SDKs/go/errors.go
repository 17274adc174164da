package connector

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Code is the kind of an Error.
type Code string

// The codes that hosts know; a connector may have words of its own.
const (
	InvalidConfig    Code = "INVALID_CONFIG"
	ConnectionFailed Code = "CONNECTION_FAILED"
	SendFailed       Code = "SEND_FAILED"
	ReceiveFailed    Code = "RECEIVE_FAILED"
	Timeout          Code = "TIMEOUT"
	// Rejected: the peer looked at the message and will never take it.
	Rejected     Code = "REJECTED"
	RateLimited  Code = "RATE_LIMITED"
	Unauthorized Code = "UNAUTHORIZED"
	Unsupported  Code = "UNSUPPORTED"
	Cancelled    Code = "CANCELLED"
)

// Error is why a connector could not do what it was asked.
type Error struct {
	Code Code
	// Message is plain words, without payload or secret.
	Message string
	// Recoverable says whether the same attempt may succeed later.
	Recoverable bool
	// RetryAfter is what the peer asked for, such as HTTP's Retry-After.
	RetryAfter time.Duration
}

// Error returns the message and the code.
func (e *Error) Error() string { return fmt.Sprintf("%s [%s]", e.Message, e.Code) }

// NewError makes an error that trying again does not help.
func NewError(code Code, format string, arguments ...interface{}) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

// NewRecoverable makes an error that trying again may help.
func NewRecoverable(code Code, format string, arguments ...interface{}) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, arguments...), Recoverable: true}
}

// AsError returns err as an *Error: itself, or the one it wraps; Timeout or Cancelled for a context that ended; or a
// recoverable one with the given code.
func AsError(err error, code Code) *Error {
	var typed *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &typed):
		return typed
	case errors.Is(err, context.DeadlineExceeded):
		return NewRecoverable(Timeout, "no answer in time")
	case errors.Is(err, context.Canceled):
		return NewRecoverable(Cancelled, "given up by the host")
	}
	return NewRecoverable(code, "%s", err.Error())
}
