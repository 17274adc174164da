// Package ropewalk is for writing steps of Ropewalk integrations in Go.
//
// A step is one function, handed over when the program starts:
//
//	package main
//
//	import "ropewalk.dev/ropewalk"
//
//	func init() { ropewalk.Handle(process) }
//
//	func process(message ropewalk.Message) (ropewalk.Outcome, error) {
//		if len(message.Payload()) == 0 {
//			return ropewalk.Drop(), nil
//		}
//		return ropewalk.Pass(), nil
//	}
//
//	func main() {}
//
// `ropewalk plugin build` compiles it as a WASI reactor. A host function that is not used is not imported, so a step
// needs to be granted only what it uses.
package ropewalk

import "errors"

var handler = func(Message) (Outcome, error) {
	return Outcome{}, errors.New("the guest has no function: call ropewalk.Handle in init")
}

// Handle sets the function that looks at each message. Call it in init: main is never called.
func Handle(process func(Message) (Outcome, error)) { handler = process }

// Outcome is what becomes of a message. The zero Outcome is Pass.
type Outcome struct {
	isDropped   bool
	isReplaced  bool
	payload     []byte
	contentType string
}

// Pass lets the message go on unchanged.
func Pass() Outcome { return Outcome{} }

// Drop ends the message here, filtered.
func Drop() Outcome { return Outcome{isDropped: true} }

// Replace lets the message go on with another payload of the same media type.
func Replace(payload []byte) Outcome { return Outcome{isReplaced: true, payload: payload} }

// ReplaceAs lets the message go on with another payload of another media type, such as application/json.
func ReplaceAs(payload []byte, contentType string) Outcome {
	return Outcome{isReplaced: true, payload: payload, contentType: contentType}
}

// Rejection is an error that fails the message with a code of the step's own. The code needs RaiseError; without it the
// message fails all the same, with the code left out.
type Rejection struct {
	Code        string
	Message     string
	Recoverable bool // the same message may succeed when it comes again
}

func (rejection *Rejection) Error() string { return rejection.Message }

// Reject makes an error that fails the message.
func Reject(code, message string) error { return &Rejection{Code: code, Message: message} }

// What the host answers when it does not do what it was asked for; any other error carries the host's reason.
var (
	ErrDenied   = errors.New("the step was not granted the capability")
	ErrTooLarge = errors.New("a size limit of the step is reached")
)
