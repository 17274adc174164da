"""The log: hclog's JSON on standard error, where the host reads level and fields."""

from __future__ import annotations

import datetime
import json
import logging
import sys
import traceback


class HostLogFormatter(logging.Formatter):
    _levels = {"CRITICAL": "error", "WARNING": "warn"}

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "@level": self._levels.get(record.levelname, record.levelname.lower()),
            "@message": record.getMessage(),
            "@module": record.name,
            "@timestamp": datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc).isoformat(timespec="microseconds"),
        }
        if record.exc_info and record.exc_info[1] is not None:
            # Where, not what: the text of an exception may hold a secret or a payload.
            frames = traceback.extract_tb(record.exc_info[1].__traceback__)
            line["stack"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line)


def set_up() -> None:
    """Sends Python's log to the host. Loggers of other libraries are heard from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(HostLogFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
