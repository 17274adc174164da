"""The way of the host's messages to the connector."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import connector_pb2 as wire
from .convert import error_to_wire, message_from_wire
from .errors import ConnectorError
from .limits import WINDOW_BYTES, WINDOW_MESSAGES
from .outbox import Outbox

if TYPE_CHECKING:
    from .connection import Connection


class Breach(Exception):
    """The host does not keep to the contract."""


@dataclass(slots=True)
class _UnderWay:
    message: wire.Message
    size: int
    chunks: bytearray | None
    cancelled: bool = False


class Sender:
    """Delivers the messages of a stream and answers each with its outcome."""

    def __init__(self, connection: Connection, outbox: Outbox, max_payload: int) -> None:
        self._connection = connection
        self._outbox = outbox
        self._max_payload = max_payload
        self._changed = threading.Condition()
        self._last = 0
        self._under_way: dict[int, _UnderWay] = {}
        # What the host may not send yet because it has not been given back.
        self._owed = [0, 0]

    def take(self, batch: Iterable[wire.OutgoingMessage]) -> None:
        """Starts to deliver."""
        ready: list[int] = []
        with self._changed:
            for outgoing in batch:
                size = outgoing.chunked_length or len(outgoing.message.payload)
                self._check(outgoing.sequence, size)
                self._last = outgoing.sequence
                chunks = bytearray() if outgoing.chunked_length else None
                self._under_way[outgoing.sequence] = _UnderWay(outgoing.message, size, chunks)
                if chunks is None:
                    ready.append(outgoing.sequence)
        self._start(ready)

    def _check(self, sequence: int, size: int) -> None:
        if sequence <= self._last:
            raise Breach(f"the message {sequence} comes after the message {self._last}")
        if size > self._max_payload:
            raise Breach(f"the message {sequence} has {size} bytes; at most {self._max_payload} were agreed")
        if len(self._under_way) + self._owed[0] >= WINDOW_MESSAGES:
            raise Breach("more messages than there was credit for")

    def chunk(self, chunk: wire.Chunk) -> None:
        """Adds to a message; chunks of one that was cancelled are dropped."""
        with self._changed:
            item = self._under_way.get(chunk.sequence)
            if item is None or item.chunks is None:
                if chunk.sequence > self._last:
                    raise Breach(f"a chunk of the message {chunk.sequence}, which is unknown")
                return
            item.chunks += chunk.data
            if len(item.chunks) > item.size:
                raise Breach(f"the message {chunk.sequence} is longer than announced")
            if len(item.chunks) < item.size:
                return
            item.message.payload = bytes(item.chunks)
            item.chunks = None
        self._start([chunk.sequence])

    def cancel(self, sequence: int) -> None:
        """Nobody waits for the message any more. What the connector does with it goes on, and is not answered."""
        with self._changed:
            item = self._under_way.get(sequence)
            if item is None:
                return
            item.cancelled = True
        self._done([(sequence, None)])

    def finish(self) -> None:
        """Waits until everything has its outcome, or the connection is closed."""
        with self._changed:
            while self._under_way and not self._connection.is_closed:
                self._changed.wait(0.1)

    def _start(self, sequences: list[int]) -> None:
        if not sequences:
            return
        if self._connection.sends_batches:
            self._connection.run(self._deliver, sequences)
        else:
            for sequence in sequences:
                self._connection.run(self._deliver, [sequence])

    def _deliver(self, sequences: list[int]) -> None:
        with self._changed:
            awaited = [(sequence, self._under_way[sequence].message) for sequence in sequences if sequence in self._under_way]
        errors = self._connection.send([message_from_wire(message) for _, message in awaited])
        self._done([(sequence, error) for (sequence, _), error in zip(awaited, errors)])

    def _done(self, results: list[tuple[int, ConnectorError | None]]) -> None:
        """Answers, and gives credit back by quarters of the window, or when nothing is under way."""
        outcomes = []
        with self._changed:
            for sequence, error in results:
                item = self._under_way.pop(sequence, None)
                if item is None:
                    continue
                self._owed[0] += 1
                self._owed[1] += item.size
                if not item.cancelled:
                    outcomes.append(wire.Outcome(sequence=sequence, error=error_to_wire(error)))
            messages, size = 0, 0
            if not self._under_way or self._owed[0] >= WINDOW_MESSAGES // 4 or self._owed[1] >= WINDOW_BYTES // 4:
                (messages, size), self._owed = self._owed, [0, 0]
            self._outbox.outcomes(outcomes, messages, size)
            self._changed.notify_all()
