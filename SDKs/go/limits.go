package connector

import "time"

// What bounds a connector's dealings with its host.
const (
	// maxMessageLength is the longest gRPC message in either direction, in bytes.
	maxMessageLength = 64 << 20
	// defaultInline and defaultPayload hold where the host names no limit of its own, in bytes.
	defaultInline  = 1 << 20
	defaultPayload = 256 << 20
	// sendWindowMessages and sendWindowBytes are what the host may have under way to one connection.
	sendWindowMessages = 1024
	sendWindowBytes    = 32 << 20
	// batchMessages is how many messages go into one frame at most.
	batchMessages = 512
	// pollMessages is how many messages one unary Receive answers with at most.
	pollMessages = 256
	// pollLinger is how long a unary Receive waits for a further message once it has one.
	pollLinger = 2 * time.Millisecond
	// offerPause is how long a message that the host had no room for waits, where the host names no time.
	offerPause = time.Second
	// shortestPause keeps a host from making the connector spin.
	shortestPause = 10 * time.Millisecond
	// finishGrace is how long receipts are still awaited after the host has said that it finishes.
	finishGrace = 2 * time.Second
	// endGrace is how long connections may take to close when the process is to end.
	endGrace = 3 * time.Second
	// parentCheck is how often the process looks whether its host is still there.
	parentCheck = time.Second
)
