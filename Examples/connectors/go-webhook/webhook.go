package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	connector "github.com/ropewalk/ropewalk/SDKs/go"
)

// What bounds the connector besides its settings.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 30 * time.Second
	idleTimeout   = 60 * time.Second
	stopTimeout   = 2 * time.Second
	// maxWaiting is how many requests may wait for the host to ask for them.
	maxWaiting = 256
	// answerTimeout is how long a request waits for the host's word.
	answerTimeout = 30 * time.Second
)

// webhook is one endpoint.
type webhook struct {
	connector.Unsendable
	settings *settings
	server   *http.Server
	waiting  chan *connector.Delivery
}

func (w *webhook) Metadata() connector.PluginMetadata {
	return connector.PluginMetadata{
		ID: "github.com/ropewalk/examples/go-webhook", Name: "go-webhook", Version: "1.0.0", SupportedTypes: []string{"http-webhook"},
		Description: "Takes HTTP requests and makes a message of each.", Author: "Ropewalk",
		Documentation: "https://github.com/ropewalk/ropewalk/tree/main/Examples/connectors/go-webhook",
		Capabilities:  []connector.Capability{connector.TLS}, ConfigSchema: schema,
	}
}

func (w *webhook) Validate(_ context.Context, config connector.ConnectionConfig) []connector.ConfigProblem {
	_, problems := readSettings(config)
	return problems
}

func (w *webhook) Connect(_ context.Context, config connector.ConnectionConfig) error {
	s, problems := readSettings(config)
	if len(problems) > 0 {
		return connector.NewError(connector.InvalidConfig, "%s", problems[0].Message)
	}
	listener, err := listen(s)
	if err != nil {
		return err
	}
	w.settings, w.waiting = s, make(chan *connector.Delivery, maxWaiting)
	w.server = &http.Server{
		Handler: http.HandlerFunc(w.take), ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout + bodyTimeout,
		IdleTimeout: idleTimeout, ErrorLog: connector.Logger().StandardLogger(nil),
	}
	go w.server.Serve(listener)
	connector.Logger().Info("listening", "address", listener.Addr().String(), "endpoint", s.Endpoint)
	return nil
}

func listen(s *settings) (net.Listener, error) {
	var secured *tls.Config
	if s.TLS != nil {
		pair, err := tls.LoadX509KeyPair(s.TLS.Certificate, s.TLS.Key)
		if err != nil {
			return nil, connector.NewError(connector.InvalidConfig, "the certificate %s and its key cannot be used: %s", s.TLS.Certificate, err)
		}
		secured = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return nil, connector.NewRecoverable(connector.ConnectionFailed, "cannot listen on %s: %s", s.Listen, err)
	}
	if secured != nil {
		listener = tls.NewListener(listener, secured)
	}
	return listener, nil
}

// Disconnect takes no new requests; those that wait have been answered already, or are in a moment.
func (w *webhook) Disconnect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	for drained := false; !drained; {
		select {
		case delivery := <-w.waiting:
			delivery.Settled(connector.Receipt{Outcome: connector.Unavailable, Reason: "the endpoint is closing", RetryAfter: time.Second})
		default:
			drained = true
		}
	}
	if err := w.server.Shutdown(ctx); err != nil {
		return w.server.Close()
	}
	return nil
}

func (w *webhook) Receive(ctx context.Context) (*connector.Delivery, error) {
	select {
	case delivery := <-w.waiting:
		return delivery, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (w *webhook) Health(context.Context) error { return nil }

// take answers one request: with the host's word on its message, or with what is wrong with it.
func (w *webhook) take(out http.ResponseWriter, r *http.Request) {
	if r.URL.Path != w.settings.Endpoint {
		refuse(out, http.StatusNotFound, "webhook.not-found", "no endpoint has this path", 0)
		return
	}
	if !contains(w.settings.Methods, r.Method) {
		out.Header().Set("Allow", strings.Join(w.settings.Methods, ", "))
		refuse(out, http.StatusMethodNotAllowed, "webhook.method-not-allowed", "the endpoint takes "+strings.Join(w.settings.Methods, ", "), 0)
		return
	}
	message, err := makeMessage(w.settings, out, r)
	if err != nil {
		var refused *refusal
		if errors.As(err, &refused) {
			refuse(out, refused.status, refused.code, refused.message, 0)
		} else {
			refuse(out, http.StatusServiceUnavailable, "webhook.unavailable", err.Error(), time.Second)
		}
		return
	}
	answer(out, message.ID, w.hand(message))
}

// hand gives a message to the host and waits for its word.
func (w *webhook) hand(message *connector.Message) connector.Receipt {
	receipts := make(chan connector.Receipt, 1)
	delivery := &connector.Delivery{
		Message: message, SenderKeeps: true, Settled: func(receipt connector.Receipt) { receipts <- receipt },
	}
	select {
	case w.waiting <- delivery:
	default:
		return connector.Receipt{Outcome: connector.Full, Reason: "too many requests wait already", RetryAfter: time.Second}
	}
	timeout := time.NewTimer(answerTimeout)
	defer timeout.Stop()
	select {
	case receipt := <-receipts:
		return receipt
	case <-timeout.C:
		return connector.Receipt{Outcome: connector.Unavailable, Reason: "the host has not answered in time", RetryAfter: time.Second}
	}
}

func contains(list []string, word string) bool {
	for _, item := range list {
		if item == word {
			return true
		}
	}
	return false
}
