"""Lines of a file, from an offset on."""

from __future__ import annotations

import os
import time

from ropewalk_connector import Code, ConnectorError, Delivery, EndOfSource, Message

LONGEST_LINE = 16 << 20
"""In bytes."""

LOOK_AGAIN = 0.2
"""How often `follow` looks for more, in seconds."""

_READ = 1 << 20


class LineReader:
    """Hands out lines as messages. A message's position is the offset behind its line, its id the file's name with the
    offset before it: the same line is the same message, however often it is read."""

    def __init__(self, path: str, follow: bool, content_type: str) -> None:
        self._path = path
        self._follow = follow
        self._content_type = content_type
        # One that is followed may have nothing yet.
        self._file = os.open(path, os.O_RDONLY | (os.O_CREAT if follow else 0), 0o644)
        self._offset = 0
        self._buffer = b""

    def resume(self, position: bytes) -> None:
        self._offset = int(position) if position else 0
        self._buffer = b""
        if self._offset > os.fstat(self._file).st_size:
            raise ConnectorError(Code.RECEIVE_FAILED, f"{self._path} is shorter than what was read of it already")

    def next(self, limit: int, timeout: float) -> list[Delivery]:
        """Up to `limit` lines; none when none came in time. Raises `EndOfSource` at the end of a file not followed."""
        deadline = time.monotonic() + timeout
        while True:
            lines = self._lines(limit)
            if lines:
                return lines
            rest = deadline - time.monotonic()
            if rest <= 0:
                return []
            time.sleep(min(LOOK_AGAIN, rest))

    def _lines(self, limit: int) -> list[Delivery]:
        while b"\n" not in self._buffer:
            more = os.pread(self._file, _READ, self._offset + len(self._buffer))
            if not more:
                return self._last()
            self._buffer += more
            if len(self._buffer) > LONGEST_LINE and b"\n" not in self._buffer:
                raise ConnectorError(Code.RECEIVE_FAILED, f"a line of {self._path} is longer than {LONGEST_LINE} bytes")
        *lines, self._buffer = self._buffer.split(b"\n", limit)
        return [self._delivery(line, len(line) + 1) for line in lines]

    def _last(self) -> list[Delivery]:
        """A followed file's last line is complete when its line break has come."""
        if self._follow:
            return []
        if not self._buffer:
            raise EndOfSource
        line, self._buffer = self._buffer, b""
        return [self._delivery(line, len(line))]

    def _delivery(self, line: bytes, length: int) -> Delivery:
        name = f"{os.path.basename(self._path)[:200]}@{self._offset}"
        self._offset += length
        message = Message(payload=line.removesuffix(b"\r"), id=name, content_type=self._content_type, timestamp=time.time())
        message.metadata.source = self._path
        return Delivery(message, position=str(self._offset).encode())

    def close(self) -> None:
        os.close(self._file)
