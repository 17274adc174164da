"""The interface that a connector implements."""

from __future__ import annotations

from .errors import Code, ConnectorError
from .host import Host
from .model import ConfigProblem, ConnectionConfig, Delivery, Message, PluginMetadata


class Connector:
    """One connection to the outside: incoming, outgoing or both.

    The host calls `validate`, then `connect`, then `send` from up to `concurrent_sends` threads at once and `receive`
    again and again from one thread, then `disconnect`. What these raise should be a `ConnectorError`; anything else
    counts as a recoverable failure and goes to the log. No error may contain a payload or a secret.

    Three further methods may be there:

    - `send_batch(messages) -> list[ConnectorError | None]` delivers several messages and answers for each, in order. It
      is called by one thread at a time.
    - `receive_batch(limit, timeout) -> list[Delivery]` hands out several messages, at most `limit`.
    - `resume(position: bytes)` is called before the first `receive` after the host has come: the next message is the one
      after the position of the last one that the host has for good, or the first one when it is empty. Without it, the
      package itself keeps every message until the host has taken it.
    """

    concurrent_sends = 16
    host: Host
    """The host's functions; set before `connect`."""

    def metadata(self) -> PluginMetadata:
        raise NotImplementedError

    def validate(self, config: ConnectionConfig) -> list[ConfigProblem]:
        """Everything that is wrong with a configuration, nothing when it is usable. Opens nothing."""
        return []

    def connect(self, config: ConnectionConfig) -> None:
        """Acquires what the connection needs. Called once between two calls of `disconnect`."""

    def disconnect(self) -> None:
        """Releases everything."""

    def send(self, message: Message) -> None:
        """Delivers one message and returns when the destination has it."""
        raise ConnectorError(Code.UNSUPPORTED, "this connector cannot be used as outgoing")

    def receive(self, timeout: float) -> Delivery | None:
        """Waits for the next message for at most so many seconds; none when there was none.

        Raises `EndOfSource` when nothing more will come.
        """
        raise ConnectorError(Code.UNSUPPORTED, "this connector cannot be used as incoming")

    def health(self) -> str:
        """What is wrong with the connection, in plain words; empty for nothing."""
        return ""
