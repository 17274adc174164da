"""The calls of the connector contract."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import grpc

from . import connector_pb2 as wire
from .broker import Broker
from .connection import Connection
from .connector import Connector
from .convert import config_from_wire, error_to_wire, failure, message_from_wire, metadata_to_wire, problem_to_wire
from .errors import Code, ConnectorError
from .exchange import Exchange, refused
from .host import Host
from .model import ConfigProblem
from .poll import Poll


class Service:
    """Answers the host's calls for every connection of the process."""

    name = "ropewalk.connector.v1.Connector"

    def __init__(self, make: Callable[[], Connector], broker: Broker) -> None:
        self._make = make
        self._probe = make()
        self._broker = broker
        # Connect and Disconnect take turns; neither holds up the data.
        self._turn = threading.Lock()
        self._connections: dict[str, tuple[Connection, Poll]] = {}
        # By connection, with their numbers: a host offers its functions once, also for connecting again.
        self._hosts: dict[str, tuple[int, Host]] = {}

    def handlers(self) -> grpc.GenericRpcHandler:
        def unary(call, request):
            return grpc.unary_unary_rpc_method_handler(
                lambda message, _: call(message), request.FromString, lambda answer: answer.SerializeToString()
            )

        return grpc.method_handlers_generic_handler(
            self.name,
            {
                "Metadata": unary(self.metadata, wire.MetadataRequest),
                "Validate": unary(self.validate, wire.ValidateRequest),
                "Connect": unary(self.connect, wire.ConnectRequest),
                "Disconnect": unary(self.disconnect, wire.DisconnectRequest),
                "Send": unary(self.send, wire.SendRequest),
                "Receive": unary(self.receive, wire.ReceiveRequest),
                "Health": unary(self.health, wire.HealthRequest),
                "Exchange": grpc.stream_stream_rpc_method_handler(
                    self.exchange, wire.HostFrame.FromString, wire.ConnectorFrame.SerializeToString
                ),
            },
        )

    def metadata(self, _: wire.MetadataRequest) -> wire.PluginMetadata:
        return metadata_to_wire(self._probe.metadata())

    def validate(self, request: wire.ValidateRequest) -> wire.ValidateResponse:
        try:
            problems = self._probe.validate(config_from_wire(request.config))
        except ConnectorError as error:
            problems = [ConfigProblem(error.message)]
        return wire.ValidateResponse(problems=[problem_to_wire(problem) for problem in problems])

    def connect(self, request: wire.ConnectRequest) -> wire.ConnectResponse:
        try:
            with self._turn:
                self._connect(request)
            return wire.ConnectResponse()
        except Exception as error:
            return wire.ConnectResponse(error=error_to_wire(failure(error, Code.CONNECTION_FAILED)))

    def _connect(self, request: wire.ConnectRequest) -> None:
        declared = request.config.SerializeToString(deterministic=True)
        existing = self._connections.get(request.config.id)
        if existing and existing[0].declared == declared:
            return
        self._close(request.config.id)
        config = config_from_wire(request.config)
        connector = self._make()
        problems = connector.validate(config)
        if problems:
            raise ConnectorError(Code.INVALID_CONFIG, "\n".join(map(_describe, problems)))
        connector.host = self._host(config.id, request.host_broker_id)
        connector.connect(config)
        connection = Connection(connector, config, declared)
        self._connections[config.id] = (connection, Poll(connection))

    def _host(self, connection: str, number: int) -> Host:
        if not number:
            return Host()
        known, host = self._hosts.get(connection, (0, Host()))
        if known != number:
            host.close()
            host = Host(self._broker.dial(number), connection)
            self._hosts[connection] = (number, host)
        return host

    def disconnect(self, request: wire.DisconnectRequest) -> wire.DisconnectResponse:
        with self._turn:
            self._close(request.connection_id)
        return wire.DisconnectResponse()

    def disconnect_all(self) -> None:
        with self._turn:
            for name in list(self._connections):
                self._close(name)

    def _close(self, name: str) -> None:
        connection, poll = self._connections.pop(name, (None, None))
        if connection is not None:
            poll.close()
            connection.close()

    def _find(self, name: str) -> tuple[Connection, Poll]:
        found = self._connections.get(name)
        if found is None:
            raise ConnectorError(
                Code.CONNECTION_FAILED, f"the connection '{name}' is not connected; call Connect first", recoverable=True
            )
        return found

    def send(self, request: wire.SendRequest) -> wire.SendResponse:
        try:
            connection, _ = self._find(request.connection_id)
            error = connection.send([message_from_wire(request.message)])[0]
        except ConnectorError as unknown:
            error = unknown
        return wire.SendResponse(error=error_to_wire(error))

    def receive(self, request: wire.ReceiveRequest) -> wire.ReceiveResponse:
        try:
            _, poll = self._find(request.connection_id)
        except ConnectorError as unknown:
            return wire.ReceiveResponse(error=error_to_wire(unknown))
        return poll.receive(request)

    def health(self, request: wire.HealthRequest) -> wire.HealthResponse:
        if not request.connection_id:
            return wire.HealthResponse(healthy=True)
        try:
            reason = self._find(request.connection_id)[0].health()
        except Exception as error:
            reason = failure(error, Code.CONNECTION_FAILED).message
        return wire.HealthResponse(healthy=not reason, reason=reason)

    def exchange(self, requests: Iterator[wire.HostFrame], context: grpc.ServicerContext) -> Iterator[wire.ConnectorFrame]:
        first = next(requests, None)
        if first is None or first.WhichOneof("frame") != "open":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first frame of a stream must be Open")
        try:
            connection, _ = self._find(first.open.connection_id)
        except ConnectorError as unknown:
            yield refused(unknown)
            return
        yield from Exchange(connection, first.open, requests, context).frames()


def _describe(problem: ConfigProblem) -> str:
    place = ".".join(problem.path) + ": " if problem.path else ""
    return place + problem.message + (f"; {problem.remedy}" if problem.remedy else "")
