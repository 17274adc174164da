"""One stream of a connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import grpc

from . import connector_pb2 as wire
from .connection import Connection
from .convert import error_to_wire
from .errors import ConnectorError
from .limits import DEFAULT_INLINE, DEFAULT_PAYLOAD, FINISH_GRACE, WINDOW_BYTES, WINDOW_MESSAGES
from .outbox import Outbox
from .receiver import Receiver
from .sender import Breach, Sender


def refused(error: ConnectorError) -> wire.ConnectorFrame:
    return wire.ConnectorFrame(opened=wire.Opened(error=error_to_wire(error)))


class Exchange:
    """The host's frames go to a sender and a receiver, and what they answer goes out through one outbox."""

    def __init__(
        self, connection: Connection, opening: wire.Open, requests: Iterator[wire.HostFrame], context: grpc.ServicerContext
    ) -> None:
        self._connection = connection
        self._opening = opening
        self._requests = requests
        self._context = context
        max_payload = opening.max_payload or DEFAULT_PAYLOAD
        self._outbox = Outbox(opening.max_inline_payload or DEFAULT_INLINE)
        self._sender = Sender(connection, self._outbox, max_payload)
        self._receiver = Receiver(connection, self._outbox, max_payload, opening.credit)
        self._breach: str | None = None
        self._is_cut = False
        self._half_closed = threading.Event()

    def frames(self) -> Iterator[wire.ConnectorFrame]:
        """What the connector says, until the stream ends: finished by the host, broken, or cut by Disconnect."""
        if self._opening.receive and not self._connection.receiving.acquire(blocking=False):
            yield refused(Connection.already_receiving())
            return
        try:
            self._connection.streams.add(self)
            credit = wire.Credit(messages=WINDOW_MESSAGES, bytes=WINDOW_BYTES) if self._opening.send else None
            yield wire.ConnectorFrame(opened=wire.Opened(credit=credit))
            yield from self._serve()
        finally:
            self._connection.streams.discard(self)
            self._connection.keep(self._receiver.close())
            if self._opening.receive:
                self._connection.receiving.release()
        if self._breach:
            self._context.abort(grpc.StatusCode.INVALID_ARGUMENT, self._breach)

    def cut(self) -> None:
        """Ends the stream because the connection is closed."""
        self._is_cut = True
        self._receiver.stop()
        self._outbox.close()

    def _serve(self) -> Iterator[wire.ConnectorFrame]:
        # A broken stream must wake the outbox.
        if not self._context.add_callback(self.cut):
            return
        receiving = threading.Thread(target=self._receiver.run, args=(self._opening.resume_position,), name="receive")
        if self._opening.receive:
            receiving.start()
        threading.Thread(target=self._read, name="exchange", daemon=True).start()
        try:
            yield from self._outbox.frames()
        finally:
            self.cut()
            if self._opening.receive:
                receiving.join()

    def _read(self) -> None:
        finishing: threading.Thread | None = None
        try:
            for frame in self._requests:
                match frame.WhichOneof("frame"):
                    case "send" if finishing or not self._opening.send:
                        raise Breach("messages on a stream that was not opened for sending, or is finished")
                    case "send":
                        self._sender.take(frame.send.messages)
                    case "chunk":
                        self._sender.chunk(frame.chunk)
                    case "receipts":
                        self._receiver.settle(frame.receipts.receipts)
                    case "credit":
                        self._receiver.credit(frame.credit)
                    case "cancel":
                        self._sender.cancel(frame.cancel.sequence)
                    case "finish" if finishing is None:
                        finishing = threading.Thread(target=self._finish, name="finish", daemon=True)
                        finishing.start()
                    case "open":
                        raise Breach("Open may only be a stream's first frame")
        except Breach as breach:
            self._breach = str(breach)
            self._outbox.close()
            return
        except Exception:
            # The stream is broken; the context's callback has ended it.
            return
        self._half_closed.set()
        if finishing is None:
            self._finish()
        else:
            # It may wait for receipts.
            self._receiver.stop()

    def _finish(self) -> None:
        """Says what there is still to say, and waits a while for receipts that are on their way."""
        self._receiver.stop()
        self._sender.finish()
        self._receiver.await_receipts(FINISH_GRACE, self._half_closed)
        self._outbox.close()
