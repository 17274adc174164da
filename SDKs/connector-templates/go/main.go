// Command {{name}} is a connector for Ropewalk.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	connector "github.com/ropewalk/ropewalk/SDKs/go"
)

func main() {
	// Each connection gets a node of its own.
	connector.ServeFactory(func() connector.ConnectionNode { return &lines{} })
}

// settings are the `config` of an integration.
type settings struct {
	Path string `json:"path"`
}

const schema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {"path": {"type": "string", "description": "the file"}},
  "required": ["path"],
  "additionalProperties": false
}`

// lookAgain is how often the end of the file is looked at for more.
const lookAgain = 100 * time.Millisecond

// lines is one connection.
type lines struct {
	settings settings

	writing sync.Mutex
	out     *os.File

	in     *os.File
	reader *bufio.Reader
	offset int64
	// partial is a line whose end has not come yet.
	partial []byte
}

func (l *lines) Metadata() connector.PluginMetadata {
	return connector.PluginMetadata{
		ID: "{{name}}", Name: "{{name}}", Version: "0.1.0", SupportedTypes: []string{"{{name}}"},
		Description: "The lines of a file, both ways.", Author: "you",
		Capabilities: []connector.Capability{connector.Bidirectional}, ConfigSchema: schema,
	}
}

// Validate says everything that is wrong, and opens nothing.
func (l *lines) Validate(_ context.Context, config connector.ConnectionConfig) []connector.ConfigProblem {
	var s settings
	if err := config.DecodeSettings(&s); err != nil {
		return connector.ProblemsOf(err)
	}
	if s.Path == "" {
		return []connector.ConfigProblem{{Path: []string{"path"}, Message: "is missing", Remedy: "name a file"}}
	}
	return nil
}

func (l *lines) Connect(_ context.Context, config connector.ConnectionConfig) (err error) {
	if err := config.DecodeSettings(&l.settings); err != nil {
		return err
	}
	if config.Outgoing {
		if l.out, err = os.OpenFile(l.settings.Path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644); err != nil {
			return connector.NewRecoverable(connector.ConnectionFailed, "%s", err)
		}
	}
	if config.Incoming {
		if l.in, err = os.OpenFile(l.settings.Path, os.O_RDONLY|os.O_CREATE, 0o644); err != nil {
			return connector.NewRecoverable(connector.ConnectionFailed, "%s", err)
		}
	}
	return nil
}

func (l *lines) Disconnect(context.Context) error {
	for _, file := range []*os.File{l.out, l.in} {
		if file != nil {
			file.Close()
		}
	}
	return nil
}

// Send returns when the message is on disk. It is called from many goroutines at once.
func (l *lines) Send(_ context.Context, message *connector.Message) error {
	if bytes.ContainsRune(message.Payload, '\n') {
		return connector.NewError(connector.Rejected, "the payload has a line break")
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	if _, err := l.out.Write(append(append([]byte{}, message.Payload...), '\n')); err != nil {
		return connector.NewRecoverable(connector.SendFailed, "%s", err)
	}
	if err := l.out.Sync(); err != nil {
		return connector.NewRecoverable(connector.SendFailed, "%s", err)
	}
	return nil
}

// Resume goes to where the host has everything before.
func (l *lines) Resume(_ context.Context, position []byte) error {
	l.offset, l.partial = 0, nil
	if len(position) > 0 {
		offset, err := strconv.ParseInt(string(position), 10, 64)
		if err != nil {
			return connector.NewError(connector.ReceiveFailed, "the position is none of this connector's")
		}
		l.offset = offset
	}
	if _, err := l.in.Seek(l.offset, io.SeekStart); err != nil {
		return connector.NewRecoverable(connector.ReceiveFailed, "%s", err)
	}
	l.reader = bufio.NewReader(l.in)
	return nil
}

// Receive waits for the next whole line.
func (l *lines) Receive(ctx context.Context) (*connector.Delivery, error) {
	for {
		part, err := l.reader.ReadBytes('\n')
		l.partial = append(l.partial, part...)
		if err == nil {
			break
		}
		if !errors.Is(err, io.EOF) {
			return nil, connector.NewRecoverable(connector.ReceiveFailed, "%s", err)
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	line := l.partial
	l.partial = nil
	// The same line is the same message, however often it is read.
	id := fmt.Sprintf("%s@%d", l.settings.Path, l.offset)
	l.offset += int64(len(line))
	return &connector.Delivery{
		Message:  &connector.Message{ID: id, Payload: line[:len(line)-1], ContentType: "text/plain", Timestamp: time.Now()},
		Position: []byte(strconv.FormatInt(l.offset, 10)),
	}, nil
}

// Health returns what is wrong; the host asks now and then.
func (l *lines) Health(context.Context) error { return nil }
