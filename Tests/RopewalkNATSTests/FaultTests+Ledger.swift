import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Testing

@testable import RopewalkNATS

/// The ledger, as nodes write it together and read it from records and snapshots.
extension FaultTests {
  private static func ledger(_ follower: LedgerFollower) -> LedgerState { follower.read { $0 } }

  @Test func pairsCountOnceWhoeverSettlesThem() async throws {
    try await NATSServer.run { server in
      let first = try await Self.open(server)
      let second = try await Self.open(server)
      var positions: [JournalPosition] = []
      for number in 0..<100 {
        let result = try await first.append([Self.entry("\(number)", customer: "c\(number % 3)")]).first
        guard case .accepted(let position) = result else { return #expect(Bool(false), "\(String(describing: result))") }
        positions.append(position)
      }
      try await withThrowingTaskGroup { [positions] group in
        for journal in [first, second] {
          group.addTask { for position in positions { try await Self.settle(journal, position, ["a"]) } }
          group.addTask { for position in positions.reversed() { try await Self.settle(journal, position, ["b"]) } }
        }
        try await group.waitForAll()
      }
      for journal in [first, second] {
        let ledger = try await journal.ledger()
        #expect(ledger.map(\.delivered).reduce(0, +) == 200)
        #expect(ledger.allSatisfy { $0.balances && $0.inFlight == 0 })
        #expect(try await journal.jetStream.state(of: journal.names.accepted).messages == 0)
        journal.close()
      }
    }
  }

  /// Each accepted message has its place in the stream; one that is gone from there without an end is missed.
  @Test func theLedgerMissesWhatIsGone() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      var positions: [JournalPosition] = []
      for number in 0..<5 {
        guard case .accepted(let position) = try await journal.append([Self.entry("\(number)")]).first else { return #expect(Bool(false)) }
        positions.append(position)
      }
      try await Self.settle(journal, positions[0])
      try await Self.settle(journal, positions[1], ["a"])
      #expect(try await journal.ledger().allSatisfy(\.balances))
      // Of the first one the end at `b` is missing, of the other nobody knows whose it was.
      for position in positions[1...2] { try await journal.jetStream.delete(position.value, from: journal.names.accepted) }
      let other = try await Self.open(server)
      for journal in [journal, other] {
        let lines = try await journal.ledger()
        try #require(lines.map(\.integrationID) == [LedgerEntry.unknown, "orders"])
        #expect(lines[0].accepted == 1 && lines[0].inFlight == 0 && !lines[0].balances)
        #expect(lines[1].accepted == 8 && lines[1].delivered == 3 && lines[1].inFlight == 4 && !lines[1].balances)
      }
      other.close()
      // Purged by hand, the others too.
      for subject in journal.names.acceptedSubjects { try await journal.jetStream.purge(journal.names.accepted, subject: subject) }
      #expect(try await journal.ledger().first?.accepted == 3)
      #expect(try await journal.append([Self.entry("6")]) == [.accepted(JournalPosition(6))])
      #expect(try await journal.ledger().map(\.inFlight) == [0, 2])
      journal.close()
    }
  }

  @Test func gapsOfSequences() {
    let set = SequenceSet([2...4, 7...7])
    #expect(set.gaps(through: 10, besides: [9, 1]) == [5...6, 8...8, 10...10])
    #expect(set.gaps(through: 5, besides: []) == [1...1, 5...5])
    #expect(set.gaps(through: 3, besides: [1]) == [])
    #expect(SequenceSet().gaps(through: 0, besides: []) == [])
  }

  @Test func snapshotsLetRecordsGo() async throws {
    try await NATSServer.run { server in
      var settings = JetStreamJournal.Settings()
      settings.snapshotInterval = 10
      let journal = try await Self.open(server, settings)
      for number in 0..<100 {
        guard case .accepted(let position) = try await journal.append([Self.entry("\(number)", customer: "c\(number % 3)")]).first else {
          return #expect(Bool(false))
        }
        try await Self.settle(journal, position, number % 2 == 0 ? ["a", "b"] : ["b"])
      }
      let ledger = try await journal.ledger()
      #expect(ledger.map(\.accepted).reduce(0, +) == 200)
      #expect(ledger.map(\.delivered).reduce(0, +) == 150)
      #expect(try await journal.jetStream.state(of: journal.names.ends).messages < 40)
      journal.close()
      let other = try await Self.open(server, settings)
      #expect(try await other.ledger() == ledger)
      other.close()
    }
  }

  /// One node is cut off while others pass snapshots, with which the records that it needs go.
  @Test func aNodeThatWasAwayForLongGoesOnFromTheLastSnapshot() async throws {
    try await NATSServer.run { server in
      var settings = JetStreamJournal.Settings()
      settings.snapshotInterval = 10
      let journal = try await Self.open(server, settings)
      defer { journal.close() }
      func pass(_ numbers: Range<Int>) async throws {
        for number in numbers {
          let entry = Self.entry("\(number)", customer: "c\(number % 3)")
          guard case .accepted(let position) = try await journal.append([entry]).first else { return #expect(Bool(false)) }
          try await Self.settle(journal, position, number % 2 == 0 ? ["a", "b"] : ["b"])
        }
      }
      try await pass(0..<5)
      // What the node had when it was cut off, and what it does when it is back.
      let cutOff = Self.ledger(journal.follower)
      try await pass(5..<60)
      #expect(try await journal.jetStream.state(of: journal.names.ends).firstSequence > cutOff.sequence + 1)
      let back = LedgerFollower(journal.bodies, ledger: cutOff, snapshot: 0, logger: .quiet)
      try await journal.catchUp()
      let whole = Self.ledger(journal.follower)
      // Many wait, for records that are gone and for those that are not.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for sequence in cutOff.sequence...whole.sequence { group.addTask { try await back.waitFor(sequence) } }
        try await group.waitForAll()
      }
      #expect(Self.ledger(back) == whole)
      // It goes on with the others' records.
      try await pass(60..<90)
      try await journal.catchUp()
      let later = Self.ledger(journal.follower)
      try await back.waitFor(later.sequence)
      #expect(Self.ledger(back) == later)
    }
  }

  /// As of records that were removed by hand.
  @Test func recordsThatAreNowhereHoldNobodyUp() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      defer { journal.close() }
      for number in 0..<5 {
        guard case .accepted(let position) = try await journal.append([Self.entry("\(number)")]).first else { return #expect(Bool(false)) }
        try await Self.settle(journal, position)
      }
      try await journal.jetStream.delete(3, from: journal.names.ends)
      let other = try await Self.open(server)
      defer { other.close() }
      #expect(Self.ledger(other.follower).sequence == 5)
      // It is not there, and it is missed.
      #expect(try await other.ledger().contains { !$0.balances })
    }
  }

  /// A newer version's; an older one does not go on as if it were not there.
  @Test func aRecordThatCannotBeReadStopsTheNode() async throws {
    try await NATSServer.run { server in
      var settings = JetStreamJournal.Settings()
      settings.snapshotInterval = 1
      settings.bodiesSweptAfter = .zero
      let journal = try await Self.open(server, settings)
      defer { journal.close() }
      guard case .accepted(let position) = try await journal.append([Self.entry("1")]).first else { return #expect(Bool(false)) }
      let record = LedgerRecord(duplicates: [.init(line: .init(integration: "orders", customer: "acme"), count: 1)])
      for payload in [[99], record.bytes] { _ = try await journal.publisher.publish(NATSOutgoing(journal.names.settled, payload: payload)) }
      func refusal(_ body: () async throws -> Void) async -> ErrorCode? {
        do {
          try await body()
          return nil
        } catch {
          return (error as? RopewalkError)?.code
        }
      }
      var refusals = [await refusal { try await journal.untilUnreadable() }]
      let before = try await journal.jetStream.state(of: journal.names.ends)
      #expect(before.messages == 2)
      refusals.append(await refusal { try await journal.catchUp() })
      refusals.append(await refusal { try await Self.settle(journal, position) })
      refusals.append(await refusal { try await journal.sweep() })
      refusals.append(await refusal { _ = try await journal.ledger() })
      refusals.append(await refusal { _ = try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10) })
      refusals.append(await refusal { _ = try await Self.open(server) })
      #expect(refusals.allSatisfy { $0 == .recordUnreadable }, "\(refusals)")
      await journal.snapshotIfDue()
      #expect(try await journal.jetStream.state(of: journal.names.ends) == before)
    }
  }

  /// A node that only takes messages settles none, and asks for no ledger.
  @Test func duplicatesAreCountedWhoeverRefusesThem() async throws {
    try await NATSServer.run { server in
      let (audit, taking) = (try await Self.open(server), try await Self.open(server))
      defer { audit.close() }
      let entrance = EntranceJournal(taking, destinations: ["a"])
      guard case .accepted = try await entrance.append([Self.entry("1")]).first else { return #expect(Bool(false)) }
      for _ in 0..<2 { #expect(try await entrance.append([Self.entry("1")]) == [.duplicate]) }
      try await taking.sweep()
      #expect(try await audit.ledger().first?.duplicates == 2)
      #expect(try await entrance.append([Self.entry("1")]) == [.duplicate])
      await taking.leave()
      taking.close()
      #expect(try await audit.ledger().first?.duplicates == 3)
      // What is written once is not written again, and nothing waits where there is no connection.
      await taking.leave()
      #expect(try await audit.ledger().first?.duplicates == 3)
    }
  }
}
