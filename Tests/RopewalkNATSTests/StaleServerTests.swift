import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Testing

@testable import RopewalkNATS

/// Of several servers that keep a stream, one that is behind may answer: what it does not have is there all the same.
@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(120)))
struct StaleServerTests {
  @Test func anEndIsNotDropped() async throws {
    try await NATSServer.run { server in
      let (first, second) = (try await Cluster.journal(server), try await Cluster.journal(server))
      defer { for journal in [first, second] { journal.close() } }
      let position = try await Self.accept("1", in: first)
      try await Cluster.whileReads(of: first.names.accepted, areAnswered: 404, server) {
        try await second.settle([Settlement(position: position, destination: "a", outcome: .delivered)])
      }
      let line = try #require(try await first.ledger().first)
      #expect((line.delivered, line.inFlight) == (1, 0))
    }
  }

  @Test func aCallKnowsItsOwnMessageAgain() async throws {
    try await NATSServer.run { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      let position = try await Self.accept("1", in: journal)
      let stored = try #require(try await journal.jetStream.message(position.value, of: journal.names.accepted))
      let note = try EntryNote(text: stored.note)
      try await Cluster.whileReads(of: journal.names.accepted, areAnswered: 404, server) {
        let isOurs = try await journal.isOurs(position.value, note)
        #expect(isOurs)
      }
    }
  }

  @Test func aParkedMessageIsThere() async throws {
    try await NATSServer.run { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      let position = try await Self.accept("1", in: journal)
      let parked = try await Delivered.parked(position, in: journal)
      let desk = StepDesk(journal, integration: "orders", step: .logic(destinations: ["a"]), logger: .quiet)
      try await Cluster.whileReads(of: journal.names.accepted, areAnswered: 404, server) {
        let payloads = try await desk.payloads(of: [parked], in: journal.names.accepted)
        #expect(payloads == [position.value: [7]])
      }
      // Gone, and nobody says that it has ended: it is not acknowledged.
      try await journal.jetStream.delete(position.value, from: journal.names.accepted)
      #expect(try await desk.payloads(of: [parked], in: journal.names.accepted).isEmpty)
      #expect(!desk.hasEnded(parked))
      try await journal.settle([Settlement(position: position, destination: "a", outcome: .delivered)])
      #expect(desk.hasEnded(parked))
    }
  }

  /// Its large payload lies beside, and would be taken for nobody's.
  @Test func theLastSnapshotIsTheLeaders() async throws {
    try await NATSServer.run { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      for number in 1...2 {
        let snapshot = NATSOutgoing(journal.names.snapshot, headers: [("Ropewalk", "\(number)/body")], payload: [1])
        _ = try await journal.publisher.publish(snapshot)
      }
      try await Cluster.whileReads(of: journal.names.ends, areAnswered: 404, server) {
        let last = try await journal.jetStream.lastMessage(of: journal.names.ends, subject: journal.names.snapshot)
        #expect(last?.sequence == 2 && last?.note == "2/body" && last?.payload == [1])
      }
    }
  }

  private static func accept(_ id: String, in journal: JetStreamJournal) async throws -> JournalPosition {
    guard case .accepted(let position) = try await journal.append([Cluster.entry(id)]).first else {
      throw RopewalkError(.journalFull, "'\(id)' was not accepted")
    }
    return position
  }
}
