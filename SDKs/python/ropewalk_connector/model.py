"""What flows between a host and a connector."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Header(NamedTuple):
    name: str
    value: str


class Headers(list[Header]):
    """Headers in order; a name may come more than once, and its case does not matter."""

    def get(self, name: str, default: str = "") -> str:
        """The first value of a name."""
        folded = name.casefold()
        return next((header.value for header in self if header.name.casefold() == folded), default)

    def add(self, name: str, value: str) -> None:
        self.append(Header(name, value))


@dataclass(slots=True)
class MessageMetadata:
    """Whose message it is and where it goes. A connector fills in what it knows."""

    customer_id: str = ""
    tenant_id: str = ""
    integration_id: str = ""
    source: str = ""
    destination: str = ""
    correlation_id: str = ""
    trace_id: str = ""


@dataclass(slots=True)
class Message:
    """What flows. A second message with the same id inside the host's window is taken for a duplicate."""

    payload: bytes = b""
    id: str = ""
    content_type: str = ""
    metadata: MessageMetadata = field(default_factory=MessageMetadata)
    headers: Headers = field(default_factory=Headers)
    timestamp: float = 0.0
    """Seconds since 1970; 0 for none."""


class Outcome(enum.IntEnum):
    """What a host says of one message."""

    ACCEPTED = 1
    DUPLICATE = 2
    """The host had it already; to its sender the same as accepted."""
    FULL = 3
    """A bounded queue is full; the sender keeps it (over HTTP: 429)."""
    UNAVAILABLE = 4
    """The host cannot take messages now, or is gone; the sender keeps it (over HTTP: 503)."""
    INVALID = 5
    """It can never be taken (over HTTP: 400)."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The host's word on one message."""

    outcome: Outcome
    reason: str = ""
    retry_after: float = 0.0

    @property
    def taken(self) -> bool:
        return self.outcome in (Outcome.ACCEPTED, Outcome.DUPLICATE)

    @property
    def keeps(self) -> bool:
        """Whether the message is to be offered again."""
        return self.outcome in (Outcome.FULL, Outcome.UNAVAILABLE)


@dataclass(eq=False, slots=True)
class Delivery:
    """A message that a connector received and hands to the host.

    `position` is where the source goes on once this message and all before it are the host's; the host gives it back to
    `Connector.resume`. `settled` is told, once, what became of the message, and must return soon. `sender_keeps` says
    that the message's sender waits for the receipt and keeps what was not accepted, as one does over HTTP; otherwise the
    package keeps a message that the host had no room for, and offers it again.
    """

    message: Message
    position: bytes = b""
    settled: Callable[[Receipt], None] | None = None
    sender_keeps: bool = False

    def settle(self, receipt: Receipt) -> None:
        if self.settled is not None:
            self.settled(receipt)


@dataclass(slots=True)
class PluginMetadata:
    """What a connector says about itself.

    `supported_types` are the `type` words of integration files. `capabilities` are of bidirectional, retryable, batching,
    streaming (added by this package), tls, mtls and shared-process. `config_schema` is the JSON Schema (2020-12) of the
    settings.
    """

    id: str
    name: str
    version: str
    supported_types: list[str]
    description: str = ""
    author: str = ""
    documentation: str = ""
    capabilities: list[str] = field(default_factory=list)
    config_schema: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently the host tries a failed delivery again."""

    max_retries: int = 3
    backoff_multiplier: float = 2.0
    initial_backoff: float = 1.0
    max_backoff: float = 30.0


@dataclass(slots=True)
class ConnectionConfig:
    """What a connector is told when it connects. Settings and credentials hold secrets: log neither."""

    id: str = ""
    name: str = ""
    type: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 30.0
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    incoming: bool = False
    outgoing: bool = False


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing wrong with a connector's settings.

    `path` is where: ["tls", "certificate"]; list indexes as decimal numbers; empty for the whole.
    """

    message: str
    path: list[str] = field(default_factory=list)
    remedy: str = ""
