"""The connector: a file's lines come in, lines or files go out."""

from __future__ import annotations

from reading import LineReader
from ropewalk_connector import (
    Code,
    ConfigProblem,
    ConnectionConfig,
    Connector,
    ConnectorError,
    Delivery,
    Message,
    PluginMetadata,
)
from settings import SCHEMA, Settings, problems
from writing import FolderWriter, LineWriter, Writer


class FileConnector(Connector):
    def __init__(self) -> None:
        self._reader: LineReader | None = None
        self._writer: Writer | None = None

    def metadata(self) -> PluginMetadata:
        return PluginMetadata(
            id="github.com/ropewalk/examples/python-file",
            name="python-file",
            version="1.0.0",
            supported_types=["file"],
            description="Reads lines of a file and writes lines or files.",
            author="Ropewalk",
            documentation="https://github.com/ropewalk/ropewalk/tree/main/Examples/connectors/python-file",
            capabilities=["bidirectional", "batching", "shared-process"],
            config_schema=SCHEMA,
        )

    def validate(self, config: ConnectionConfig) -> list[ConfigProblem]:
        return problems(config.settings, config.incoming and not config.outgoing)

    def connect(self, config: ConnectionConfig) -> None:
        settings = Settings(**config.settings)
        try:
            if config.outgoing:
                make = LineWriter if settings.mode == "lines" else FolderWriter
                self._writer = make(settings.path, settings.fsync)
            if config.incoming and settings.mode == "lines":
                self._reader = LineReader(settings.path, settings.follow, settings.contentType)
        except OSError as error:
            self.disconnect()
            raise ConnectorError(
                Code.CONNECTION_FAILED, f"{settings.path} cannot be opened: {error.strerror}", recoverable=True
            ) from error

    def disconnect(self) -> None:
        for part in (self._reader, self._writer):
            if part is not None:
                part.close()
        self._reader = self._writer = None

    def send_batch(self, messages: list[Message]) -> list[ConnectorError | None]:
        if self._writer is None:
            raise ConnectorError(Code.UNSUPPORTED, "this connection was not opened for writing")
        return self._writer.write(messages)

    def resume(self, position: bytes) -> None:
        self._readable().resume(position)

    def receive_batch(self, limit: int, timeout: float) -> list[Delivery]:
        return self._readable().next(limit, timeout)

    def _readable(self) -> LineReader:
        if self._reader is None:
            raise ConnectorError(Code.UNSUPPORTED, "this connection was not opened for reading lines")
        return self._reader
