"""The contract, over a socket inside this process."""

from __future__ import annotations

import queue
import tempfile
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

import grpc
from peer import PATIENCE, Peer
from queue_connector import QueueConnector

from ropewalk_connector import Delivery, Message, Outcome, Receipt
from ropewalk_connector import connector_pb2 as wire
from ropewalk_connector.broker import Broker
from ropewalk_connector.limits import WINDOW_MESSAGES
from ropewalk_connector.service import Service

ROOM = wire.Credit(messages=10, bytes=1 << 20)


class BatchConnector(QueueConnector):
    def send_batch(self, messages):
        self.calls.append(f"batch of {len(messages)}")
        return [None for _ in messages]


class RereadConnector(QueueConnector):
    def resume(self, position: bytes) -> None:
        self.calls.append(f"resume {position!r}")


class ExchangeTests(unittest.TestCase):
    def serve(self, connector: QueueConnector) -> Peer:
        service = Service(lambda: connector, Broker(None))
        server = grpc.server(ThreadPoolExecutor(16))
        server.add_generic_rpc_handlers((service.handlers(),))
        folder = tempfile.TemporaryDirectory()
        server.add_insecure_port(f"unix:{folder.name}/socket")
        server.start()
        channel = grpc.insecure_channel(f"unix:{folder.name}/socket")

        def stop() -> None:
            connector.gate.set()
            channel.close()
            service.disconnect_all()
            server.stop(0).wait()
            folder.cleanup()

        self.addCleanup(stop)
        peer = Peer(channel)
        self.assertEqual(peer.connect().code, "")
        return peer

    def delivery(self, text: str, settled=None, sender_keeps: bool = False) -> Delivery:
        return Delivery(Message(text.encode(), id=text), f"at {text}".encode(), settled, sender_keeps)

    def test_each_message_has_its_outcome_and_credit_comes_back(self) -> None:
        connector = QueueConnector()
        stream = self.serve(connector).open(send=True)
        given = list(stream.credit)
        with self.assertLogs("ropewalk_connector", "ERROR"):
            stream.batch((1, b"a"), (2, b"reject"), (3, b"raise"), (4, b"b"))
            stream.until(lambda: len(stream.outcomes) == 4)
        self.assertEqual([stream.outcomes[n].code for n in (1, 2, 3, 4)], ["", "REJECTED", "INTERNAL", ""])
        self.assertEqual(stream.outcomes[2].retry_after.seconds, 3)
        self.assertNotIn("secret", stream.outcomes[3].message)
        stream.finish()
        self.assertEqual(stream.credit, [given[0] + 4, given[1] + 13])
        self.assertEqual(sorted(message.payload for message in connector.sent), [b"a", b"b"])

    def test_more_than_the_window_passes_as_credit_comes(self) -> None:
        connector = QueueConnector()
        stream = self.serve(connector).open(send=True)
        total = 2 * WINDOW_MESSAGES + 7
        for sequence in range(1, total + 1):
            stream.until(lambda: stream.credit[0] > 0)
            stream.credit[0] -= 1
            stream.batch((sequence, b"x"))
        stream.until(lambda: len(stream.outcomes) == total)
        stream.finish()
        self.assertEqual(len(connector.sent), total)

    def test_a_host_that_breaks_the_contract_is_told(self) -> None:
        peer = self.serve(QueueConnector())
        for breach in ({"chunk": wire.Chunk(sequence=9, data=b"x")}, {"open": wire.Open()}):
            stream = peer.open(send=True)
            stream.send(**breach)
            with self.assertRaises(grpc.RpcError) as raised:
                stream.until(lambda: False)
            self.assertEqual(raised.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_large_payloads_come_and_go_in_chunks(self) -> None:
        connector = QueueConnector()
        payload = bytes(range(250)) * 40
        stream = self.serve(connector).open(send=True, receive=True, max_inline_payload=1000, max_payload=1 << 20, credit=ROOM)
        head = wire.OutgoingMessage(sequence=1, message=wire.Message(id="large"), chunked_length=len(payload))
        stream.send(send=wire.OutgoingBatch(messages=[head]))
        stream.batch((2, b"between"))
        for start in range(0, len(payload), 1000):
            stream.send(chunk=wire.Chunk(sequence=1, data=payload[start : start + 1000]))
        stream.until(lambda: len(stream.outcomes) == 2)
        self.assertEqual({message.id: message.payload for message in connector.sent}, {"large": payload, "2": b"between"})
        connector.incoming.put(Delivery(Message(payload)))
        stream.until(lambda: bool(stream.received) and len(stream.received[0].message.payload) == len(payload))
        self.assertEqual(stream.received[0].message.payload, payload)
        self.assertEqual(stream.received[0].chunked_length, len(payload))
        self.assertTrue(stream.received[0].message.id)
        stream.receipt(1, wire.Receipt.ACCEPTED)
        stream.finish()

    def test_a_cancelled_message_holds_nothing_up(self) -> None:
        stream = self.serve(QueueConnector()).open(send=True)
        stream.batch((1, b"wait"))
        stream.send(cancel=wire.Cancel(sequence=1))
        stream.finish()
        self.assertEqual(stream.outcomes, {})

    def test_finish_waits_for_what_is_under_way(self) -> None:
        connector = QueueConnector()
        stream = self.serve(connector).open(send=True)
        stream.batch((1, b"wait"))
        threading.Timer(0.05, connector.gate.set).start()
        stream.finish()
        self.assertEqual(stream.outcomes[1].code, "")

    def test_batches_reach_one_that_takes_them(self) -> None:
        connector = BatchConnector()
        stream = self.serve(connector).open(send=True)
        stream.batch((1, b"a"), (2, b"b"))
        stream.until(lambda: len(stream.outcomes) == 2)
        self.assertIn("batch of 2", connector.calls)

    def test_messages_stop_at_the_credit_and_settle_by_receipt(self) -> None:
        connector, settled = QueueConnector(), queue.SimpleQueue()
        for text in "abc":
            connector.incoming.put(self.delivery(text, settled.put))
        stream = self.serve(connector).open(receive=True, credit=wire.Credit(messages=2, bytes=100))
        stream.until(lambda: len(stream.received) == 2)
        self.assertEqual(stream.received[1].position, b"at b")
        stream.receipt(1, wire.Receipt.ACCEPTED)
        stream.receipt(2, wire.Receipt.INVALID)
        self.assertEqual([settled.get(timeout=PATIENCE).outcome for _ in range(2)], [Outcome.ACCEPTED, Outcome.INVALID])
        stream.send(credit=wire.Credit(messages=1, bytes=1))
        connector.incoming.put(None)
        stream.until(lambda: len(stream.received) == 3)
        stream.receipt(3, wire.Receipt.DUPLICATE)
        stream.send(credit=wire.Credit(messages=1, bytes=1))
        stream.until(lambda: stream.ended is not None)
        self.assertTrue(settled.get(timeout=PATIENCE).taken)
        stream.finish()

    def test_a_message_without_room_is_offered_again(self) -> None:
        connector, settled = QueueConnector(), queue.SimpleQueue()
        connector.incoming.put(self.delivery("kept", settled.put))
        connector.incoming.put(self.delivery("passed on", settled.put, sender_keeps=True))
        stream = self.serve(connector).open(receive=True, credit=ROOM)
        stream.until(lambda: len(stream.received) == 2)
        stream.receipt(2, wire.Receipt.FULL, 1000)
        self.assertEqual(settled.get(timeout=PATIENCE), Receipt(Outcome.FULL, "", 1.0))
        stream.receipt(1, wire.Receipt.UNAVAILABLE, 20)
        stream.until(lambda: len(stream.received) == 3)
        self.assertEqual((stream.received[2].message.id, stream.received[2].sequence), ("kept", 3))
        stream.receipt(3, wire.Receipt.ACCEPTED)
        self.assertTrue(settled.get(timeout=PATIENCE).taken)

    def test_messages_without_a_receipt_come_again_on_the_next_stream(self) -> None:
        connector = QueueConnector()
        for text in "abc":
            connector.incoming.put(self.delivery(text))
        peer = self.serve(connector)
        stream = peer.open(receive=True, credit=ROOM)
        stream.until(lambda: len(stream.received) == 3)
        stream.receipt(2, wire.Receipt.ACCEPTED)
        stream.finish()
        stream = peer.open(receive=True, credit=ROOM)
        stream.until(lambda: len(stream.received) == 2)
        self.assertEqual([message.message.id for message in stream.received], ["a", "c"])

    def test_a_source_with_positions_is_resumed_instead(self) -> None:
        connector = RereadConnector()
        connector.incoming.put(self.delivery("a"))
        peer = self.serve(connector)
        stream = peer.open(receive=True, credit=ROOM)
        stream.until(lambda: len(stream.received) == 1)
        stream.finish()
        connector.incoming.put(self.delivery("b"))
        stream = peer.open(receive=True, credit=ROOM, resume_position=b"at a")
        stream.until(lambda: len(stream.received) == 1)
        self.assertEqual(stream.received[0].message.id, "b")
        self.assertEqual(connector.calls[-2:], ["resume b''", "resume b'at a'"])

    def test_one_stream_receives_at_a_time(self) -> None:
        peer = self.serve(QueueConnector())
        first = peer.open(receive=True, credit=ROOM)
        self.assertEqual(peer.open(receive=True, credit=ROOM).opened.error.code, "UNSUPPORTED")
        first.finish()
        self.assertEqual(peer.open(receive=True, credit=ROOM).opened.error.code, "")

    def test_connect_and_disconnect_are_idempotent(self) -> None:
        connector = QueueConnector()
        peer = self.serve(connector)
        peer.connect()
        peer.connect('{"name": "other"}')
        for _ in range(2):
            peer.call("Disconnect", wire.DisconnectRequest(connection_id="c"))
        self.assertEqual(connector.calls, ["connect", "disconnect", "connect", "disconnect"])
        answer = peer.call("Send", wire.SendRequest(connection_id="c"))
        self.assertEqual(answer.error.code, "CONNECTION_FAILED")

    def test_a_bad_configuration_is_refused(self) -> None:
        peer = self.serve(QueueConnector())
        for settings in ('{"unknown": 1}', "[]", "{"):
            config = wire.ConnectionConfig(id="c", settings=settings)
            self.assertEqual(len(peer.call("Validate", wire.ValidateRequest(config=config)).problems), 1)
            error = peer.connect(settings)
            self.assertEqual((error.code, error.recoverable), ("INVALID_CONFIG", False))

    def test_unary_calls_settle_and_offer_again(self) -> None:
        connector, settled = QueueConnector(), queue.SimpleQueue()
        for text in "ab":
            connector.incoming.put(self.delivery(text, settled.put))
        peer = self.serve(connector)

        def receive(*receipts: wire.Receipt) -> wire.ReceiveResponse:
            request = wire.ReceiveRequest(connection_id="c", receipts=receipts, max_messages=10)
            request.wait.FromMilliseconds(200)
            return peer.call("Receive", request)

        messages = []
        while len(messages) < 2:
            messages += receive().messages
        full = wire.Receipt(sequence=2, outcome=wire.Receipt.FULL)
        full.retry_after.FromMilliseconds(10)
        connector.incoming.put(None)
        answer = receive(wire.Receipt(sequence=1, outcome=wire.Receipt.ACCEPTED), full)
        self.assertTrue(settled.get(timeout=PATIENCE).taken)
        while not answer.messages:
            answer = receive()
        self.assertEqual((answer.messages[0].message.id, answer.messages[0].sequence), ("b", 3))
        answer = receive(wire.Receipt(sequence=3, outcome=wire.Receipt.DUPLICATE))
        while not answer.ended:
            answer = receive()


if __name__ == "__main__":
    unittest.main()
