"""A connector as a process, under mutual TLS, with a host that has functions."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from peer import PATIENCE, Peer

from ropewalk_connector import connector_pb2 as wire
from ropewalk_connector import go_plugin_pb2 as go_plugin
from ropewalk_connector.identity import Identity
from ropewalk_connector.output import COOKIE

PROGRAM = Path(__file__).with_name("queue_connector.py")


class Functions:
    """The host's."""

    def __init__(self) -> None:
        self.logged: list[tuple[str, dict[str, str]]] = []

    def handlers(self) -> grpc.GenericRpcHandler:
        def get_secret(request: wire.GetSecretRequest, context: grpc.ServicerContext) -> wire.GetSecretResponse:
            if request.name != "password":
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "not granted")
            return wire.GetSecretResponse(value="seven77")

        def log(request: wire.LogRequest, _: grpc.ServicerContext) -> wire.LogResponse:
            self.logged.append((request.message, dict(request.fields)))
            return wire.LogResponse()

        def unary(call, request):
            return grpc.unary_unary_rpc_method_handler(call, request.FromString, lambda answer: answer.SerializeToString())

        return grpc.method_handlers_generic_handler(
            "ropewalk.connector.v1.Host",
            {"GetSecret": unary(get_secret, wire.GetSecretRequest), "Log": unary(log, wire.LogRequest)},
        )


class ProcessTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="rw")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        # The host's own identity; whom it trusts is known after the handshake.
        self.own = Identity("")
        environment = {
            **os.environ,
            COOKIE[0]: COOKIE[1],
            "PLUGIN_PROTOCOL_VERSIONS": "1",
            "PLUGIN_CLIENT_CERT": self.own._certificate.decode(),
            "PLUGIN_UNIX_SOCKET_DIR": self.folder,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        self.errors = tempfile.TemporaryFile("w+")
        self.addCleanup(self.errors.close)
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM)], env=environment, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.addCleanup(self.process.stdout.close)
        fields = self.process.stdout.readline().strip().split("|")
        self.assertEqual(fields[:3] + fields[4:5], ["1", "1", "unix", "grpc"])
        certificate = x509.load_der_x509_certificate(base64.b64decode(fields[5] + "=" * (-len(fields[5]) % 4)))
        self.own._host = certificate.public_bytes(serialization.Encoding.PEM)
        self.channel = grpc.secure_channel(
            f"unix:{fields[3]}",
            self.own.client(),
            [("grpc.ssl_target_name_override", "localhost"), ("grpc.max_send_message_length", 64 << 20)],
        )
        self.addCleanup(self.channel.close)

    def offer(self, functions: Functions) -> int:
        """Serves the host's functions, and tells the connector through the broker."""
        server = grpc.server(ThreadPoolExecutor(4))
        server.add_generic_rpc_handlers((functions.handlers(),))
        server.add_secure_port(f"unix:{self.folder}/host", self.own.server())
        server.start()
        self.addCleanup(server.stop, 0)
        ended = threading.Event()
        self.addCleanup(ended.set)

        def offers():
            yield go_plugin.ConnInfo(service_id=5, network="unix", address=f"{self.folder}/host")
            ended.wait()

        start = self.channel.stream_stream(
            "/plugin.GRPCBroker/StartStream", go_plugin.ConnInfo.SerializeToString, go_plugin.ConnInfo.FromString
        )
        self.broker = start(offers())
        return 5

    def test_life(self) -> None:
        check = self.channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            go_plugin.HealthCheckRequest.SerializeToString,
            go_plugin.HealthCheckResponse.FromString,
        )
        self.assertEqual(check(go_plugin.HealthCheckRequest(service="plugin"), timeout=PATIENCE).status, 1)
        peer, functions = Peer(self.channel), Functions()
        metadata = peer.call("Metadata", wire.MetadataRequest())
        self.assertEqual((metadata.name, metadata.protocol_version, "streaming" in metadata.capabilities), ("queue", 1, True))
        self.assertEqual(peer.connect(host_broker_id=self.offer(functions)).code, "")

        def send(payload: bytes) -> wire.Error:
            return peer.call("Send", wire.SendRequest(connection_id="c", message=wire.Message(payload=payload))).error

        refused = send(b"secret")
        self.assertEqual((refused.code, refused.message), ("UNAUTHORIZED", "not granted"))
        self.assertEqual(functions.logged, [("asked for a secret", {"length": "7"})])
        # A host offers its functions once, also for connecting again.
        peer.call("Disconnect", wire.DisconnectRequest(connection_id="c"))
        self.assertEqual(peer.connect(host_broker_id=5).code, "")
        self.assertEqual(send(b"secret").code, "UNAUTHORIZED")
        self.assertEqual(len(functions.logged), 2)
        self.assertEqual(send(b"print").code, "")
        self.assertEqual(send(b"x" * (20 << 20)).code, "")
        self.assertEqual(send(b"raise").code, "INTERNAL")

        shutdown = self.channel.unary_unary(
            "/plugin.GRPCController/Shutdown", go_plugin.Empty.SerializeToString, go_plugin.Empty.FromString
        )
        shutdown(go_plugin.Empty(), timeout=PATIENCE)
        self.assertEqual(self.process.wait(PATIENCE), 0)
        self.assertEqual(self.process.stdout.read(), "", "standard output carries the handshake alone")
        self.errors.seek(0)
        lines = self.errors.read().splitlines()
        self.assertIn("a line on standard output 4999", lines)
        raised = [json.loads(line) for line in lines if line.startswith("{")]
        self.assertEqual([line["@level"] for line in raised], ["error"])
        self.assertNotIn("secret", json.dumps(raised))


class WithoutHostTests(unittest.TestCase):
    def test_it_says_what_it_is(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        environment.pop(COOKIE[0], None)
        ended = subprocess.run([sys.executable, str(PROGRAM)], env=environment, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("is a connector for Ropewalk", ended.stderr)


if __name__ == "__main__":
    unittest.main()
