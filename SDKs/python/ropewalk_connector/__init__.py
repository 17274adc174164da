"""What a connector for Ropewalk is written with, in Python.

A connector is a program that derives from `Connector` and calls `serve`:

    class Mine(Connector):
        ...

    if __name__ == "__main__":
        serve(Mine)

Ropewalk starts it as a process of its own and speaks HashiCorp's go-plugin protocol with it. The package does the rest of
the contract: batches, acknowledgements, flow control, large payloads, redelivery. What is printed goes to the host's log.
docs/guide/writing-connectors.md is the guide.
"""

from . import output  # noqa: F401  before anything prints
from .connector import Connector
from .errors import Code, ConnectorError, EndOfSource
from .host import Host
from .model import (
    ConfigProblem,
    ConnectionConfig,
    Delivery,
    Header,
    Headers,
    Message,
    MessageMetadata,
    Outcome,
    PluginMetadata,
    Receipt,
    RetryPolicy,
)
from .serving import serve

__all__ = [
    "Code",
    "ConfigProblem",
    "ConnectionConfig",
    "Connector",
    "ConnectorError",
    "Delivery",
    "EndOfSource",
    "Header",
    "Headers",
    "Host",
    "Message",
    "MessageMetadata",
    "Outcome",
    "PluginMetadata",
    "Receipt",
    "RetryPolicy",
    "serve",
]
