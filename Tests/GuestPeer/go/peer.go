// Asks the host what the payload says: the first line names a function of the SDK, the others are its arguments. Answers
// with what it got.
package main

import (
	"errors"
	"strconv"
	"strings"

	"ropewalk.dev/ropewalk"
)

func init() { ropewalk.Handle(process) }

func process(message ropewalk.Message) (ropewalk.Outcome, error) {
	lines := append(strings.Split(string(message.Payload()), "\n"), "", "", "")
	switch lines[0] {
	case "replaceAs":
		return ropewalk.ReplaceAs([]byte(lines[1]), lines[2]), nil
	case "reject":
		return ropewalk.Drop(), ropewalk.Reject(lines[1], lines[2])
	case "rejectForNow":
		return ropewalk.Drop(), &ropewalk.Rejection{Code: lines[1], Message: lines[2], Recoverable: true}
	case "drop":
		return ropewalk.Drop(), nil
	case "log":
		level, _ := strconv.Atoi(lines[1])
		ropewalk.Log(ropewalk.Level(level), lines[2])
		return ropewalk.Pass(), nil
	}
	answer, err := ask(message, lines)
	return ropewalk.Replace([]byte(answer)), err
}

func ask(message ropewalk.Message, lines []string) (string, error) {
	switch lines[0] {
	case "header":
		return known(message.Header(lines[1])), nil
	case "headers":
		return message.Headers(), nil
	case "contentType":
		return message.ContentType(), nil
	case "metadata":
		value, exists, err := message.Metadata(lines[1])
		return known(value, exists), err
	case "allMetadata":
		return message.AllMetadata()
	case "customerID":
		return message.CustomerID()
	case "integrationID":
		return message.IntegrationID()
	case "setting":
		return known(ropewalk.Setting(lines[1])), nil
	case "settings":
		return ropewalk.Settings(), nil
	case "transform":
		result, err := ropewalk.Transform(lines[1], lines[2], []byte(lines[3]))
		return string(result), err
	case "validate":
		return ropewalk.Validate(lines[1], []byte(lines[2]))
	case "httpCall":
		return ropewalk.HTTPCall(lines[1])
	case "replace":
		return lines[1], nil
	case "panic":
		panic(lines[1])
	}
	return "", errors.New("the peer knows no such question")
}

func known(value string, exists bool) string {
	if !exists {
		return "none"
	}
	return value
}

func main() {}
