"""The connector's parts, on real files."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

from file_connector import FileConnector
from ropewalk_connector import ConnectionConfig, EndOfSource, Message
from writing import file_name


class FileConnectorTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def connected(self, incoming: bool = False, outgoing: bool = False, **settings) -> FileConnector:
        connector = FileConnector()
        config = ConnectionConfig(settings=settings, incoming=incoming, outgoing=outgoing)
        self.assertEqual(connector.validate(config), [])
        connector.connect(config)
        self.addCleanup(connector.disconnect)
        return connector

    def test_lines_are_added_and_a_cut_one_is_ended(self) -> None:
        path = self.folder / "out"
        path.write_bytes(b"cut off")
        connector = self.connected(outgoing=True, path=str(path))
        answers = connector.send_batch([Message(b"a"), Message(b"two\nlines"), Message(b"b")])
        self.assertEqual([answer and answer.code for answer in answers], [None, "REJECTED", None])
        self.assertEqual(path.read_bytes(), b"cut off\na\nb\n")

    def test_a_file_per_message(self) -> None:
        connector = self.connected(outgoing=True, path=str(self.folder / "out"), mode="whole")
        connector.send_batch([Message(b"1\n2", id="order-1"), Message(b"x", id="../../etc/passwd")])
        files = {path.name: path.read_bytes() for path in (self.folder / "out").iterdir()}
        self.assertEqual(files, {"order-1": b"1\n2", file_name("../../etc/passwd"): b"x"})
        self.assertNotIn("/", file_name("../../etc/passwd"))

    def test_lines_have_positions_and_resume(self) -> None:
        path = self.folder / "in"
        path.write_bytes(b"a\r\n\nbb\nlast")
        connector = self.connected(incoming=True, path=str(path))
        connector.resume(b"")
        first = connector.receive_batch(2, 0)
        self.assertEqual([delivery.message.payload for delivery in first], [b"a", b""])
        self.assertEqual([delivery.position for delivery in first], [b"3", b"4"])
        connector.resume(b"3")
        again = connector.receive_batch(10, 0) + connector.receive_batch(10, 0)
        self.assertEqual([delivery.message.payload for delivery in again], [b"", b"bb", b"last"])
        self.assertEqual(again[0].message.id, first[1].message.id)
        with self.assertRaises(EndOfSource):
            connector.receive_batch(10, 0)

    def test_a_followed_file_goes_on(self) -> None:
        path = self.folder / "in"
        path.write_bytes(b"a\nhalf")
        connector = self.connected(incoming=True, path=str(path), follow=True)
        connector.resume(b"")
        self.assertEqual([delivery.message.payload for delivery in connector.receive_batch(10, 0)], [b"a"])
        self.assertEqual(connector.receive_batch(10, 0), [])
        with open(path, "ab") as file:
            file.write(b" done\n")
        self.assertEqual([delivery.message.payload for delivery in connector.receive_batch(10, 0)], [b"half done"])

    def test_what_is_wrong_with_settings(self) -> None:
        connector = FileConnector()
        for settings, paths in (
            ({}, [["path"]]),
            ({"path": 7}, [["path"]]),
            ({"path": "x", "mode": "other", "what": 1}, [["what"], ["mode"]]),
        ):
            self.assertEqual([problem.path for problem in connector.validate(ConnectionConfig(settings=settings))], paths)

    def test_a_file_that_cannot_be_opened(self) -> None:
        connector = FileConnector()
        with self.assertRaisesRegex(Exception, "CONNECTION_FAILED"):
            connector.connect(ConnectionConfig(settings={"path": os.path.join(self.folder, "none", "x")}, outgoing=True))


if __name__ == "__main__":
    unittest.main()
