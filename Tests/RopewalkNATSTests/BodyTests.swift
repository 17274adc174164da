import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkTesting
import Testing

@testable import RopewalkNATS

/// Large payloads lie in a stream of their own: none stays that nothing names, whatever its owner's end.
@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(300)))
struct BodyTests {
  static let large = 300 << 10

  static func open(
    _ server: NATSServer,
    _ settings: JetStreamJournal.Settings = .init(),
    logger: Logger = .quiet
  ) async throws -> JetStreamJournal {
    let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
    return try await JetStreamJournal.open(connection, tenant: "t", settings: settings, logger: logger)
  }

  static func accept(_ id: String, size: Int = 10, in journal: JetStreamJournal) async throws -> JournalPosition {
    let metadata = MessageMetadata(customerID: "acme", integrationID: "orders")
    let message = Message(id: id, payload: [UInt8](repeating: 7, count: size), metadata: metadata)
    guard case .accepted(let position) = try await journal.append([JournalEntry(message: message, destinations: ["a"])]).first else {
      throw RopewalkError(.journalFull, "'\(id)' was not accepted")
    }
    return position
  }

  static func letter(_ id: String, size: Int, failedAt: Timestamp = .now) -> DeadLetter {
    let payload = [UInt8](repeating: 7, count: size)
    return DeadLetter(
      messageID: id,
      integration: "orders",
      customer: "acme",
      destinations: ["a"],
      stage: DeadLetter.deliveryStage,
      payload: payload,
      originalPayload: payload,
      receivedAt: failedAt,
      failedAt: failedAt
    )
  }

  static func giveUp(_ position: JournalPosition, _ letter: DeadLetter, in journal: JetStreamJournal) async throws {
    try await journal.settle([Settlement(position: position, destination: "a", outcome: .deadLettered)], deadLetters: [letter])
  }

  static func deliver(_ id: String, in journal: JetStreamJournal) async throws {
    let position = try await accept(id, in: journal)
    try await journal.settle([Settlement(position: position, destination: "a", outcome: .delivered)])
  }

  static func count(_ stream: String, in journal: JetStreamJournal) async throws -> Int {
    try await journal.jetStream.state(of: stream).messages
  }

  /// Acceptance alone could fill the stream with what then finds no room on its way, so that nothing would end any more.
  @Test func whatIsOnItsWayHasRoomWhateverWasAcceptedAndGivenUp() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      defer { journal.close() }
      try await journal.jetStream.edit(journal.names.bodies, "max_bytes", 12 * Self.large)
      var accepted = 0
      while (try? await Self.accept("\(accepted)", size: Self.large, in: journal)) != nil { accepted += 1 }
      #expect((4...6).contains(accepted), "half of the stream, and not \(accepted) of twelve")
      let bytes = [UInt8](repeating: 1, count: Self.large)
      var letters = 0
      while (try? await journal.bodies.put(bytes, of: .letter)) != nil { letters += 1 }
      #expect((2...4).contains(letters), "a quarter of the stream, and not \(letters) of twelve")
      for _ in 0..<2 { _ = try await journal.bodies.put(bytes, of: .hop(1)) }
    }
  }

  @Test func whatACrashLeftIsSweptAndWhatIsInUseIsNot() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      let inUse = try await Self.accept("large", size: Self.large, in: journal)
      try await Self.giveUp(try await Self.accept("given up", in: journal), Self.letter("given up", size: Self.large), in: journal)
      let ended = try await Self.accept("ended", in: journal)
      let bytes = [UInt8](repeating: 1, count: 10)
      // Each stored by a node that died before it said what for.
      for owner in [BodyOwner.accepted, .letter, .snapshot, .hop(ended.value)] { _ = try await journal.bodies.put(bytes, of: owner) }
      let passedOn = try await journal.bodies.put(bytes, of: .hop(inUse.value))
      try await journal.settle([Settlement(position: ended, destination: "a", outcome: .delivered)])
      journal.close()

      // They are too young.
      let patient = try await Self.open(server)
      try await patient.sweepBodies()
      #expect(try await Self.count(patient.names.bodies, in: patient) == 11)
      patient.close()
      var settings = JetStreamJournal.Settings()
      settings.bodiesSweptAfter = .zero
      let other = try await Self.open(server, settings)
      #expect(try await Self.count(other.names.bodies, in: other) == 7)
      let open = try await other.unsettled(in: .accepted(integration: "orders", customer: "acme"), after: nil, limit: 10)
      #expect(open.map(\.message.payload.count) == [Self.large])
      #expect(try await other.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10).map(\.payload.count) == [Self.large])
      #expect(try await other.bodies.get(passedOn) == bytes)
      // With its message's end a hop needs nothing any more.
      try await other.settle([Settlement(position: inUse, destination: "a", outcome: .delivered)])
      try await other.sweepBodies()
      #expect(try await Self.count(other.names.bodies, in: other) == 3)
      other.close()
    }
  }

  /// An end waits for no sweep.
  @Test func sweepsAreBesideTheWork() async throws {
    try await NATSServer.run { server in
      var settings = JetStreamJournal.Settings()
      settings.bodiesSweptAfter = .zero
      settings.sweepInterval = .milliseconds(1)
      let journal = try await Self.open(server, settings)
      defer { journal.close() }
      _ = try await journal.bodies.put([1], of: .letter)
      for id in ["1", "2", "3"] { try await Self.deliver(id, in: journal) }
      #expect(try await Self.count(journal.names.bodies, in: journal) == 1)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await journal.sweepUntilCancelled() }
        try await eventually { try await Self.count(journal.names.bodies, in: journal) == 0 }
        group.cancelAll()
      }
    }
  }

  /// A message that is passed on and ends elsewhere before its next step begins with it.
  @Test func aHopThatNobodyNeedsTakesItsPayloadWithIt() async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      let position = try await Self.accept("m2", size: Self.large, in: audit)
      try await withThrowingTaskGroup { group in
        let logic = try await Cluster.logic(server, ["a"])
        group.addTask { try await logic.run.run() }
        try await eventually { try await Self.count(audit.names.steps, in: audit) != 0 }
        logic.run.drain()
        try await group.waitForAll()
        logic.journal.close()
      }
      try await audit.settle([Settlement(position: position, destination: "a", outcome: .delivered)])
      #expect(try await Self.count(audit.names.bodies, in: audit) == 3)
      let sink = Recorder()
      try await withThrowingTaskGroup { group in
        let outgoing = try await Cluster.outgoing(server, to: "a", sink)
        group.addTask { try await outgoing.run.run() }
        try await eventually { try await Self.count(audit.names.bodies, in: audit) == 0 }
        outgoing.run.drain()
        try await group.waitForAll()
        outgoing.journal.close()
      }
      #expect(sink.ids.isEmpty)
      #expect(try await Self.count(audit.names.steps, in: audit) == 0)
      audit.close()
    }
  }

  /// What no step has changed is stored once for all destinations, and stays until the last of them has it.
  @Test func anUnchangedPayloadIsStoredOnce() async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      var entry = Cluster.entry("m2")
      entry.message.payload = [UInt8](repeating: 7, count: Self.large)
      entry.destinations = ["a", "b"]
      _ = try await audit.append([entry])
      try await withThrowingTaskGroup { group in
        let logic = try await Cluster.logic(server, ["a", "b"], step: FaultInjectingLogic())
        group.addTask { try await logic.run.run() }
        try await eventually { try await Self.count(audit.names.steps, in: audit) >= 2 }
        logic.run.drain()
        try await group.waitForAll()
        logic.journal.close()
      }
      #expect(try await Self.count(audit.names.bodies, in: audit) == 3)
      for (destination, left) in [("a", 1), ("b", 0)] {
        let sink = Recorder()
        try await withThrowingTaskGroup { group in
          let outgoing = try await Cluster.outgoing(server, to: destination, sink)
          group.addTask { try await outgoing.run.run() }
          try await eventually { try await Self.count(audit.names.steps, in: audit) <= left }
          outgoing.run.drain()
          try await group.waitForAll()
          outgoing.journal.close()
        }
        #expect(sink.payloads.map(\.utf8.count) == [Self.large])
        // A sweep leaves it alone, too: the first one is the opening's.
        var settings = JetStreamJournal.Settings()
        settings.bodiesSweptAfter = .zero
        try await Self.open(server, settings).close()
        #expect(try await Self.count(audit.names.bodies, in: audit) == 3 * left)
      }
      let line = try #require(try await audit.ledger().first)
      #expect(line.delivered == 2 && line.balances)
      audit.close()
    }
  }
}
