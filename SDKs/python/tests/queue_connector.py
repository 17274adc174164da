"""A connector whose destination and source are queues in memory; as a program, one that serves it."""

from __future__ import annotations

import queue
import sys
import threading

from ropewalk_connector import (
    Code,
    ConfigProblem,
    ConnectionConfig,
    Connector,
    ConnectorError,
    Delivery,
    EndOfSource,
    Message,
    PluginMetadata,
    serve,
)


class QueueConnector(Connector):
    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.incoming: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()
        self.calls: list[str] = []
        self.gate = threading.Event()

    def metadata(self) -> PluginMetadata:
        return PluginMetadata("ropewalk.test/queue", "queue", "1.0.0", ["queue"], capabilities=["bidirectional"])

    def validate(self, config: ConnectionConfig) -> list[ConfigProblem]:
        return [ConfigProblem("is not known", [name], "remove it") for name in config.settings if name != "name"]

    def connect(self, config: ConnectionConfig) -> None:
        self.calls.append("connect")

    def disconnect(self) -> None:
        self.calls.append("disconnect")

    def send(self, message: Message) -> None:
        match message.payload:
            case b"reject":
                raise ConnectorError(Code.REJECTED, "never", retry_after=3)
            case b"raise":
                raise ValueError("a text that may be a secret")
            case b"wait":
                self.gate.wait()
            case b"print":
                for number in range(5000):
                    print("a line on standard output", number)
            case b"secret":
                length = len(self.host.get_secret("password"))
                self.host.log("info", "asked for a secret", length=str(length))
                self.host.get_secret("other")
        self.sent.append(message)

    def receive(self, timeout: float) -> Delivery | None:
        try:
            delivery = self.incoming.get(timeout=timeout)
        except queue.Empty:
            return None
        if delivery is None:
            raise EndOfSource
        return delivery


if __name__ == "__main__":
    print("printed before the handshake")
    print("printed to standard error", file=sys.stderr)
    serve(QueueConnector)
