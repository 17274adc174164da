import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Testing

@testable import RopewalkNATS

/// A replay and the closing of its letter are two writes. Here the second one is not made, as when the node dies in front of it, and
/// the server has forgotten the first one's id when the letter is sent again.
@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(120)))
struct InterruptedReplayTests {
  @Test func aLetterIsNotSentAgainByWhoWasThereBefore() async throws {
    try await NATSServer.run { server in
      let (dying, other) = (try await Self.open(server), try await Self.open(server))
      defer { other.close() }
      let position = try await Self.replayWithoutRecord(in: dying)
      dying.close()
      try await Self.waitUntilForgotten(in: other)
      #expect(try await other.append([Self.replay]) == [.duplicate])
      try await Self.expectOne(at: position, in: other)
    }
  }

  @Test func norByTheOneWhoseRecordFoundNoRoom() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      defer { journal.close() }
      let position = try await Self.replayWithoutRecord(in: journal)
      try await Self.waitUntilForgotten(in: journal)
      #expect(try await journal.append([Self.replay]) == [.duplicate])
      try await Self.expectOne(at: position, in: journal)
    }
  }

  @Test func othersCloseItWithoutSendingAny() async throws {
    try await NATSServer.run { server in
      let (dying, other) = (try await Self.open(server), try await Self.open(server))
      defer { other.close() }
      let position = try await Self.replayWithoutRecord(in: dying)
      dying.close()
      try await Self.waitUntilForgotten(in: other)
      try await other.sweep()
      try await Self.expectOne(at: position, in: other)
    }
  }

  @Test func theNextOneClosesIt() async throws {
    try await NATSServer.run { server in
      let dying = try await Self.open(server)
      let position = try await Self.replayWithoutRecord(in: dying)
      dying.close()
      let next = try await Self.open(server)
      defer { next.close() }
      try await Self.expectOne(at: position, in: next)
    }
  }

  private static var replay: JournalEntry {
    var entry = Cluster.entry("m1")
    entry.replay = Replay(letterID: "L1")
    return entry
  }

  private static func open(_ server: NATSServer) async throws -> JetStreamJournal {
    let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
    // Ids are remembered for as short as a server takes.
    let settings = JetStreamJournal.Settings(limits: JournalLimits(windowDuration: .milliseconds(100)))
    return try await JetStreamJournal.open(connection, tenant: "t", settings: settings, logger: .quiet)
  }

  private static func accept(_ entry: JournalEntry, in journal: JetStreamJournal) async throws -> JournalPosition {
    guard case .accepted(let position) = try await journal.append([entry]).first else {
      throw RopewalkError(.journalFull, "'\(entry.message.id)' was not accepted")
    }
    return position
  }

  /// Makes a letter, and sends it again while the ledger has no room.
  private static func replayWithoutRecord(in journal: JetStreamJournal) async throws -> JournalPosition {
    let letter = DeadLetter(
      id: "L1",
      messageID: "m1",
      integration: "orders",
      customer: "c",
      destinations: ["a"],
      stage: DeadLetter.deliveryStage,
      payload: [7],
      originalPayload: [7],
      receivedAt: .now,
      failedAt: .now
    )
    let position = try await accept(Cluster.entry("m1"), in: journal)
    try await journal.settle([Settlement(position: position, destination: "a", outcome: .deadLettered)], deadLetters: [letter])
    let (jetStream, ends) = (journal.jetStream, journal.names.ends)
    let records = try await jetStream.state(of: ends).messages
    try await jetStream.edit(ends, "max_msgs", records)
    let replayed = try await accept(replay, in: journal)
    #expect(try await jetStream.state(of: ends).messages == records)
    try await jetStream.edit(ends, "max_msgs", -1)
    return replayed
  }

  /// Returns when the server knows no id any more that it knew.
  private static func waitUntilForgotten(in journal: JetStreamJournal) async throws {
    let later = Cluster.entry("later")
    _ = try await accept(later, in: journal)
    try await eventually { try await journal.append([later]) != [.duplicate] }
  }

  private static func expectOne(at position: JournalPosition, in journal: JetStreamJournal) async throws {
    let replays = try await journal.unsettled(in: .replays(integration: "orders"), after: nil, limit: 10)
    #expect(replays.map(\.position) == [position])
    let letters = try await journal.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 10)
    guard case .replayed(_, let replayed) = letters.first?.state else { return #expect(Bool(false), "\(letters)") }
    #expect(replayed == position && letters.count == 1)
  }
}
