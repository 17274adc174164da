package connector

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	wire "github.com/ropewalk/ropewalk/SDKs/go/connectorv1"
)

// Host is what the host does for a connector.
type Host interface {
	// GetSecret returns a secret that was granted to this connection; the code is Unauthorized for any other.
	GetSecret(ctx context.Context, name string) (string, error)
	// Log writes to the host's log, with the connection's name.
	Log(ctx context.Context, level Level, message string, fields map[string]string) error
	// RecordMetric records a value. At most 4 labels, each of at most 100 different values.
	RecordMetric(ctx context.Context, metric Metric) error
	// GetConfiguration returns the connection's configuration as it is now.
	GetConfiguration(ctx context.Context) (ConnectionConfig, error)
}

// Level is the weight of a line in the log.
type Level int

// The levels.
const (
	Debug Level = iota + 1
	Info
	Warn
	ErrorLevel
)

// MetricKind is what a metric's values mean.
type MetricKind int

// The kinds.
const (
	Counter MetricKind = iota + 1
	Gauge
	Histogram
)

// Metric is one value.
type Metric struct {
	Kind   MetricKind
	Name   string
	Value  float64
	Labels map[string]string
}

type hostKey struct{}

// HostFrom returns the host's functions for the connection that a context belongs to. Without a host that offers them,
// each of them returns an error with the code Unsupported.
func HostFrom(ctx context.Context) Host {
	if host, ok := ctx.Value(hostKey{}).(Host); ok {
		return host
	}
	return absentHost{}
}

// withHost adds the host's functions, where there are some.
func withHost(ctx context.Context, host *remoteHost) context.Context {
	if host == nil {
		return ctx
	}
	return context.WithValue(ctx, hostKey{}, host)
}

type absentHost struct{}

var errAbsentHost = NewError(Unsupported, "the host offers no functions to this connection")

func (absentHost) GetSecret(context.Context, string) (string, error)           { return "", errAbsentHost }
func (absentHost) Log(context.Context, Level, string, map[string]string) error { return errAbsentHost }
func (absentHost) RecordMetric(context.Context, Metric) error                  { return errAbsentHost }
func (absentHost) GetConfiguration(context.Context) (config ConnectionConfig, _ error) {
	return config, errAbsentHost
}

// remoteHost calls the host over the broker.
type remoteHost struct {
	client     wire.HostClient
	connection string
	conn       *grpc.ClientConn
}

func newRemoteHost(conn *grpc.ClientConn, connection string) *remoteHost {
	return &remoteHost{client: wire.NewHostClient(conn), connection: connection, conn: conn}
}

// close gives the connection to the host up; a connection without one has nothing to give up.
func (h *remoteHost) close() {
	if h != nil {
		h.conn.Close()
	}
}

func (h *remoteHost) GetSecret(ctx context.Context, name string) (string, error) {
	answer, err := h.client.GetSecret(ctx, &wire.GetSecretRequest{ConnectionId: h.connection, Name: name})
	return answer.GetValue(), hostError(err)
}

func (h *remoteHost) Log(ctx context.Context, level Level, message string, fields map[string]string) error {
	_, err := h.client.Log(ctx, &wire.LogRequest{
		ConnectionId: h.connection, Level: wire.LogRequest_Level(level), Message: message, Fields: fields,
	})
	return hostError(err)
}

func (h *remoteHost) RecordMetric(ctx context.Context, metric Metric) error {
	_, err := h.client.RecordMetric(ctx, &wire.RecordMetricRequest{
		ConnectionId: h.connection, Kind: wire.RecordMetricRequest_Kind(metric.Kind), Name: metric.Name, Value: metric.Value,
		Labels: metric.Labels,
	})
	return hostError(err)
}

func (h *remoteHost) GetConfiguration(ctx context.Context) (ConnectionConfig, error) {
	answer, err := h.client.GetConfiguration(ctx, &wire.GetConfigurationRequest{ConnectionId: h.connection})
	if err != nil {
		return ConnectionConfig{}, hostError(err)
	}
	return configFromWire(answer.GetConfig())
}

func hostError(err error) error {
	switch status.Code(err) {
	case codes.OK:
		return nil
	case codes.PermissionDenied:
		return NewError(Unauthorized, "%s", status.Convert(err).Message())
	case codes.Unimplemented:
		return errAbsentHost
	case codes.DeadlineExceeded:
		return context.DeadlineExceeded
	case codes.Canceled:
		return context.Canceled
	}
	return NewRecoverable(ConnectionFailed, "the host does not answer: %s", status.Convert(err).Message())
}
