"""Unary calls of Receive."""

from __future__ import annotations

import time

from . import connector_pb2 as wire
from .connection import Connection
from .convert import error_to_wire, failure, incoming_to_wire, receipt_from_wire, seconds
from .errors import Code, EndOfSource
from .limits import POLL_MESSAGES, RECEIVE_TURN
from .model import Delivery
from .receiver import pause


class Poll:
    """Hands out a connection's messages one answer at a time. One call at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._resumed = False
        self._ended = False
        self._sequence = 0
        self._unsettled: dict[int, Delivery] = {}
        self._again: dict[Delivery, float] = {}

    def receive(self, request: wire.ReceiveRequest) -> wire.ReceiveResponse:
        if not self._connection.receiving.acquire(blocking=False):
            return wire.ReceiveResponse(error=error_to_wire(Connection.already_receiving()))
        try:
            self._settle(request)
            response = wire.ReceiveResponse()
            limit = min(request.max_messages or POLL_MESSAGES, POLL_MESSAGES)
            try:
                deliveries = self._next(limit, time.monotonic() + seconds(request.wait), request.resume_position)
            except EndOfSource:
                self._ended, deliveries = True, []
            except Exception as error:
                response.error.CopyFrom(error_to_wire(failure(error, Code.RECEIVE_FAILED)))
                deliveries = []
            response.messages.extend(self._number(delivery) for delivery in deliveries)
            response.ended = self._ended and not self._again
            return response
        finally:
            self._connection.receiving.release()

    def close(self) -> None:
        """Gives the messages without a receipt back; the connection releases them when it closes."""
        self._connection.keep(list(self._unsettled.values()) + list(self._again))
        self._unsettled, self._again = {}, {}

    def _next(self, limit: int, deadline: float, position: bytes) -> list[Delivery]:
        if not self._resumed:
            self._again.update((delivery, 0.0) for delivery in self._connection.resume(position))
            self._resumed = True
        while True:
            now = time.monotonic()
            due = [delivery for delivery, at in self._again.items() if at <= now][:limit]
            for delivery in due:
                del self._again[delivery]
            if due or (self._ended and now >= deadline):
                return due
            if self._ended:
                time.sleep(min(RECEIVE_TURN, max(0.0, deadline - now), 0.01))
                continue
            deliveries = self._connection.receive(limit, min(RECEIVE_TURN, max(0.0, deadline - now)))
            if deliveries or now >= deadline:
                return deliveries

    def _number(self, delivery: Delivery) -> wire.IncomingMessage:
        self._sequence += 1
        self._unsettled[self._sequence] = delivery
        return incoming_to_wire(self._sequence, delivery)

    def _settle(self, request: wire.ReceiveRequest) -> None:
        for wired in request.receipts:
            delivery = self._unsettled.pop(wired.sequence, None)
            if delivery is None:
                continue
            receipt = receipt_from_wire(wired)
            if receipt.keeps and not delivery.sender_keeps:
                self._again[delivery] = time.monotonic() + pause(receipt)
            else:
                delivery.settle(receipt)
