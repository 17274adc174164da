"""The way of the connector's messages to the host."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from . import connector_pb2 as wire
from .convert import failure, incoming_to_wire, receipt_from_wire
from .errors import Code, EndOfSource
from .limits import BATCH_MESSAGES, OFFER_PAUSE, RECEIVE_TURN, SHORTEST_PAUSE
from .model import Delivery, Outcome, Receipt
from .outbox import Outbox

if TYPE_CHECKING:
    from .connection import Connection


def pause(receipt: Receipt) -> float:
    """How long a message waits that the host had no room for."""
    return max(receipt.retry_after, SHORTEST_PAUSE) if receipt.retry_after else OFFER_PAUSE


class Receiver:
    """Offers a connection's messages to the host over a stream, as far as the host's credit goes, and settles each by its
    receipt."""

    def __init__(self, connection: Connection, outbox: Outbox, max_payload: int, credit: wire.Credit) -> None:
        self._connection = connection
        self._outbox = outbox
        self._max_payload = max_payload
        self._changed = threading.Condition()
        self._stopped = False
        self._sequence = 0
        self._messages = credit.messages
        self._bytes = self._window = credit.bytes
        self._unsettled: dict[int, Delivery] = {}
        # Messages without a number, in order, with the time from which they may be offered.
        self._waiting: dict[Delivery, float] = {}

    def run(self, position: bytes) -> None:
        """Receives until the source ends, or `stop`."""
        try:
            self._hold(self._connection.resume(position))
            while self._offer_waiting() and not self._stopped:
                self._hold(self._connection.receive(self._room(), self._turn()))
        except EndOfSource:
            # What the host has no room for now is still to come.
            while self._offer_waiting(until_empty=True) and not self._stopped:
                with self._changed:
                    if not self._unsettled and not self._waiting:
                        self._outbox.end(None)
                        return
                    self._changed.wait(RECEIVE_TURN)
        except Exception as error:
            self._outbox.end(failure(error, Code.RECEIVE_FAILED))

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def credit(self, credit: wire.Credit) -> None:
        with self._changed:
            self._messages += credit.messages
            self._bytes += credit.bytes
            self._window = max(self._window, self._bytes)
            self._changed.notify_all()

    def settle(self, receipts: Iterable[wire.Receipt]) -> None:
        final: list[tuple[Delivery, Receipt]] = []
        with self._changed:
            for wired in receipts:
                delivery = self._unsettled.pop(wired.sequence, None)
                if delivery is None:
                    continue
                receipt = receipt_from_wire(wired)
                if receipt.keeps and not delivery.sender_keeps:
                    self._waiting[delivery] = time.monotonic() + pause(receipt)
                else:
                    final.append((delivery, receipt))
            self._changed.notify_all()
        for delivery, receipt in final:
            delivery.settle(receipt)

    def await_receipts(self, seconds: float, half_closed: threading.Event) -> None:
        """Waits, so long at most, until no message is without a receipt, or the host can give none any more."""
        with self._changed:
            self._changed.wait_for(lambda: not self._unsettled or half_closed.is_set(), seconds)

    def close(self) -> list[Delivery]:
        """The messages without a receipt, oldest first."""
        with self._changed:
            self._stopped = True
            left = [self._unsettled[sequence] for sequence in sorted(self._unsettled)] + list(self._waiting)
            self._unsettled, self._waiting = {}, {}
            return left

    def _hold(self, deliveries: Iterable[Delivery]) -> None:
        with self._changed:
            for delivery in deliveries:
                self._waiting[delivery] = 0.0

    def _offer_waiting(self, until_empty: bool = False) -> bool:
        """Offers what is due. Waits for credit, as there is no use in receiving more without; False when stopped."""
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                due = next((delivery for delivery, at in self._waiting.items() if at <= now), None)
                if due is None:
                    if self._messages > 0 and (self._bytes > 0 or not self._unsettled) or until_empty:
                        return True
                elif self._fits(due):
                    self._offer(due)
                    continue
                self._changed.wait(RECEIVE_TURN)
        return False

    def _fits(self, delivery: Delivery) -> bool:
        size = len(delivery.message.payload)
        if size > self._max_payload:
            return True
        return self._messages > 0 and (size <= self._bytes or (size > self._window and not self._unsettled))

    def _offer(self, delivery: Delivery) -> None:
        del self._waiting[delivery]
        size = len(delivery.message.payload)
        if size > self._max_payload:
            delivery.settle(Receipt(Outcome.INVALID, "the payload is larger than the host takes"))
            return
        self._messages -= 1
        self._bytes -= size
        self._sequence += 1
        self._unsettled[self._sequence] = delivery
        self._outbox.received(incoming_to_wire(self._sequence, delivery))

    def _room(self) -> int:
        with self._changed:
            return max(1, min(self._messages, BATCH_MESSAGES))

    def _turn(self) -> float:
        """How long the source may be waited for: until the next message is to be offered again."""
        with self._changed:
            soonest = min(self._waiting.values(), default=float("inf"))
        return max(0.0, min(RECEIVE_TURN, soonest - time.monotonic()))
