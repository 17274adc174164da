package main

import "ropewalk.dev/ropewalk"

func init() { ropewalk.Handle(process) }

// process looks at each message and says what becomes of it.
func process(message ropewalk.Message) (ropewalk.Outcome, error) {
	if len(message.Payload()) == 0 {
		return ropewalk.Drop(), nil // an empty message ends here
	}
	// A converter answers another payload: ropewalk.Replace(bytes.ToUpper(message.Payload())), nil
	// To fail the message: ropewalk.Drop(), ropewalk.Reject("TOO_OLD", "the order is from last year")
	return ropewalk.Pass(), nil
}

// main is never called, but a program needs one.
func main() {}
