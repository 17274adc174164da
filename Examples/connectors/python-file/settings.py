"""What an integration file says to the connector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ropewalk_connector import ConfigProblem

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "path": {"type": "string", "minLength": 1, "description": "lines: the file; whole: the folder for the files"},
        "mode": {"enum": ["lines", "whole"], "default": "lines", "description": "a line per message, or a file per message"},
        "fsync": {"type": "boolean", "default": True, "description": "a message counts as delivered when it is on disk"},
        "follow": {"type": "boolean", "default": False, "description": "incoming: go on when all is read"},
        "contentType": {"type": "string", "description": "incoming: the messages' media type"},
    },
    "required": ["path"],
    "additionalProperties": False,
}

_KINDS = {"path": str, "mode": str, "fsync": bool, "follow": bool, "contentType": str}


@dataclass(frozen=True)
class Settings:
    path: str
    mode: str = "lines"
    fsync: bool = True
    follow: bool = False
    contentType: str = "text/plain"


def problems(settings: dict[str, Any], incoming: bool) -> list[ConfigProblem]:
    """Everything that is wrong."""
    found = [
        ConfigProblem("is not known", [name], f"use one of {', '.join(_KINDS)}") for name in settings if name not in _KINDS
    ]
    for name, kind in _KINDS.items():
        if name in settings and type(settings[name]) is not kind:
            found.append(ConfigProblem(f"must be a {'text' if kind is str else 'true or false'}", [name]))
    if not settings.get("path"):
        found.append(ConfigProblem("is missing", ["path"], "name a file, or for mode whole a folder"))
    if settings.get("mode", "lines") not in ("lines", "whole"):
        found.append(ConfigProblem("is no mode", ["mode"], "write lines or whole"))
    if incoming and settings.get("mode") == "whole":
        found.append(ConfigProblem("whole is for outgoing only", ["mode"], "write lines"))
    return found
