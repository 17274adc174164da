"""The process: handshake, services, end."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc

from . import go_plugin_pb2 as go_plugin
from . import log, output
from .broker import Broker
from .connector import Connector
from .identity import Identity
from .limits import END_GRACE, MESSAGE_LENGTH, PARENT_CHECK, PROTOCOL_VERSION, SERVER_THREADS
from .service import Service

_HEALTH = ("plugin", Service.name, "")

_OPTIONS = [
    ("grpc.max_send_message_length", MESSAGE_LENGTH),
    ("grpc.max_receive_message_length", MESSAGE_LENGTH),
    # A window of a fixed size: gRPC then needs no PING to find one.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 4 << 20),
    ("grpc.so_reuseport", 0),
]


def serve(make: Callable[[], Connector]) -> None:
    """Serves any number of connections, each with a connector of its own from `make` (most often the class itself), and
    ends the program when the host says so or is gone. One more is made for `metadata` and `validate`."""
    if output.handshake is None:
        sys.exit("This program is a connector for Ropewalk, which starts it. `ropewalk plugin check` tries it out.")
    log.set_up()
    certificate = os.environ.get("PLUGIN_CLIENT_CERT")
    identity = Identity(certificate) if certificate else None
    broker = Broker(identity)
    service = Service(make, broker)
    ending = threading.Event()
    server = grpc.server(ThreadPoolExecutor(SERVER_THREADS, thread_name_prefix="call"), options=_OPTIONS)
    server.add_generic_rpc_handlers((service.handlers(), broker.handlers(), _health(), _controller(ending)))
    folder = os.environ.get("PLUGIN_UNIX_SOCKET_DIR") or tempfile.gettempdir()
    path = tempfile.mktemp(prefix="plugin", dir=folder)
    if identity:
        server.add_secure_port(f"unix:{path}", identity.server())
    else:
        server.add_insecure_port(f"unix:{path}")
    server.start()
    fields = ["1", str(PROTOCOL_VERSION), "unix", path, "grpc"] + ([identity.handshake] if identity else [])
    os.write(output.handshake, ("|".join(fields) + "\n").encode())
    _wait(ending)
    _end(server, service, path)


def _wait(ending: threading.Event) -> None:
    """Returns when the host says so, or is gone. Ctrl-C is for the host to act on."""
    host = os.getppid()
    while os.getppid() == host:
        try:
            if ending.wait(PARENT_CHECK):
                return
        except KeyboardInterrupt:
            continue


def _end(server: grpc.Server, service: Service, path: str) -> None:
    closing = threading.Thread(target=service.disconnect_all, daemon=True)
    closing.start()
    closing.join(END_GRACE)
    # The answer to Shutdown may still be under way.
    server.stop(0.2).wait()
    if os.path.exists(path):
        os.unlink(path)
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of an author that still wait for something do not keep the process.
    os._exit(0)


def _health() -> grpc.GenericRpcHandler:
    def check(request: go_plugin.HealthCheckRequest, _: grpc.ServicerContext) -> go_plugin.HealthCheckResponse:
        return go_plugin.HealthCheckResponse(status=1 if request.service in _HEALTH else 3)

    handler = grpc.unary_unary_rpc_method_handler(
        check, go_plugin.HealthCheckRequest.FromString, go_plugin.HealthCheckResponse.SerializeToString
    )
    return grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler})


def _controller(ending: threading.Event) -> grpc.GenericRpcHandler:
    def shutdown(_: go_plugin.Empty, context: grpc.ServicerContext) -> go_plugin.Empty:
        context.add_callback(ending.set)
        return go_plugin.Empty()

    handler = grpc.unary_unary_rpc_method_handler(shutdown, go_plugin.Empty.FromString, go_plugin.Empty.SerializeToString)
    return grpc.method_handlers_generic_handler("plugin.GRPCController", {"Shutdown": handler})
