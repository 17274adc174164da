"""Standard output carries go-plugin's handshake and nothing else.

Under a host, whatever the program prints, from the import of this package on, goes to standard error, which is the log.
"""

from __future__ import annotations

import os
import sys

COOKIE = ("ROPEWALK_CONNECTOR_PLUGIN", "3b7f0c2e9d4a4f6f8f6a0d1f5c2e7b91")

handshake: int | None = None
"""Where the handshake goes; none where no host has started the program."""


def _guard() -> int:
    kept = os.dup(1)
    sys.stdout.flush()
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)
    return kept


if os.environ.get(COOKIE[0]) == COOKIE[1]:
    handshake = _guard()
