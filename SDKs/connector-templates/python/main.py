"""{{name}}: a connector for Ropewalk."""

from __future__ import annotations

import os
import threading
import time

from ropewalk_connector import (
    Code,
    ConfigProblem,
    ConnectionConfig,
    Connector,
    ConnectorError,
    Delivery,
    Message,
    PluginMetadata,
    serve,
)

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"path": {"type": "string", "description": "the file"}},
    "required": ["path"],
    "additionalProperties": False,
}

LOOK_AGAIN = 0.1
"""How often the end of the file is looked at for more, in seconds."""


class Lines(Connector):
    """One connection."""

    def metadata(self) -> PluginMetadata:
        return PluginMetadata(
            id="{{name}}",
            name="{{name}}",
            version="0.1.0",
            supported_types=["{{name}}"],
            description="The lines of a file, both ways.",
            author="you",
            capabilities=["bidirectional"],
            config_schema=SCHEMA,
        )

    def validate(self, config: ConnectionConfig) -> list[ConfigProblem]:
        """Says everything that is wrong, and opens nothing."""
        problems = [ConfigProblem("is not known", [name], "remove it") for name in config.settings if name != "path"]
        path = config.settings.get("path")
        if not isinstance(path, str) or not path:
            problems.append(ConfigProblem("is missing, or no text", ["path"], "name a file"))
        return problems

    def connect(self, config: ConnectionConfig) -> None:
        self._path = config.settings["path"]
        self._writing = threading.Lock()
        self._file = open(self._path, "a+b", buffering=0)
        self._offset = 0
        self._buffer = b""

    def disconnect(self) -> None:
        self._file.close()

    def send(self, message: Message) -> None:
        """Returns when the message is on disk. Called from several threads at once."""
        if b"\n" in message.payload:
            raise ConnectorError(Code.REJECTED, "the payload has a line break")
        with self._writing:
            self._file.write(message.payload + b"\n")
            os.fdatasync(self._file.fileno())

    def resume(self, position: bytes) -> None:
        """Goes to where the host has everything before."""
        self._offset = int(position) if position else 0
        self._buffer = b""

    def receive(self, timeout: float) -> Delivery | None:
        """Waits for the next whole line for at most so many seconds."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self._buffer:
            more = os.pread(self._file.fileno(), 1 << 16, self._offset + len(self._buffer))
            self._buffer += more
            if not more:
                rest = deadline - time.monotonic()
                if rest <= 0:
                    return None
                time.sleep(min(LOOK_AGAIN, rest))
        line, _, self._buffer = self._buffer.partition(b"\n")
        # The same line is the same message, however often it is read.
        message = Message(line, id=f"{self._path}@{self._offset}", content_type="text/plain", timestamp=time.time())
        self._offset += len(line) + 1
        return Delivery(message, position=str(self._offset).encode())


if __name__ == "__main__":
    serve(Lines)
