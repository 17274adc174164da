// Command go-peer is a connector for tests: it tries what the host offers, and writes down what comes of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	connector "github.com/ropewalk/ropewalk/SDKs/go"
)

func main() {
	connector.ServeFactory(func() connector.ConnectionNode { return &peer{} })
}

// settings: the file that is written to, and the name of the secret that is asked for.
type settings struct {
	Journal string `json:"journal"`
	Ask     string `json:"ask"`
}

type peer struct{ connector.Unreceivable }

func (*peer) Metadata() connector.PluginMetadata {
	return connector.PluginMetadata{
		ID: "go-peer", Name: "go-peer", Version: "1.2.3", SupportedTypes: []string{"peer"}, Description: "For tests",
	}
}

func (*peer) Validate(context.Context, connector.ConnectionConfig) []connector.ConfigProblem {
	return nil
}

func (*peer) Connect(ctx context.Context, config connector.ConnectionConfig) error {
	var s settings
	if err := config.DecodeSettings(&s); err != nil {
		return err
	}
	journal, err := os.OpenFile(s.Journal, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return connector.NewRecoverable(connector.ConnectionFailed, "the journal cannot be opened")
	}
	defer journal.Close()
	host := connector.HostFrom(ctx)
	secret, err := host.GetSecret(ctx, s.Ask)
	var refused *connector.Error
	if errors.As(err, &refused) {
		fmt.Fprintln(journal, "refused", refused.Code)
	} else if err == nil {
		fmt.Fprintf(journal, "secret of %d bytes\n", len(secret))
		if err := host.Log(ctx, connector.Warn, "the secret is "+secret, map[string]string{"given": secret}); err != nil {
			return err
		}
	}
	metric := connector.Metric{Kind: connector.Counter, Name: "peer_asked", Value: 1, Labels: map[string]string{"secret": s.Ask}}
	if err := host.RecordMetric(ctx, metric); err != nil {
		return err
	}
	own, err := host.GetConfiguration(ctx)
	fmt.Fprintln(journal, "configured as", own.Name)
	return err
}

func (*peer) Disconnect(context.Context) error { return nil }

func (*peer) Send(context.Context, *connector.Message) error { return nil }

func (*peer) Health(context.Context) error { return nil }
