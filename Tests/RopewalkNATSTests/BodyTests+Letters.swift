import InMemoryLogging
import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkTesting
import Testing

@testable import RopewalkNATS

/// Dead letters and their payloads.
extension BodyTests {
  @Test func aForgottenLetterTakesItsPayloadWithIt() async throws {
    try await NATSServer.run { server in
      let log = InMemoryLogHandler()
      let limits = JournalLimits(maxDeadLetters: 1)
      let journal = try await Self.open(server, .init(limits: limits), logger: Logger(label: "test") { _ in log })
      defer { journal.close() }
      let letter = Self.letter("1", size: Self.large)
      try await Self.giveUp(try await Self.accept("1", size: Self.large, in: journal), letter, in: journal)
      #expect(try await Self.count(journal.names.bodies, in: journal) == 3)
      #expect(try await journal.discard(deadLetters: [letter.id], reason: "a test") == 1)
      try await Self.giveUp(try await Self.accept("2", in: journal), Self.letter("2", size: 10), in: journal)
      #expect(try await Self.count(journal.names.bodies, in: journal) == 0)
      #expect(try await Self.count(journal.names.dead, in: journal) == 1)
      let removal = log.entries.first { "\($0.message)" == "A dead letter was removed" }
      #expect(removal?.level == .notice && removal?.metadata["ropewalk.letter"] == "\(letter.id)")
    }
  }

  @Test func lettersGoWhenTheirRetentionEnds() async throws {
    try await NATSServer.run { server in
      let log = InMemoryLogHandler()
      var settings = JetStreamJournal.Settings()
      settings.deadLetterRetention = .zero
      let journal = try await Self.open(server, settings, logger: Logger(label: "test") { _ in log })
      defer { journal.close() }
      try await Self.giveUp(try await Self.accept("1", in: journal), Self.letter("1", size: Self.large), in: journal)
      #expect(try await journal.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 10).count == 1)
      try await journal.sweep()
      #expect(try await journal.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 10).isEmpty)
      #expect(try await Self.count(journal.names.bodies, in: journal) == 0)
      #expect(try await Self.count(journal.names.dead, in: journal) == 0)
      // It was open, and nobody had looked at it.
      let removal = log.entries.first { "\($0.message)" == "A dead letter was removed" }
      #expect(removal?.level == .warning && removal?.metadata["reason"] == "its retention has ended")
      let line = try #require(try await journal.ledger().first)
      #expect(line.deadLettered == 1 && line.balances)
    }
  }

  /// A node's clock is two months behind, and another one's ahead.
  @Test func aLettersAgeIsTheServersToSay() async throws {
    try await NATSServer.run { server in
      var settings = JetStreamJournal.Settings()
      settings.deadLetterRetention = .seconds(30 * 86_400)
      let journal = try await Self.open(server, settings)
      defer { journal.close() }
      let letters = [-60, 60].map { days in
        Self.letter("\(days)", size: 10, failedAt: Timestamp.now.advanced(by: .seconds(days * 86_400)))
      }.sorted { $0.id < $1.id }
      for letter in letters { try await Self.giveUp(try await Self.accept(letter.messageID, in: journal), letter, in: journal) }
      try await journal.sweep()
      #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10) == letters)
      settings.deadLetterRetention = .zero
      let impatient = try await Self.open(server, settings)
      defer { impatient.close() }
      #expect(try await impatient.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 10).isEmpty)
    }
  }

  /// The record that names a letter finds no room, again and again.
  @Test func aLetterIsStoredOnceHoweverOftenItIsTried() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      defer { journal.close() }
      try await Self.giveUp(try await Self.accept("0", in: journal), Self.letter("0", size: 10), in: journal)
      let position = try await Self.accept("1", in: journal)
      try await Self.bound(journal.names.ends, to: 1, in: journal)
      let letter = Self.letter("1", size: Self.large)
      for _ in 0..<3 { await #expect(throws: RopewalkError.self) { try await Self.giveUp(position, letter, in: journal) } }
      #expect(try await Self.count(journal.names.bodies, in: journal) == 3)
      try await Self.bound(journal.names.ends, to: -1, in: journal)
      try await Self.giveUp(position, letter, in: journal)
      #expect(try await Self.count(journal.names.bodies, in: journal) == 3)
      #expect(try await Self.count(journal.names.dead, in: journal) == 2)
      let letters = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
      #expect(letters.last == letter)
    }
  }

  /// Sets how many messages a stream takes.
  private static func bound(_ stream: String, to count: Int, in journal: JetStreamJournal) async throws {
    try await journal.jetStream.edit(stream, "max_msgs", count)
  }

  /// A stream that has no room for a customer's letters must not look like a journal that cannot be written at all.
  @Test func whereLettersFindNoRoomTheirMessagesAloneStayInFlight() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      defer { journal.close() }
      for (stream, size) in [(journal.names.bodies, Self.large), (journal.names.dead, 10)] {
        let (failed, other) = (try await Self.accept("failed \(size)", in: journal), try await Self.accept("other \(size)", in: journal))
        try await journal.jetStream.edit(stream, "max_bytes", 1000)
        let letter = Self.letter("failed \(size)", size: size == 10 ? 2000 : size)
        let error = await #expect(throws: RopewalkError.self) { try await Self.giveUp(failed, letter, in: journal) }
        #expect(error?.code == .deadLettersFull, "\(stream): \(String(describing: error))")
        #expect(error?.message.contains("nats stream edit \(stream)") == true)
        try await journal.settle([Settlement(position: other, destination: "a", outcome: .delivered)])
        #expect(try await journal.ledger().map(\.inFlight) == [1])
        try await journal.jetStream.edit(stream, "max_bytes", -1)
        try await Self.giveUp(failed, letter, in: journal)
        #expect(try await journal.ledger().map(\.inFlight) == [0])
      }
    }
  }

  /// Nodes died between a letter and its record, and between the record that forgot one and its removal.
  @Test func lettersThatTheLedgerDoesNotKnowAreSwept() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      defer { journal.close() }
      try await Self.giveUp(try await Self.accept("0", in: journal), Self.letter("0", size: 10), in: journal)
      _ = try await journal.keep([Self.letter("never named", size: Self.large)])
      let forgotten = Self.letter("forgotten", size: Self.large)
      try await Self.giveUp(try await Self.accept("forgotten", in: journal), forgotten, in: journal)
      #expect(try await journal.discard(deadLetters: [forgotten.id], reason: "a test") == 1)
      _ = try await journal.write(LedgerRecord(forgotten: [forgotten.id]))
      // They are too young.
      for _ in 0..<2 { try await journal.sweep() }
      #expect(try await Self.count(journal.names.dead, in: journal) == 3)
      #expect(try await Self.count(journal.names.bodies, in: journal) == 6)
      var settings = JetStreamJournal.Settings()
      settings.bodiesSweptAfter = .zero
      let other = try await Self.open(server, settings)
      defer { other.close() }
      // Whoever has just forgotten one has a sweep's time to remove it and say so.
      #expect(try await Self.count(other.names.dead, in: other) == 3)
      try await other.sweep()
      #expect(try await Self.count(other.names.dead, in: other) == 1)
      #expect(try await Self.count(other.names.bodies, in: other) == 0)
      #expect(try await other.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 10).map(\.messageID) == ["0"])
    }
  }

  /// By then a sweep may have taken it for nobody's.
  @Test func aLetterWhoseRecordIsLongOnItsWayIsStoredOnceMore() async throws {
    try await NATSServer.run { server in
      var settings = JetStreamJournal.Settings()
      // Anything takes too long.
      settings.bodiesSweptAfter = .zero
      let journal = try await Self.open(server, settings)
      defer { journal.close() }
      try await Self.deliver("before", in: journal)
      let letter = Self.letter("1", size: Self.large)
      try await Self.giveUp(try await Self.accept("1", in: journal), letter, in: journal)
      #expect(try await Self.count(journal.names.dead, in: journal) == 2)
      try await Self.deliver("after", in: journal)
      for _ in 0..<2 { try await journal.sweep() }
      #expect(try await Self.count(journal.names.dead, in: journal) == 1)
      #expect(try await Self.count(journal.names.bodies, in: journal) == 3)
      #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10) == [letter])
      let line = try #require(try await journal.ledger().first)
      #expect(line.deadLettered == 1 && line.balances)
    }
  }

  /// Of one letter the message was removed by hand, of another the large payload. The rest are listed.
  @Test func lettersThatAreGoneCutNoListShort() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      defer { journal.close() }
      var ids: [String] = []
      for (name, size) in [("gone", 10), ("purged", Self.large), ("whole", 10), ("too", 10)] {
        let letter = Self.letter(name, size: size)
        try await Self.giveUp(try await Self.accept(name, in: journal), letter, in: journal)
        ids.append(letter.id)
      }
      try await journal.jetStream.delete(1, from: journal.names.dead)
      try await journal.jetStream.purge(journal.names.bodies, subject: journal.names.bodiesSubjects[0])
      // A page that is shorter than it was asked for is the end.
      let first = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 2)
      #expect(first.map(\.id) == Array(ids[1...2]))
      #expect(try await journal.deadLetters(matching: DeadLetterQuery(), after: ids[2], limit: 2).map(\.id) == [ids[3]])
      let purged = try #require(first.first)
      #expect(purged.damage?.contains("purged") == true && purged.damage?.contains("discarded") == true)
      #expect(purged.customer == "acme" && purged.payload.isEmpty && purged.destinations.isEmpty)
      #expect(first.last?.messageID == "whole" && first.last?.damage == nil)
      let selection = try await LetterSelection(DeadLetterQuery(), in: journal)
      #expect(Set(selection.ids) == Set(ids.dropFirst()))
      #expect(try await journal.discard(deadLetters: [ids[1]], reason: "a test") == 1)
    }
  }
}
