import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Testing

@testable import RopewalkNATS

/// What the dead letter has of a message that nodes ended with.
@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(120)))
struct GivenUpTests {
  @Test func aPayloadThatCannotBeReadJustNowIsNotLost() async throws {
    try await NATSServer.run { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      let (desk, given) = try await Self.take(Cluster.entry("m1"), in: journal)
      try await Cluster.whileReads(of: journal.names.accepted, areAnswered: 503, server) {
        await #expect(throws: JetStreamRefusal.self) { try await Self.giveUp(given, desk) }
      }
      let before = try await Self.letters(in: journal)
      #expect(before.isEmpty)
      try await Self.giveUp(given, desk)
      let letters = try await Self.letters(in: journal)
      #expect(letters.map(\.payload) == [[7]] && letters.map(\.originalPayload) == [[7]] && letters.first?.damage == nil)
    }
  }

  @Test func whatHasEndedElsewhereIsNoDeadLetter() async throws {
    try await NATSServer.run { server in
      let (journal, other) = (try await Cluster.journal(server), try await Cluster.journal(server))
      defer { for journal in [journal, other] { journal.close() } }
      let (desk, given) = try await Self.take(Cluster.entry("m1"), in: journal)
      try await other.settle([Settlement(position: JournalPosition(given.sequence), destination: "a", outcome: .delivered)])
      try await Self.giveUp(given, desk)
      let letters = try await Self.letters(in: journal)
      #expect(letters.isEmpty)
    }
  }

  @Test func aPayloadThatWasPurgedIsSaidToBeGone() async throws {
    try await NATSServer.run { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      var large = Cluster.entry("m1")
      large.message.payload = [UInt8](repeating: 7, count: 300 << 10)
      let (desk, given) = try await Self.take(large, in: journal)
      try await journal.jetStream.purge(journal.names.bodies, subject: journal.names.bodiesSubjects[0])
      try await Self.giveUp(given, desk)
      let letters = try await Self.letters(in: journal)
      #expect(letters.map(\.code) == ["delivery.payload.unreadable"])
      #expect(letters.first?.payload == [] && letters.first?.damage?.contains("purged") == true)
    }
  }

  private static func take(_ entry: JournalEntry, in journal: JetStreamJournal) async throws -> (desk: StepDesk, given: Delivered) {
    guard case .accepted(let position) = try await journal.append([entry]).first else {
      throw RopewalkError(.journalFull, "the message was not accepted")
    }
    let desk = StepDesk(journal, integration: "orders", step: .logic(destinations: ["a"]), logger: .quiet)
    return (desk, try await Delivered.parked(position, in: journal))
  }

  private static func giveUp(_ given: Delivered, _ desk: StepDesk) async throws {
    let note = try EntryNote(text: given.note)
    try await desk.giveUp(note, note.message, at: given.sequence, ["a"], 15)
  }

  private static func letters(in journal: JetStreamJournal) async throws -> [DeadLetter] {
    try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
  }
}
