"""The connections that a host offers through go-plugin's broker."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import grpc

from . import go_plugin_pb2 as go_plugin
from .errors import Code, ConnectorError
from .identity import Identity
from .limits import BROKER_TIMEOUT, MESSAGE_LENGTH


class Broker:
    """`plugin.GRPCBroker`: takes note of what the host offers, and dials it."""

    name = "plugin.GRPCBroker"

    def __init__(self, identity: Identity | None) -> None:
        self._identity = identity
        self._changed = threading.Condition()
        self._offers: dict[int, go_plugin.ConnInfo] = {}

    def handlers(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler(
            self.name,
            {
                "StartStream": grpc.stream_stream_rpc_method_handler(
                    self._take, go_plugin.ConnInfo.FromString, go_plugin.ConnInfo.SerializeToString
                )
            },
        )

    def _take(self, offers: Iterator[go_plugin.ConnInfo], _: grpc.ServicerContext) -> Iterator[go_plugin.ConnInfo]:
        for offer in offers:
            with self._changed:
                self._offers[offer.service_id] = offer
                self._changed.notify_all()
        yield from ()

    def dial(self, number: int) -> grpc.Channel:
        """Connects to what the host offers under a number. Raises `ConnectorError` when it does not in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: number in self._offers, BROKER_TIMEOUT):
                raise ConnectorError(Code.CONNECTION_FAILED, "the host's functions cannot be reached", recoverable=True)
            offer = self._offers.pop(number)
        target = f"unix:{offer.address}" if offer.network == "unix" else offer.address
        options = [("grpc.max_send_message_length", MESSAGE_LENGTH), ("grpc.max_receive_message_length", MESSAGE_LENGTH)]
        if self._identity is None:
            return grpc.insecure_channel(target, options)
        return grpc.secure_channel(target, self._identity.client(), [*options, ("grpc.ssl_target_name_override", "localhost")])
