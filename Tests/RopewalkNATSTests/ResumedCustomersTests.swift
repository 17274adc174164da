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
      let quick = Gate()
      try await withThrowingTaskGroup { group in
        group.addTask {
          try await desk.source.receive(
            into: Inbox { message in
              if message.metadata.customerID == "quick" { quick.open() } else { await quick.wait() }
              return .accepted
            }
          )
        }
        await quick.wait()
        group.cancelAll()
        try await group.waitForAll()
      }
      #expect(quick.isOpen)
    }
  }
}
