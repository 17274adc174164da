// Lets orders over 1,000 pass.
package main

import (
	"encoding/json"
	"errors"

	"ropewalk.dev/ropewalk"
)

func init() { ropewalk.Handle(process) }

func process(message ropewalk.Message) (ropewalk.Outcome, error) {
	var order map[string]json.RawMessage
	err := message.JSON(&order)
	if otherKind := (*json.UnmarshalTypeError)(nil); errors.As(err, &otherKind) {
		return ropewalk.Drop(), nil
	}
	if err != nil {
		return ropewalk.Drop(), ropewalk.Reject("NOT_JSON", "the order is not JSON")
	}
	var amount float64
	if json.Unmarshal(order["amount"], &amount) == nil && amount > 1000 {
		return ropewalk.Pass(), nil
	}
	return ropewalk.Drop(), nil
}

func main() {}
