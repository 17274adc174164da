"""What a stream has to say to the host."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from . import connector_pb2 as wire
from .convert import error_to_wire
from .errors import ConnectorError
from .limits import BATCH_MESSAGES


class Outbox:
    """Gathers what is to be said; what comes while a frame is being written goes out together. The credits of both sides
    bound its size."""

    def __init__(self, inline: int) -> None:
        self._inline = inline
        self._changed = threading.Condition()
        self._outcomes: list[wire.Outcome] = []
        self._received: list[wire.IncomingMessage] = []
        self._credit = [0, 0]
        self._ended: wire.Ended | None = None
        self._closed = False

    def outcomes(self, outcomes: list[wire.Outcome], messages: int, size: int) -> None:
        with self._changed:
            self._outcomes += outcomes
            self._credit[0] += messages
            self._credit[1] += size
            self._changed.notify()

    def received(self, message: wire.IncomingMessage) -> None:
        with self._changed:
            self._received.append(message)
            self._changed.notify()

    def end(self, error: ConnectorError | None) -> None:
        with self._changed:
            self._ended = wire.Ended(error=error_to_wire(error))
            self._changed.notify()

    def close(self) -> None:
        """Lets `frames` end once everything is said."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def frames(self) -> Iterator[wire.ConnectorFrame]:
        while True:
            with self._changed:
                while not (self._outcomes or self._received or any(self._credit) or self._ended or self._closed):
                    self._changed.wait()
                outcomes, self._outcomes = self._outcomes, []
                received, self._received = self._received, []
                (messages, size), self._credit = self._credit, [0, 0]
                ended, self._ended = self._ended, None
                closed = self._closed
            if not (outcomes or received or messages or size or ended) and closed:
                return
            if outcomes:
                yield wire.ConnectorFrame(outcomes=wire.OutcomeBatch(outcomes=outcomes))
            if messages or size:
                yield wire.ConnectorFrame(credit=wire.Credit(messages=messages, bytes=size))
            yield from self._packed(received)
            if ended:
                yield wire.ConnectorFrame(ended=ended)

    def _packed(self, messages: list[wire.IncomingMessage]) -> Iterator[wire.ConnectorFrame]:
        """Frames whose payloads together are no longer than one payload may be; a longer one comes in chunks."""
        batch: list[wire.IncomingMessage] = []
        size = 0
        for message in messages:
            payload = message.message.payload
            is_large = len(payload) > self._inline
            if batch and (is_large or size + len(payload) > self._inline or len(batch) == BATCH_MESSAGES):
                yield wire.ConnectorFrame(received=wire.IncomingBatch(messages=batch))
                batch, size = [], 0
            if not is_large:
                batch.append(message)
                size += len(payload)
                continue
            message.chunked_length = len(payload)
            message.message.payload = b""
            yield wire.ConnectorFrame(received=wire.IncomingBatch(messages=[message]))
            for start in range(0, len(payload), self._inline):
                data = payload[start : start + self._inline]
                yield wire.ConnectorFrame(chunk=wire.Chunk(sequence=message.sequence, data=data))
        if batch:
            yield wire.ConnectorFrame(received=wire.IncomingBatch(messages=batch))
