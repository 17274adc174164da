"""Why a connector could not do what it was asked."""

from __future__ import annotations


class Code:
    """The codes that hosts know; a connector may have words of its own."""

    INVALID_CONFIG = "INVALID_CONFIG"
    CONNECTION_FAILED = "CONNECTION_FAILED"
    SEND_FAILED = "SEND_FAILED"
    RECEIVE_FAILED = "RECEIVE_FAILED"
    TIMEOUT = "TIMEOUT"
    REJECTED = "REJECTED"
    """The peer looked at the message and will never take it."""
    RATE_LIMITED = "RATE_LIMITED"
    UNAUTHORIZED = "UNAUTHORIZED"
    UNSUPPORTED = "UNSUPPORTED"
    CANCELLED = "CANCELLED"
    INTERNAL = "INTERNAL"
    """The connector raised something else; its log has where."""


class ConnectorError(Exception):
    """What a connector raises. The message is plain words, without payload or secret.

    `recoverable` says whether the same attempt may succeed later; `retry_after`, in seconds, is what the peer asked for.
    """

    def __init__(self, code: str, message: str, *, recoverable: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(f"{message} [{code}]")
        self.code = code
        self.message = message
        self.recoverable = recoverable
        self.retry_after = retry_after


class EndOfSource(Exception):
    """Raised by `Connector.receive` when nothing more will come."""
