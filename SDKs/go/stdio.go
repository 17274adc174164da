package connector

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	hclog "github.com/hashicorp/go-hclog"
)

// Standard output carries go-plugin's handshake and nothing else. Under a host, whatever the program prints before
// goes to standard error, which is the log.
var (
	handshakeOutput = os.Stdout
	logOutput       = os.Stderr
)

func init() {
	if os.Getenv(cookieKey) == cookieValue {
		os.Stdout = os.Stderr
	}
}

// sendHandshake gives go-plugin a standard output for its handshake, and passes that on with our certificate in its
// sixth field: go-plugin fills it in only for certificates of its own.
func sendHandshake(certificate []byte) error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	os.Stdout = writer
	go func() {
		line, err := bufio.NewReader(reader).ReadString('\n')
		if err == nil {
			fmt.Fprintln(handshakeOutput, completeHandshake(strings.TrimSuffix(line, "\n"), certificate))
		}
	}()
	return nil
}

func completeHandshake(line string, certificate []byte) string {
	fields := strings.Split(line, "|")
	if len(certificate) == 0 || len(fields) < 5 {
		return line
	}
	if len(fields) == 5 {
		fields = append(fields, "")
	}
	fields[5] = base64.RawStdEncoding.EncodeToString(certificate)
	return strings.Join(fields, "|")
}

// printing moves what the program prints after the handshake to the log. go-plugin puts pipes in place of both
// standard streams, and its older versions do not read them: a program that prints much would stop.
type printing struct {
	once   sync.Once
	logger hclog.Logger
}

// capture is called with the host's first call, when go-plugin has put its pipes in place.
func (p *printing) capture() {
	p.once.Do(func() {
		os.Stderr = logOutput
		reader, writer, err := os.Pipe()
		if err != nil {
			os.Stdout = logOutput
			return
		}
		os.Stdout = writer
		go p.log(reader)
	})
}

func (p *printing) log(reader io.Reader) {
	lines := bufio.NewReaderSize(reader, 64<<10)
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			return
		}
		p.logger.Debug(string(line), "printed", true)
	}
}
