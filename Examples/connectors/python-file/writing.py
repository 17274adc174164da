"""Durable writing: what returned is on disk."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Protocol

from ropewalk_connector import Code, ConnectorError, Message


class Writer(Protocol):
    def write(self, messages: list[Message]) -> list[ConnectorError | None]: ...

    def close(self) -> None: ...


class LineWriter:
    """Adds lines to a file. A batch takes one write and one sync; one that fails half-way is taken back."""

    def __init__(self, path: str, sync: bool) -> None:
        self._sync = sync
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        size = os.fstat(self._file).st_size
        # A line that a crash cut off is ended, so that the next one starts on its own.
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")
        if sync:
            _sync_folder(os.path.dirname(os.path.abspath(path)))

    def write(self, messages: list[Message]) -> list[ConnectorError | None]:
        answers: list[ConnectorError | None] = []
        lines: list[bytes] = []
        for message in messages:
            if b"\n" in message.payload:
                answers.append(ConnectorError(Code.REJECTED, "the payload has a line break; use mode whole"))
            else:
                answers.append(None)
                lines.append(message.payload + b"\n")
        self._append(b"".join(lines))
        return answers

    def _append(self, data: bytes) -> None:
        size = os.fstat(self._file).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
            if self._sync:
                os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, size)
            raise

    def close(self) -> None:
        os.close(self._file)


class FolderWriter:
    """Writes a file for each message, under the message's id: all of it, or nothing."""

    def __init__(self, path: str, sync: bool) -> None:
        self._folder = path
        self._sync = sync
        os.makedirs(path, exist_ok=True)

    def write(self, messages: list[Message]) -> list[ConnectorError | None]:
        for message in messages:
            self._put(os.path.join(self._folder, file_name(message.id)), message.payload)
        if self._sync:
            _sync_folder(self._folder)
        return [None for _ in messages]

    def _put(self, path: str, payload: bytes) -> None:
        temporary = f"{path}.part"
        with open(temporary, "wb") as file:
            file.write(payload)
            if self._sync:
                file.flush()
                os.fdatasync(file.fileno())
        os.replace(temporary, path)

    def close(self) -> None:
        pass


def file_name(message_id: str) -> str:
    """The id where it can name a file; otherwise what is left of it with a digest, so that two ids are two files."""
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}", message_id) and not message_id.endswith(".part"):
        return message_id
    digest = hashlib.sha256(message_id.encode()).hexdigest()[:16]
    return re.sub(r"[^A-Za-z0-9_-]", "_", message_id)[:100] + "-" + digest


def _sync_folder(path: str) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
