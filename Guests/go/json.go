//go:build wasip1

package ropewalk

import (
	"encoding/json"
	"errors"
)

// MaxJSONDepth is how deep JSON may be nested that JSON reads.
const MaxJSONDepth = 512

// ErrTooDeep is JSON nested deeper than MaxJSONDepth.
var ErrTooDeep = errors.New("the JSON is nested deeper than 512 levels")

// JSON reads the payload into value as json.Unmarshal does. That calls itself for each level, up to 10,000, which is more
// than the stack of a guest holds: what is nested deeper than MaxJSONDepth is refused here, where it would end the guest.
func (message Message) JSON(value any) error {
	// Most texts have fewer brackets than that, which is quickly counted.
	if openings(message.payload) > MaxJSONDepth && depth(message.payload) > MaxJSONDepth {
		return ErrTooDeep
	}
	return json.Unmarshal(message.payload, value)
}

// openings counts [ and {, which differ in one bit, wherever they are.
func openings(text []byte) int {
	count := 0
	for _, character := range text {
		if character|0x20 == '{' {
			count++
		}
	}
	return count
}

// depth counts the deepest nesting of brackets outside strings; it need not know whether the text is JSON.
func depth(text []byte) int {
	level, deepest, isInString := 0, 0, false
	for index := 0; index < len(text); index++ {
		switch text[index] {
		case '"':
			isInString = !isInString
		case '\\':
			if isInString {
				index++
			}
		case '[', '{':
			if !isInString {
				level++
				deepest = max(deepest, level)
			}
		case ']', '}':
			if !isInString {
				level--
			}
		}
	}
	return deepest
}
