import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct BacklogSizeTests {
  /// Large dead letters are sent again, and their destination is down once more.
  @Test func replaysInMemoryAreBoundedByBytes() async throws {
    let (count, size) = (40, 50 << 10)
    let journal = MemoryJournal(isDurable: true)
    for number in 0..<count {
      let metadata = MessageMetadata(customerID: "c\(number % 3)", integrationID: "orders")
      let letter = DeadLetter(
        messageID: "m\(number)",
        integration: "orders",
        customer: metadata.customerID,
        destinations: ["a"],
        stage: DeadLetter.deliveryStage,
        payload: [],
        originalPayload: [],
        receivedAt: .now,
        failedAt: .now
      )
      try await journal.settle([], deadLetters: [letter])
      let message = Message(id: "m\(number)", payload: [UInt8](repeating: 7, count: size), metadata: metadata)
      let replay = Replay(letterID: letter.id, stage: DeadLetter.deliveryStage)
      _ = try await journal.append([JournalEntry(message: message, destinations: ["a"], replay: replay)])
    }
    let barrier = Barrier()
    let mostBytes = Mutex(0)
    let observed = Mutex<IntegrationRun?>(nil)
    let node = FaultInjectingConnection { (_, _) throws(ConnectionError) in
      let bytes = observed.withLock { $0?.backlog.load.bytes ?? 0 }
      mostBytes.withLock { $0 = max($0, bytes) }
      await barrier.pass()
    }
    var harness = Harness(sources: [ListSource([])], destinations: [.init(name: "a", node: node)], journal: journal)
    harness.limits = PipelineLimits(memory: MemoryLimits(sizePerCustomer: .kibibytes(256), size: .mebibytes(2)))
    let run = harness.makeRun()
    observed.withLock { $0 = run }
    try await withThrowingTaskGroup { group in
      group.addTask { try await run.run() }
      await barrier.arrived()
      barrier.open()
      try await group.waitForAll()
    }
    observed.withLock { $0 = nil }
    #expect(node.delivered.count == count && Set(node.delivered.map(\.id)).count == count)
    #expect(mostBytes.withLock { $0 } <= 256 << 10)
    try await harness.expectBalance(run.snapshot())
  }

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
