//go:build wasip1

package ropewalk

import (
	"errors"
	"runtime"
)

const (
	outcomePass = 0
	outcomeDrop = 1
	outcomeFail = 2
)

// The payload's buffer is used again for the next message, so that a filter leaves the collector nothing to do.
var buffer = make([]byte, 4096)

//go:wasmexport ropewalk_abi_v1
func abiVersion() {}

//go:wasmexport ropewalk_process
func process(length uint32) int32 {
	if int(length) > len(buffer) {
		buffer = make([]byte, length)
	}
	destination, _ := bytes(buffer)
	payloadRead(destination, 0, length)
	outcome, err := handler(Message{payload: buffer[:length:length]})
	if err != nil {
		return report(err)
	}
	return settle(outcome)
}

func settle(outcome Outcome) int32 {
	if outcome.isDropped {
		return outcomeDrop
	}
	if !outcome.isReplaced {
		return outcomePass
	}
	if outcome.contentType != "" && outputContentType(text(outcome.contentType)) != statusOK {
		return report(errors.New("the content type is not printable ASCII of at most 256 bytes"))
	}
	status := outputWrite(bytes(outcome.payload))
	runtime.KeepAlive(outcome.payload)
	if status != statusOK {
		return report(errors.New("the output is larger than the step's maxOutputSize"))
	}
	return outcomePass
}

func report(err error) int32 {
	rejection := &Rejection{Message: err.Error()}
	errors.As(err, &rejection)
	if rejection.say(rejection.Code) == statusDenied {
		rejection.say("")
	}
	return outcomeFail
}

func (rejection *Rejection) say(code string) int32 {
	codeText, codeLength := text(code)
	message, length := text(rejection.Message)
	recoverable := uint32(0)
	if rejection.Recoverable {
		recoverable = 1
	}
	return fail(codeText, codeLength, message, length, recoverable)
}
