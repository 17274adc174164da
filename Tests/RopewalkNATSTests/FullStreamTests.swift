import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkNATS

/// A pipeline on a stream that takes no more messages: senders are refused, and what is there stays.
@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(120)))
struct FullStreamTests {
  @Test func aFloodPushesBackAndTheOldestStays() async throws {
    let messages = (0..<30).map { Message(id: "m\($0)", payload: [1]) }
    try await NATSServer.run { server in
      let journal = try await JetStreamJournal.open(
        try await NATSConnection.connect(NATSOptions(servers: [server.url])),
        tenant: "t",
        settings: .init(limits: .init(maxEntries: 20)),
        logger: .quiet
      )
      defer { journal.close() }
      let gate = Gate()
      let stuck = FaultInjectingConnection { (_, _) throws(ConnectionError) in await gate.wait() }
      let flood = ListSource(messages)
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask { try await Self.makeRun(flood, stuck, journal).run() }
        try await eventually { flood.acceptances.count >= 30 }
        gate.open()
      }
      #expect(flood.acceptances.prefix(20).allSatisfy { $0 == .accepted })
      #expect(flood.acceptances.dropFirst(20).allSatisfy { Self.isFull($0) })
      #expect(Set(stuck.delivered.map(\.id)) == Set(messages.prefix(20).map(\.id)))
      // There is room again, for those who were refused.
      let (rest, healthy) = (ListSource(Array(messages.dropFirst(20))), FaultInjectingConnection())
      try await Self.makeRun(rest, healthy, journal).run()
      #expect(rest.acceptances.allSatisfy { $0 == .accepted })
      #expect(healthy.delivered.count == 10)
      let line = try #require(try await journal.ledger().first)
      #expect((line.accepted, line.delivered, line.inFlight) == (30, 30, 0))
    }
  }

  /// Two destinations are down: what waits for them takes no room from the third.
  @Test func destinationsThatAreDownHoldUpNoOther() async throws {
    try await NATSServer.run { server in
      let audit = try await JetStreamJournal.open(
        try await NATSConnection.connect(NATSOptions(servers: [server.url])),
        tenant: "t",
        settings: .init(limits: .init(maxSize: .kibibytes(64))),
        logger: .quiet
      )
      defer { audit.close() }
      // Together less than what may be accepted, and twice as much as three destinations could have had.
      for number in 0..<10 {
        var entry = Cluster.entry("m\(number)x")
        entry.message.payload = [UInt8](repeating: 7, count: 4 << 10)
        entry.destinations = ["a", "b", "c"]
        guard case .accepted = try await audit.append([entry]).first else { return #expect(Bool(false), "m\(number) was not accepted") }
      }
      let sink = Recorder()
      try await withThrowingTaskGroup { group in
        let nodes = [
          try await Cluster.logic(server, ["a", "b", "c"], step: FaultInjectingLogic()), try await Cluster.outgoing(server, to: "c", sink),
        ]
        for node in nodes { group.addTask { try await node.run.run() } }
        try await eventually { Set(sink.ids).count >= 10 }
        try await eventually { try await audit.jetStream.state(of: audit.names.steps).messages == 20 }
        for node in nodes { node.run.drain() }
        try await group.waitForAll()
        for node in nodes { node.journal.close() }
      }
      #expect(try await audit.ledger().map(\.delivered) == [10])
    }
  }

  @Test(arguments: [(JournalLimits().maxSize.bytes, -1), (1 << 20, 1 << 20), (-1, -1)])
  func theBoundOfAnEarlierVersionIsLiftedAndAnOperatorsKept(before: Int, after: Int) async throws {
    try await NATSServer.run { server in
      let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
      defer { connection.close() }
      let journal = try await JetStreamJournal.open(connection, tenant: "t", logger: .quiet)
      try await journal.jetStream.edit(journal.names.steps, "max_bytes", before)
      let again = try await JetStreamJournal.open(connection, tenant: "t", logger: .quiet)
      let config = try await again.jetStream.ask("STREAM.INFO.\(again.names.steps)")["config"]
      #expect(config?["max_bytes"]?.int == after)
      #expect(config?["retention"] == "workqueue" && config?["max_msgs_per_subject"] == 10_000)
    }
  }

  private static func isFull(_ acceptance: Acceptance) -> Bool {
    if case .refused(let refusal) = acceptance { refusal.reason == .full } else { false }
  }

  private static func makeRun(
    _ source: ListSource,
    _ node: FaultInjectingConnection,
    _ journal: JetStreamJournal
  ) -> IntegrationRun {
    let incoming = PlannedIncoming(spec: ConnectionSpec(name: "in", type: "test"), node: source)
    let outgoing = PlannedDestination(spec: DestinationSpec(connection: ConnectionSpec(name: "a", type: "test")), node: node)
    let spec = IntegrationSpec(customer: .fixed("flood"), incoming: [incoming.spec], outgoing: [outgoing.spec])
    let plan = Plan(
      integration: Integration(metadata: ObjectMetadata(name: "orders"), spec: spec),
      incoming: [incoming],
      destinations: [outgoing]
    )
    return IntegrationRun(
      plan: plan,
      journal: journal,
      limits: RunLimits(replayInterval: nil),
      endsWhenSourcesEnd: true,
      logger: .quiet
    )
  }
}
