"""The host's end of the contract, for tests."""

from __future__ import annotations

import queue
from collections.abc import Callable

import grpc

from ropewalk_connector import connector_pb2 as wire

PATIENCE = 30.0
"""How long a test waits for something that must happen, in seconds."""

_ANSWERS = {
    "Metadata": wire.PluginMetadata,
    "Validate": wire.ValidateResponse,
    "Connect": wire.ConnectResponse,
    "Disconnect": wire.DisconnectResponse,
    "Send": wire.SendResponse,
    "Receive": wire.ReceiveResponse,
    "Health": wire.HealthResponse,
}


class Peer:
    """Calls a connector."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    def call(self, name: str, request):
        method = self._channel.unary_unary(
            f"/ropewalk.connector.v1.Connector/{name}", type(request).SerializeToString, _ANSWERS[name].FromString
        )
        return method(request, timeout=PATIENCE)

    def connect(self, settings: str = "{}", **more) -> wire.Error:
        config = wire.ConnectionConfig(id="c", settings=settings, incoming=True, outgoing=True)
        return self.call("Connect", wire.ConnectRequest(config=config, **more)).error

    def open(self, **opening) -> Stream:
        return Stream(self._channel, wire.Open(connection_id="c", **opening))


class Stream:
    """One stream, and what came over it."""

    def __init__(self, channel: grpc.Channel, opening: wire.Open) -> None:
        self._frames: queue.SimpleQueue[wire.HostFrame | None] = queue.SimpleQueue()
        self.outcomes: dict[int, wire.Error] = {}
        self.received: list[wire.IncomingMessage] = []
        self.credit = [0, 0]
        self.ended: wire.Ended | None = None
        self.send(open=opening)
        method = channel.stream_stream(
            "/ropewalk.connector.v1.Connector/Exchange", wire.HostFrame.SerializeToString, wire.ConnectorFrame.FromString
        )
        self._answers = method(iter(self._frames.get, None), timeout=PATIENCE)
        self.opened = next(self._answers).opened
        self.credit = [self.opened.credit.messages, self.opened.credit.bytes]

    def send(self, **frame) -> None:
        self._frames.put(wire.HostFrame(**frame))

    def batch(self, *messages: tuple[int, bytes]) -> None:
        self.send(
            send=wire.OutgoingBatch(
                messages=[
                    wire.OutgoingMessage(sequence=sequence, message=wire.Message(id=str(sequence), payload=payload))
                    for sequence, payload in messages
                ]
            )
        )

    def receipt(self, sequence: int, outcome: int, milliseconds: int = 0) -> None:
        receipt = wire.Receipt(sequence=sequence, outcome=outcome)
        if milliseconds:
            receipt.retry_after.FromMilliseconds(milliseconds)
        self.send(receipts=wire.ReceiptBatch(receipts=[receipt]))

    def finish(self) -> None:
        """Asks for the end, and reads up to it."""
        self.send(finish=wire.Finish())
        self._frames.put(None)
        for frame in self._answers:
            self._take(frame)

    def until(self, ready: Callable[[], bool]) -> None:
        while not ready():
            self._take(next(self._answers))

    def _take(self, frame: wire.ConnectorFrame) -> None:
        match frame.WhichOneof("frame"):
            case "outcomes":
                self.outcomes.update((outcome.sequence, outcome.error) for outcome in frame.outcomes.outcomes)
            case "credit":
                self.credit[0] += frame.credit.messages
                self.credit[1] += frame.credit.bytes
            case "received":
                self.received += frame.received.messages
            case "chunk":
                self.received[-1].message.payload += frame.chunk.data
            case "ended":
                self.ended = frame.ended
