import InMemoryLogging
import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

/// Retries at exact times, on a clock that moves only when nobody works.
@Suite(.takesTurns) struct RetryTests {
  private let clock = VirtualClock(autoAdvances: true)

  private func failing(_ times: Int, _ error: ConnectionError) -> FaultInjectingConnection {
    FaultInjectingConnection(clock: clock) { (_, attempt) throws(ConnectionError) in if attempt <= times { throw error } }
  }

  private func harness(_ target: Harness.Target, _ messages: [Message] = [message("m1")]) -> Harness {
    Harness(clock: clock, sources: [ListSource(messages, clock: clock)], destinations: [target])
  }

  @Test func retriesAfterOneTwoAndFourSeconds() async throws {
    let node = failing(3, ConnectionError(.sendFailed, "not now", recoverable: true))
    let harness = harness(.init(name: "a", node: node))
    let snapshot = try await harness.runToTheEnd()
    #expect(node.attempts.map(\.time) == [.zero, .seconds(1), .seconds(3), .seconds(7)])
    #expect((snapshot.total.delivered, snapshot.total.retries) == (1, 3))
    #expect(harness.settled.all.map(\.attempts) == [4])
    #expect(try await harness.letters.isEmpty)
  }

  @Test func eachAttemptThatFailedIsLoggedAtDebug() async throws {
    let log = InMemoryLogHandler()
    let node = failing(2, ConnectionError(.sendFailed, "not now", recoverable: true))
    var harness = harness(.init(name: "a", node: node))
    harness.logger = Logger(label: "test", factory: { _ in log })
    harness.logger.logLevel = .debug
    try await harness.runToTheEnd()
    let lines = log.entries.filter { $0.level == .debug }.map(\.metadata)
    #expect(lines.map { $0["ropewalk.wait"] } == ["1s", "2s"])
    #expect(lines.allSatisfy { $0["error"] == "not now [SEND_FAILED]" && $0["ropewalk.message"] == "m1" })
  }

  @Test func givesUpAfterTheLastRetry() async throws {
    let node = failing(.max, ConnectionError(.connectionFailed, "nobody there", recoverable: true))
    let harness = harness(.init(name: "a", node: node))
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.deadLettered, snapshot.total.retries) == (1, 3))
    let letter = try #require(try await harness.letters.first)
    #expect((letter.destinations, letter.stage, letter.code) == (["a"], "delivery", "CONNECTION_FAILED"))
    #expect(letter.message == "nobody there")
    #expect(letter.attempts.map(\.time) == [0, 1, 3, 7].map { clock.epoch.advanced(by: .seconds($0)) })
    #expect(letter.attempts.allSatisfy { $0.error == "nobody there [CONNECTION_FAILED]" })
    #expect(letter.failedAt == clock.epoch.advanced(by: .seconds(7)))
  }

  @Test func doesNotRetryWhatCannotSucceed() async throws {
    let node = failing(.max, ConnectionError(.rejected, "400 Bad Request"))
    let harness = harness(.init(name: "a", node: node))
    let snapshot = try await harness.runToTheEnd()
    #expect(node.attempts.count == 1)
    #expect((snapshot.total.deadLettered, snapshot.total.retries) == (1, 0))
    #expect(harness.settled.all.first?.deadLetter?.code == "REJECTED")
  }

  /// A run that ends between two attempts: the next one goes on counting, and the letter has them all.
  @Test func attemptsBeforeARestartCount() async throws {
    let journal = MemoryJournal(isDurable: true)
    let clock = clock
    let before = FaultInjectingConnection(clock: clock) { (_, attempt) throws(ConnectionError) in
      if attempt == 3 {
        await untilCancelled()
        throw ConnectionError(.cancelled, "cancelled")
      }
      throw ConnectionError(.sendFailed, "before \(attempt)", recoverable: true)
    }
    var harness = harness(.init(name: "a", node: before))
    harness.journal = journal
    let run = harness.makeRun()
    let lane = JournalLane.accepted(integration: "orders", customer: "acme")
    try await withThrowingTaskGroup { group in
      group.addTask { try await run.run() }
      try await eventually { before.mostRunning > 0 && before.attempts.count >= 2 }
      try await eventually { (try? await journal.unsettled(in: lane, after: nil, limit: 1).first?.attempts["a"]?.count) == 2 }
      group.cancelAll()
      while let result = await group.nextResult() { _ = result }
    }
    let after = FaultInjectingConnection { (_, attempt) throws(ConnectionError) in
      throw ConnectionError(.sendFailed, "after \(attempt)", recoverable: true)
    }
    var second = self.harness(.init(name: "a", node: after, retry: RetryPolicy(initialBackoff: .milliseconds(1), jitter: 0)), [])
    second.clock = ContinuousClock()
    second.sources = [ListSource([])]
    second.journal = journal
    try await second.makeRun().run()
    #expect(after.attempts.count == 2)
    let letter = try #require(try await second.letters.first)
    #expect(letter.attempts.map(\.error) == ["before 1", "before 2", "after 1", "after 2"].map { "\($0) [SEND_FAILED]" })
  }

  @Test(arguments: [(Duration.seconds(20), Duration.seconds(20)), (.milliseconds(10), .seconds(1)), (.seconds(3600), .seconds(300))])
  func waitsAsLongAsThePeerAsks(asked: Duration, waited: Duration) async throws {
    let node = failing(1, ConnectionError(.rateLimited, "slow down", recoverable: true, retryAfter: asked))
    try await harness(.init(name: "a", node: node)).runToTheEnd()
    #expect(node.attempts.map(\.time) == [.zero, waited])
  }

  @Test func givesUpAnAttemptThatTakesTooLong() async throws {
    let clock = clock
    let node = FaultInjectingConnection(clock: clock) { (_, attempt) throws(ConnectionError) in
      guard attempt < 3 else { return }
      do { try await clock.sleep(for: .seconds(1000)) } catch { throw ConnectionError(.cancelled, "cancelled") }
    }
    let harness = harness(.init(name: "a", node: node, timeout: .seconds(5)))
    let snapshot = try await harness.runToTheEnd()
    // 5 s until overdue, 1 s wait, 5 s until overdue, 2 s wait.
    #expect(node.attempts.map(\.time) == [.zero, .seconds(6), .seconds(13)])
    #expect((snapshot.total.delivered, snapshot.total.retries) == (1, 2))
  }

  @Test func saysThatNobodyAnswered() async throws {
    let clock = clock
    let node = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      do { try await clock.sleep(for: .seconds(1000)) } catch { throw ConnectionError(.cancelled, "cancelled") }
    }
    let harness = harness(.init(name: "a", node: node, timeout: .seconds(5), retry: RetryPolicy(maxRetries: 0)))
    try await harness.runToTheEnd()
    let letter = try #require(try await harness.letters.first)
    #expect((letter.code, letter.message) == ("TIMEOUT", "'a' gave no answer within 5s"))
  }

  @Test func overdueAttemptsOfManyMessagesAreEachGivenUpInTime() async throws {
    let clock = clock
    let node = FaultInjectingConnection(clock: clock) { (message, _) throws(ConnectionError) in
      guard message.id.hasSuffix("0") else { return }
      do { try await clock.sleep(for: .seconds(1000)) } catch { throw ConnectionError(.cancelled, "cancelled") }
    }
    let target = Harness.Target(name: "a", node: node, maxInFlight: 4, timeout: .seconds(5), retry: RetryPolicy(maxRetries: 0))
    let snapshot = try await harness(target, messages(200)).runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.deadLettered) == (180, 20))
    #expect(node.mostRunning <= 4)
  }

  @Test func aWaitingRetryHoldsNoSlot() async throws {
    let clock = clock
    let node = FaultInjectingConnection(clock: clock) { (message, attempt) throws(ConnectionError) in
      if message.id == "acme-0", attempt == 1 { throw ConnectionError(.sendFailed, "not now", recoverable: true) }
    }
    try await harness(.init(name: "a", node: node, maxInFlight: 1), messages(10)).runToTheEnd()
    #expect(node.delivered.map(\.id) == (1..<10).map { "acme-\($0)" } + ["acme-0"])
    #expect(node.attempts.dropLast().allSatisfy { $0.time == .zero })
    #expect(node.attempts.last?.time == .seconds(1))
  }

  @Test func aSeedRepeatsTheJitter() async throws {
    func times(seed: UInt64) async throws -> [Duration] {
      let clock = VirtualClock(autoAdvances: true)
      let node = FaultInjectingConnection(clock: clock) { (_, attempt) throws(ConnectionError) in
        if attempt <= 3 { throw ConnectionError(.sendFailed, "not now", recoverable: true) }
      }
      var harness = Harness(clock: clock, sources: [ListSource([message("m1")], clock: clock)])
      harness.destinations = [.init(name: "a", node: node, retry: RetryPolicy(jitter: 0.5))]
      harness.seed = seed
      try await harness.runToTheEnd()
      return node.attempts.map(\.time)
    }
    let first = try await times(seed: 7)
    #expect(try await times(seed: 7) == first)
    #expect(try await times(seed: 8) != first)
    #expect(first != [.zero, .seconds(1), .seconds(3), .seconds(7)])
  }
}
