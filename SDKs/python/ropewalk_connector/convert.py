"""Between what an author sees and what is on the wire."""

from __future__ import annotations

import json
import logging
import uuid

from . import connector_pb2 as wire
from .errors import Code, ConnectorError
from .limits import PROTOCOL_VERSION
from .model import (
    ConfigProblem,
    ConnectionConfig,
    Delivery,
    Header,
    Headers,
    Message,
    MessageMetadata,
    Outcome,
    PluginMetadata,
    Receipt,
    RetryPolicy,
)

_log = logging.getLogger("ropewalk_connector")


def message_from_wire(m: wire.Message) -> Message:
    d = m.metadata
    return Message(
        payload=m.payload,
        id=m.id,
        content_type=m.content_type,
        metadata=MessageMetadata(
            d.customer_id, d.tenant_id, d.integration_id, d.source, d.destination, d.correlation_id, d.trace_id
        ),
        headers=Headers(Header(header.name, header.value) for header in m.headers),
        timestamp=m.timestamp.seconds + m.timestamp.nanos / 1e9,
    )


def message_to_wire(m: Message) -> wire.Message:
    d = m.metadata
    out = wire.Message(
        id=m.id,
        payload=m.payload,
        content_type=m.content_type,
        headers=[wire.Header(name=name, value=value) for name, value in m.headers],
        metadata=wire.MessageMetadata(
            customer_id=d.customer_id,
            tenant_id=d.tenant_id,
            integration_id=d.integration_id,
            source=d.source,
            destination=d.destination,
            correlation_id=d.correlation_id,
            trace_id=d.trace_id,
        ),
    )
    if m.timestamp:
        out.timestamp.FromNanoseconds(round(m.timestamp * 1e9))
    return out


def incoming_to_wire(sequence: int, delivery: Delivery) -> wire.IncomingMessage:
    if not delivery.message.id:
        # Offered again, it must be the same message.
        delivery.message.id = uuid.uuid4().hex
    return wire.IncomingMessage(sequence=sequence, message=message_to_wire(delivery.message), position=delivery.position)


def config_from_wire(c: wire.ConnectionConfig) -> ConnectionConfig:
    """Raises `ConnectorError` when the settings are no JSON object."""
    try:
        settings = json.loads(c.settings) if c.settings else {}
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise ConnectorError(Code.INVALID_CONFIG, "the settings must be a JSON object")
    config = ConnectionConfig(
        c.id, c.name, c.type, settings, dict(c.credentials), incoming=c.incoming, outgoing=c.outgoing
    )
    if c.HasField("timeout"):
        config.timeout = seconds(c.timeout)
    if c.HasField("retry_policy"):
        policy, defaults = c.retry_policy, RetryPolicy()
        config.retry_policy = RetryPolicy(
            policy.max_retries,
            policy.backoff_multiplier,
            seconds(policy.initial_backoff) if policy.HasField("initial_backoff") else defaults.initial_backoff,
            seconds(policy.max_backoff) if policy.HasField("max_backoff") else defaults.max_backoff,
        )
    return config


def metadata_to_wire(m: PluginMetadata) -> wire.PluginMetadata:
    return wire.PluginMetadata(
        id=m.id,
        name=m.name,
        version=m.version,
        protocol_version=PROTOCOL_VERSION,
        supported_types=m.supported_types,
        description=m.description,
        author=m.author,
        documentation=m.documentation,
        capabilities=list(dict.fromkeys([*m.capabilities, "streaming"])),
        config_schema=json.dumps(m.config_schema) if m.config_schema is not None else "",
    )


def problem_to_wire(problem: ConfigProblem) -> wire.ConfigProblem:
    return wire.ConfigProblem(path=problem.path, message=problem.message, remedy=problem.remedy)


def failure(error: BaseException, code: str) -> ConnectorError:
    """The error that an author raised, or one that stands for it and says nothing of its text, which may hold secrets."""
    if isinstance(error, ConnectorError):
        return error
    if isinstance(error, TimeoutError):
        return ConnectorError(Code.TIMEOUT, "no answer in time", recoverable=True)
    if isinstance(error, OSError):
        return ConnectorError(code, error.strerror or type(error).__name__, recoverable=True)
    _log.error("the connector raised %s", type(error).__name__, exc_info=error)
    return ConnectorError(Code.INTERNAL, f"the connector raised {type(error).__name__}; its log has where", recoverable=True)


def error_to_wire(error: ConnectorError | None) -> wire.Error | None:
    if error is None:
        return None
    out = wire.Error(code=error.code, message=error.message, recoverable=error.recoverable)
    if error.retry_after > 0:
        out.retry_after.FromNanoseconds(round(error.retry_after * 1e9))
    return out


def receipt_from_wire(r: wire.Receipt) -> Receipt:
    # An outcome of a later version is taken for one that keeps the message.
    outcome = Outcome(r.outcome) if r.outcome in Outcome._value2member_map_ else Outcome.UNAVAILABLE
    return Receipt(outcome, r.reason, seconds(r.retry_after))


def seconds(duration) -> float:
    return duration.seconds + duration.nanos / 1e9
