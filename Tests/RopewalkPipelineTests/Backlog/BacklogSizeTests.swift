import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct BacklogSizeTests {
  /// Whatever is waiting, the first delivery comes after one page, and memory is bounded.
  @Test func theFirstDeliveryDoesNotWaitForTheBacklog() async throws {
    let journal = MemoryJournal(isDurable: true)
    for first in stride(from: 0, to: 90_000, by: 1000) {
      let entries = (first..<first + 1000).map { number in
        var message = message("m\(number)", customer: "c\(number % 3)")
        message.metadata = MessageMetadata(customerID: "c\(number % 3)", integrationID: "orders")
        return JournalEntry(message: message, destinations: ["a"])
      }
      _ = try await journal.append(entries)
    }
    let barrier = Barrier()
    let node = FaultInjectingConnection { (_, _) throws(ConnectionError) in
      await barrier.pass()
      throw ConnectionError(.cancelled, "cancelled")
    }
    let harness = Harness(sources: [ListSource([], staysOpen: true)], destinations: [.init(name: "a", node: node)], journal: journal)
    let run = harness.makeRun()
    await withThrowingTaskGroup { group in
      group.addTask { try await run.run() }
      await barrier.arrived()
      // What was read by then fits in memory, and no page is larger than its limit.
      #expect(run.backlog.load.messages <= harness.limits.memory.messages)
      // Each of the three customers leaves a quarter of the slots that the others leave: 19 each of 64, or more for who comes first.
      await barrier.arrived(57)
      let counts = run.snapshot().total
      #expect((counts.accepted, counts.inFlight) == (90_000, 90_000))
      #expect(run.backlog.load.messages <= harness.limits.memory.messages)
      group.cancelAll()
      await #expect(throws: CancellationError.self) { try await group.waitForAll() }
    }
  }
}
