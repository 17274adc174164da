"""What the host does for a connector."""

from __future__ import annotations

from collections.abc import Mapping

import grpc

from . import connector_pb2 as wire
from .convert import config_from_wire
from .errors import Code, ConnectorError
from .model import ConnectionConfig

_SERVICE = "/ropewalk.connector.v1.Host/"
_LEVELS = {"debug": 1, "info": 2, "warn": 3, "error": 4}
_KINDS = {"counter": 1, "gauge": 2, "histogram": 3}


class Host:
    """The host's functions. Without a host that offers them, each raises a `ConnectorError` with the code UNSUPPORTED."""

    timeout = 10.0
    """How long one call may take, in seconds."""

    def __init__(self, channel: grpc.Channel | None = None, connection: str = "") -> None:
        self._channel = channel
        self._connection = connection

    def get_secret(self, name: str) -> str:
        """A secret that was granted to this connection; the code is UNAUTHORIZED for any other."""
        request = wire.GetSecretRequest(connection_id=self._connection, name=name)
        return self._call("GetSecret", request, wire.GetSecretResponse).value

    def log(self, level: str, message: str, **fields: str) -> None:
        """Writes to the host's log, at debug, info, warn or error, with the connection's name."""
        request = wire.LogRequest(connection_id=self._connection, level=_LEVELS[level], message=message, fields=fields)
        self._call("Log", request, wire.LogResponse)

    def record_metric(self, kind: str, name: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Records a value of a counter, gauge or histogram. At most 4 labels, each of at most 100 different values."""
        request = wire.RecordMetricRequest(
            connection_id=self._connection, kind=_KINDS[kind], name=name, value=value, labels=labels or {}
        )
        self._call("RecordMetric", request, wire.RecordMetricResponse)

    def get_configuration(self) -> ConnectionConfig:
        """The connection's configuration as it is now."""
        request = wire.GetConfigurationRequest(connection_id=self._connection)
        return config_from_wire(self._call("GetConfiguration", request, wire.GetConfigurationResponse).config)

    def close(self) -> None:
        if self._channel is not None:
            self._channel.close()

    def _call(self, name: str, request, answer):
        if self._channel is None:
            raise ConnectorError(Code.UNSUPPORTED, "the host offers no functions to this connection")
        method = self._channel.unary_unary(
            _SERVICE + name, request_serializer=type(request).SerializeToString, response_deserializer=answer.FromString
        )
        try:
            return method(request, timeout=self.timeout)
        except grpc.RpcError as error:
            raise _failure(error) from None


def _failure(error: grpc.RpcError) -> ConnectorError:
    match error.code():
        case grpc.StatusCode.PERMISSION_DENIED:
            return ConnectorError(Code.UNAUTHORIZED, error.details() or "not granted")
        case grpc.StatusCode.UNIMPLEMENTED:
            return ConnectorError(Code.UNSUPPORTED, "the host offers no such function")
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return ConnectorError(Code.TIMEOUT, "the host did not answer in time", recoverable=True)
    return ConnectorError(Code.CONNECTION_FAILED, f"the host does not answer: {error.details()}", recoverable=True)
