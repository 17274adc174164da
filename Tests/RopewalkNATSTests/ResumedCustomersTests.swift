import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkNATS

@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(60)))
struct ResumedCustomersTests {
  /// Whose payloads are long on their way, or wait for the run.
  @Test func aParkedCustomerHoldsUpNoOther() async throws {
    try await NATSServer.run { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      var limits = NodeLimits()
      // With that, nothing is taken beside what is parked.
      limits.maxParked = 0
      let desk = StepDesk(journal, integration: "orders", step: .logic(destinations: ["a"]), limits: limits, logger: .quiet)
      for customer in ["slow", "quick"] {
        let metadata = MessageMetadata(customerID: customer, integrationID: "orders")
        let entry = JournalEntry(message: Message(id: "m1", payload: [7], metadata: metadata), destinations: ["a"])
        guard case .accepted(let position) = try await journal.append([entry]).first else { return #expect(Bool(false)) }
        let delivered = try await Delivered.parked(position, in: journal)
        desk.table.withLock { $0.parked.park(delivered, of: TenantNames.customer(of: delivered.subject)) }
      }
      let (quick, taken) = (Gate(), Counter())
      try await withThrowingTaskGroup { group in
        group.addTask {
          try await desk.source.receive(
            into: Inbox { message in
              if message.metadata.customerID == "quick" { quick.open() } else { await quick.wait() }
              taken.increment()
              return .accepted
            }
          )
        }
        try await eventually { taken.value >= 2 }
        group.cancelAll()
        try await group.waitForAll()
      }
      #expect(taken.value == 2)
    }
  }

  /// The server hands it out once more, as after a restart, while others of its customer are parked: behind these it would be given
  /// back some time.
  @Test func whatIsInWorkIsNotParked() async throws {
    try await NATSServer.run { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      var limits = NodeLimits()
      // With one in work, the customer has its share.
      limits.window = 2
      let desk = StepDesk(journal, integration: "orders", step: .logic(destinations: ["a"]), limits: limits, logger: .quiet)
      for id in ["m1", "m2"] { _ = try await journal.append([Cluster.entry(id)]) }
      try await withThrowingTaskGroup { group in
        group.addTask { try await desk.source.receive(into: Inbox { _ in .accepted }) }
        try await eventually { desk.table.withLock(\.parked.count) >= 1 }
        let held = desk.table.withLock(\.held).filter { $0.sequence == 1 }
        let inWork = try #require(held.first)
        desk.connection.acknowledge(inWork, .again(after: .zero))
        try await eventually { try await Self.deliveries(journal) >= 3 }
        // What comes behind it, so that it has been looked at when this is parked.
        _ = try await journal.append([Cluster.entry("m3")])
        try await eventually { Self.parked(desk).contains(3) }
        let parked = Self.parked(desk)
        #expect(parked == [2, 3])
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }

  private static func parked(_ desk: StepDesk) -> [UInt64] { desk.table.withLock { $0.parked.all.map(\.sequence) } }

  /// How often the server has handed out what was accepted.
  private static func deliveries(_ journal: JetStreamJournal) async throws -> Int {
    try await journal.jetStream.info(ofConsumer: "logic-orders", of: journal.names.accepted)?["delivered"]?["consumer_seq"]?.int ?? 0
  }
}
