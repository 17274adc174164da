import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkTesting
import Testing

@testable import RopewalkNATS

/// What a node gives back counts against no message.
@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(120)))
struct ReturnTests {
  /// One upgrade after the other, while the destination is down.
  @Test func nodesThatAreStoppedInOrderMakeNoDeadLetter() async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      defer { audit.close() }
      var limits = NodeLimits()
      limits.maxDeliveries = 3
      _ = try await audit.append([Cluster.entry("m1x")])
      try await Self.passOn(server, in: audit)
      let upgrades = limits.maxDeliveries + 2
      for _ in 0..<upgrades {
        let down = FaultInjectingConnection { (_, _) throws(ConnectionError) in
          throw ConnectionError(.connectionFailed, "refused", recoverable: true)
        }
        let node = try await Cluster.outgoing(server, to: "a", down, limits)
        try await withThrowingTaskGroup { group in
          group.addTask { try await node.run.run() }
          while down.attempts.isEmpty, try await Self.letters(in: audit).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
          node.run.drain(within: .zero)
          try await group.waitForAll()
        }
        await node.journal.leave()
        node.journal.close()
      }
      #expect(try await Self.letters(in: audit).isEmpty)
      #expect(try await audit.jetStream.state(of: audit.names.bodies).messages == upgrades)
      let sink = Recorder()
      let node = try await Cluster.outgoing(server, to: "a", sink, limits)
      try await withThrowingTaskGroup { group in
        group.addTask { try await node.run.run() }
        try await Cluster.waitUntilSettled(audit, accepted: 1)
        node.run.drain()
        try await group.waitForAll()
      }
      #expect(sink.ids == ["m1x"])
      #expect(try await Self.letters(in: audit).isEmpty)
      let consumer = try #require(try await audit.jetStream.info(ofConsumer: "to-orders-a", of: audit.names.steps))
      #expect((consumer["delivered"]?["consumer_seq"]?.int ?? 0) > limits.maxDeliveries + 1, "\(consumer.text())")
      node.journal.close()
      // The notes go once the message has ended.
      var settings = JetStreamJournal.Settings()
      settings.bodiesSweptAfter = .zero
      let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
      let sweeping = try await JetStreamJournal.open(connection, tenant: "t", settings: settings, logger: .quiet)
      defer { sweeping.close() }
      #expect(try await sweeping.jetStream.state(of: sweeping.names.bodies).messages == 0)
    }
  }

  /// As long as one of the messages is there that may be in it.
  @Test func aNoteStaysAsLongAsItIsNeeded() async throws {
    try await NATSServer.run { server in
      var settings = JetStreamJournal.Settings()
      settings.bodiesSweptAfter = .zero
      let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
      let journal = try await JetStreamJournal.open(connection, tenant: "t", settings: settings, logger: .quiet)
      defer { journal.close() }
      let (accepted, bodies) = (journal.names.accepted, journal.names.bodies)
      guard case .accepted(let position) = try await journal.append([Cluster.entry("m1")]).first else { return #expect(Bool(false)) }
      journal.countReturn(of: position.value, in: accepted)
      journal.countReturn(of: position.value, in: accepted)
      await journal.leave()
      // A record, from whose time the sweep counts.
      guard case .accepted(let other) = try await journal.append([Cluster.entry("m2")]).first else { return #expect(Bool(false)) }
      try await journal.settle([Settlement(position: other, destination: "a", outcome: .delivered)])
      try await journal.sweep()
      #expect(try await journal.jetStream.state(of: bodies).messages == 1)
      #expect(journal.returns(of: position.value, in: accepted) == 0)
      for _ in 0..<2 {
        try await journal.readReturns()
        #expect(journal.returns(of: position.value, in: accepted) == 2)
      }
      #expect(journal.returns(of: other.value, in: accepted) == 0)
      try await journal.settle([Settlement(position: position, destination: "a", outcome: .delivered)])
      try await journal.sweep()
      #expect(try await journal.jetStream.state(of: bodies).messages == 0)
    }
  }

  @Test func whatIsWrittenDownIsReadAgain() throws {
    var counts = ReturnCounts()
    #expect(counts.isEmpty)
    for sequence in [7, 7, 300, UInt64.max] { counts.add(of: sequence, in: "one") }
    counts.add(of: 7, in: "another")
    let read = try ReturnCounts(bytes: counts.bytes)
    #expect(read == counts && !read.isEmpty)
    counts.add(read)
    #expect(counts.count(of: 7, in: "one") == 4 && counts.count(of: 7, in: "another") == 2 && counts.count(of: 8, in: "one") == 0)
    counts.forget(7, in: "one")
    #expect(counts.count(of: 7, in: "one") == 0 && counts.count(of: 300, in: "one") == 2)
    let error = #expect(throws: RopewalkError.self) { try ReturnCounts(bytes: Array(counts.bytes.dropLast())) }
    #expect(error?.code == .recordUnreadable)
  }

  private static func passOn(_ server: NATSServer, in audit: JetStreamJournal) async throws {
    let logic = try await Cluster.logic(server, ["a"])
    try await withThrowingTaskGroup { group in
      group.addTask { try await logic.run.run() }
      while try await audit.jetStream.state(of: audit.names.steps).messages == 0 { try await Task.sleep(for: .milliseconds(5)) }
      logic.run.drain()
      try await group.waitForAll()
    }
    logic.journal.close()
  }

  private static func letters(in journal: JetStreamJournal) async throws -> [DeadLetter] {
    try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
  }
}
