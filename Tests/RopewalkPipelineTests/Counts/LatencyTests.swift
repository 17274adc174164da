import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

/// How long messages took that waited in the journal.
@Suite(.takesTurns) struct LatencyTests {
  private let clock = VirtualClock(autoAdvances: true)

  private func message(_ id: String, at time: Timestamp) -> Message {
    Message(
      id: id,
      payload: [],
      metadata: MessageMetadata(customerID: "acme", integrationID: "orders"),
      headers: MessageHeaders([.init(name: "X-Customer-ID", value: "acme")]),
      timestamp: time
    )
  }

  private func latency(of entry: JournalEntry, in journal: MemoryJournal = MemoryJournal()) async throws -> LatencyHistogram {
    _ = try await journal.append([entry])
    let node = FaultInjectingConnection(clock: clock)
    let source = ListSource([], clock: clock)
    let harness = Harness(clock: clock, sources: [source], destinations: [.init(name: "a", node: node)], journal: journal)
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.delivered == 1)
    return snapshot.latency
  }

  @Test func whatAnEarlierRunAcceptedCountsFromThen() async throws {
    let message = message("m1", at: clock.epoch.advanced(by: .seconds(-90)))
    let latency = try await latency(of: JournalEntry(message: message, destinations: ["a"]))
    #expect(latency.count == 1 && latency.max == .seconds(90))
  }

  @Test func nothingIsFasterThanNoTime() async throws {
    let message = message("m1", at: clock.epoch.advanced(by: .seconds(90)))
    let latency = try await latency(of: JournalEntry(message: message, destinations: ["a"]))
    #expect(latency.count == 1 && latency.max == .zero)
  }

  @Test func aReplayCountsFromItsOwnBeginning() async throws {
    let journal = MemoryJournal()
    let message = message("m1", at: clock.epoch.advanced(by: .seconds(-90)))
    let letter = DeadLetter(
      messageID: message.id,
      integration: "orders",
      customer: "acme",
      destinations: ["a"],
      stage: DeadLetter.deliveryStage,
      payload: [],
      originalPayload: [],
      receivedAt: message.timestamp,
      failedAt: message.timestamp
    )
    try await journal.settle([], deadLetters: [letter])
    let entry = JournalEntry(message: message, destinations: ["a"], replay: Replay(letterID: letter.id))
    let latency = try await latency(of: entry, in: journal)
    #expect(latency.count == 1 && latency.max == .zero)
  }

  /// One at a time in memory, each of which takes ten seconds: the others wait in the journal.
  @Test func whatHadNoRoomInMemoryCountsItsWait() async throws {
    let clock = clock
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      do { try await clock.sleep(for: .seconds(10)) } catch { throw ConnectionError(.cancelled, "cancelled") }
    }
    let messages = (0..<5).map { message("m\($0)", at: clock.epoch) }
    let harness = Harness(
      clock: clock,
      limits: PipelineLimits(memory: MemoryLimits(messagesPerCustomer: 1)),
      sources: [ListSource(messages, clock: clock)],
      destinations: [.init(name: "a", node: node)]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.latency.count == 5)
    #expect(snapshot.latency.max == .seconds(50))
  }
}
