"""What bounds a connector's dealings with its host. Times are in seconds, sizes in bytes."""

PROTOCOL_VERSION = 1
"""The version of the connector contract that this package speaks."""

MESSAGE_LENGTH = 64 << 20
"""The longest gRPC message in either direction."""

DEFAULT_INLINE = 1 << 20
DEFAULT_PAYLOAD = 256 << 20
"""What holds where the host names no limit of its own."""

WINDOW_MESSAGES = 1024
WINDOW_BYTES = 32 << 20
"""What the host may have under way to one connection."""

BATCH_MESSAGES = 512
"""How many messages go into one frame at most."""

POLL_MESSAGES = 256
"""How many messages one unary Receive answers with at most."""

RECEIVE_TURN = 0.25
"""How long one call of `Connector.receive` may wait, so that the connector can be stopped."""

OFFER_PAUSE = 1.0
SHORTEST_PAUSE = 0.01
"""How long a message that the host had no room for waits: where the host names no time, and at least."""

FINISH_GRACE = 2.0
"""How long receipts are still awaited after the host has said that it finishes."""

END_GRACE = 3.0
"""How long connections may take to close when the process is to end."""

BROKER_TIMEOUT = 5.0
"""How long one waits for a connection that the host is to offer."""

PARENT_CHECK = 1.0
"""How often the process looks whether its host is still there."""

SERVER_THREADS = 64
"""Calls and streams of the host at once."""
