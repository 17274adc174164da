"""A connected connector and what is under way with it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from .connector import Connector
from .convert import failure
from .errors import Code, ConnectorError
from .limits import OFFER_PAUSE, SHORTEST_PAUSE
from .model import ConnectionConfig, Delivery, Message, Outcome, Receipt

_log = logging.getLogger("ropewalk_connector")


class Connection:
    """Calls into the author's connector, from streams and from unary calls alike."""

    def __init__(self, connector: Connector, config: ConnectionConfig, declared: bytes) -> None:
        self.config = config
        self.declared = declared
        self.is_closed = False
        self.receiving = threading.Lock()
        self.streams: set = set()
        self.sends_batches = hasattr(connector, "send_batch")
        self._connector = connector
        threads = 1 if self.sends_batches else connector.concurrent_sends
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="send")
        self._lock = threading.Lock()
        self._kept: list[Delivery] = []

    @staticmethod
    def already_receiving() -> ConnectorError:
        return ConnectorError(Code.UNSUPPORTED, "another call or stream already receives from this connection")

    @staticmethod
    def disconnected() -> ConnectorError:
        return ConnectorError(Code.CONNECTION_FAILED, "the connection was closed", recoverable=True)

    def run(self, work: Callable[[list[int]], None], sequences: list[int]) -> None:
        """Has a thread of the connection do something; nothing once it is closed."""
        try:
            self._threads.submit(work, sequences)
        except RuntimeError:
            _log.debug("a message came after the end of its connection")

    def send(self, messages: list[Message]) -> list[ConnectorError | None]:
        """Sends messages and returns what became of each."""
        if self.is_closed:
            return [self.disconnected() for _ in messages]
        if self.sends_batches:
            return self._send_batch(messages)
        return [self._send(message) for message in messages]

    def _send(self, message: Message) -> ConnectorError | None:
        try:
            self._connector.send(message)
            return None
        except Exception as error:
            return failure(error, Code.SEND_FAILED)

    def _send_batch(self, messages: list[Message]) -> list[ConnectorError | None]:
        if not messages:
            return []
        try:
            answers = self._connector.send_batch(messages)
            if len(answers) != len(messages):
                raise ValueError("one answer for each message is needed")
            return answers
        except Exception as error:
            return [failure(error, Code.SEND_FAILED) for _ in messages]

    def receive(self, limit: int, timeout: float) -> list[Delivery]:
        """What the source has next. Raises what the connector raises."""
        if self.is_closed:
            raise self.disconnected()
        if hasattr(self._connector, "receive_batch"):
            return self._connector.receive_batch(limit, timeout)
        started = time.monotonic()
        delivery = self._connector.receive(timeout)
        if delivery is not None:
            return [delivery]
        if time.monotonic() - started < min(timeout, SHORTEST_PAUSE):
            # A source that does not wait must not take a processor.
            time.sleep(SHORTEST_PAUSE)
        return []

    def resume(self, position: bytes) -> list[Delivery]:
        """Readies the source for the host that has just come; returns what is to be offered once more."""
        with self._lock:
            kept, self._kept = self._kept, []
        if not hasattr(self._connector, "resume"):
            return kept
        self._release(kept, "the source is read again from the host's position")
        self._connector.resume(position)
        return []

    def keep(self, deliveries: list[Delivery]) -> None:
        """Keeps messages that no host has taken; those whose sender keeps them are released."""
        released = [delivery for delivery in deliveries if delivery.sender_keeps or self.is_closed]
        with self._lock:
            self._kept += [delivery for delivery in deliveries if delivery not in released]
        self._release(released, "the host has gone")

    def health(self) -> str:
        return self._connector.health()

    def close(self) -> None:
        """Ends what is under way and disconnects. Called once."""
        self.is_closed = True
        for stream in list(self.streams):
            stream.cut()
        self._threads.shutdown(wait=True, cancel_futures=True)
        # No stream or call receives once its place is free.
        with self.receiving:
            kept, self._kept = self._kept, []
        self._release(kept, "the connection was closed")
        try:
            self._connector.disconnect()
        except Exception as error:
            _log.warning("disconnecting failed: %s", failure(error, Code.CONNECTION_FAILED).message)

    @staticmethod
    def _release(deliveries: list[Delivery], reason: str) -> None:
        for delivery in deliveries:
            delivery.settle(Receipt(Outcome.UNAVAILABLE, reason, OFFER_PAUSE))
