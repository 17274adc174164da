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
        while flood.acceptances.count < 30 { try await Task.sleep(for: .milliseconds(5)) }
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
