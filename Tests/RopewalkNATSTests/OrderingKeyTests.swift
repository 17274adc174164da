import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkNATS

/// The key of `ordering: key` is of the payload as it came, whatever the steps on another node made of it.
@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(120)))
struct OrderingKeyTests {
  private static func entry(_ id: String, key: String) -> JournalEntry {
    var entry = Cluster.entry(id)
    entry.message.payload = Array("{\"k\":\"\(key)\"}".utf8)
    return entry
  }

  @Test(arguments: [5, 100_000])
  func itGoesAlongToTheDestination(length: Int) async throws {
    let (first, second) = (String(repeating: "a", count: length), String(repeating: "a", count: length - 1) + "b")
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      defer { audit.close() }
      for entry in [Self.entry("1", key: first), Self.entry("2", key: first), Self.entry("3", key: second)] {
        _ = try await audit.append([entry])
      }
      // After it each message has a key of its own.
      let step = FaultInjectingLogic { (message, _) throws(LogicError) in
        .replace(payload: Array("{\"k\":\"\(message.id)\"}".utf8), contentType: nil, headers: nil)
      }
      let gate = Gate()
      let attempted = Mutex<[String]>([])
      let sink = FaultInjectingConnection { (message, _) throws(ConnectionError) in
        attempted.withLock { $0.append(message.id) }
        if message.id == "1" { await gate.wait() }
      }
      let key = OrderingKey.pointer(try #require(JSONPointer("/k")))
      try await withThrowingTaskGroup { group in
        let logic = try await Cluster.logic(server, ["a"], step: step, orderingKey: key)
        group.addTask { try await logic.run.run() }
        try await eventually { try await audit.jetStream.state(of: audit.names.steps).messages >= 3 }
        let outgoing = try await Cluster.outgoing(server, to: "a", sink, orderingKey: key)
        group.addTask { try await outgoing.run.run() }
        // They come in the order of the stream, so that by now the second could have been attempted.
        try await eventually { attempted.withLock({ $0.contains("3") }) }
        #expect(attempted.withLock { Set($0) } == ["1", "3"])
        gate.open()
        try await Cluster.waitUntilSettled(audit, accepted: 3)
        for node in [logic, outgoing] { node.run.drain() }
        try await group.waitForAll()
        for node in [logic, outgoing] { node.journal.close() }
      }
      #expect(sink.delivered.map(\.id).sorted() == ["1", "2", "3"])
    }
  }

  @Test func theNoteOfAHopTellsIt() throws {
    var note = EntryNote(Cluster.entry("1"))
    #expect(try EntryNote(text: note.text).orderingKey == nil)
    for key in ["", "a \"key\" ü"] {
      note.orderingKey = key
      #expect(try EntryNote(text: note.text) == note)
    }
  }
}
