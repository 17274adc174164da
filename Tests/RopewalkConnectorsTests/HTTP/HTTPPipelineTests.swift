import Logging
import NIOPosix
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkResources
import RopewalkSQLite
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkConnectors

/// What becomes of messages whose destination, behind the real `http`, answers as real ones do; in a journal on disk.
@Suite(.takesTurns(within: .seconds(120))) struct HTTPPipelineTests {
  /// One destination whose path says what it does, and how many requests that is worth with two retries.
  struct Case: Sendable {
    var path: String
    var action: TestSink.Action
    var requests: Int
    /// Nil where the message is delivered.
    var code: ConnectionError.Code?
    var timeout: Duration = .seconds(30)
  }

  private static let cases = [
    Case(path: "ok", action: .answer(200), requests: 1, code: nil),
    Case(path: "bad", action: .answer(400), requests: 1, code: .rejected),
    Case(path: "late", action: .answer(408), requests: 3, code: .timeout),
    Case(path: "large", action: .answer(413), requests: 1, code: .rejected),
    Case(path: "busy", action: .answer(429, headers: [("Retry-After", "1")]), requests: 3, code: .rateLimited),
    Case(path: "broken", action: .answer(500), requests: 3, code: .sendFailed),
    Case(path: "closes", action: .closeMidAnswer, requests: 3, code: .sendFailed),
    Case(path: "silent", action: .never, requests: 3, code: .timeout, timeout: .milliseconds(500)),
  ]

  @Test func eachAnswerHasItsClassAndItsCount() async throws {
    let actions = Dictionary(uniqueKeysWithValues: Self.cases.map { ("/\($0.path)", $0.action) })
    try await TestFolder.with { folder in
      try await TestSink.with({ request, _ in actions[request.uri] ?? .answer(404) }) { sink, port in
        let journal = try SQLiteJournal(folder: folder.path("journal"), logger: .testing)
        let targets = try Self.cases.map { try target($0.path, port: port, retries: 2, timeout: $0.timeout) }
        try await makeRun(ListSource([HTTPFixture.message()]), targets, journal, endsWithSource: true).run()
        let requests = Dictionary(grouping: sink.requests, by: \.uri).mapValues(\.count)
        let letters = try await self.letters(in: journal)
        for answer in Self.cases {
          #expect(requests["/\(answer.path)"] == answer.requests, "\(answer.path)")
          let letter = letters.first { $0.destinations == [answer.path] }
          #expect(letter?.code == answer.code?.name, "\(answer.path)")
          #expect(letter?.attempts.count == (answer.code == nil ? nil : answer.requests), "\(answer.path)")
        }
        let busy = try #require(letters.first { $0.destinations == ["busy"] }).attempts.map(\.time)
        // What it asked for, and not the few milliseconds of its own; civil time may be slewed a little.
        #expect(zip(busy, busy.dropFirst()).allSatisfy { $1 >= $0.advanced(by: .milliseconds(990)) })
        let line = try #require(try await journal.ledger().first)
        #expect((line.accepted, line.delivered, line.deadLettered, line.inFlight) == (8, 1, 7, 0))
        try journal.close()
      }
    }
  }

  /// The receiver can tell a message that comes again, however it came to that.
  @Test func theIdempotencyKeyOutlivesRetriesRestartsAndReplays() async throws {
    let attempts = Counter()
    let isMended = Atomic(false)
    let script: @Sendable (TestSink.Request, Int) -> TestSink.Action = { request, _ in
      if request.uri != "/erp" || isMended.load(ordering: .relaxed) { return .answer(200) }
      return switch attempts.next() {
      case 0: .answer(500)
      case 1: .closeMidAnswer
      case 2: .never
      default: .answer(400)
      }
    }
    try await TestFolder.with { folder in
      try await TestSink.with(script) { sink, port in
        func targets() throws -> [PlannedDestination] {
          [try target("erp", port: port, retries: 9), try target("crm", port: port, retries: 9)]
        }
        func withJournal(_ body: (SQLiteJournal) async throws -> Void) async throws {
          let journal = try SQLiteJournal(folder: folder.path("journal"), logger: .testing)
          try await body(journal)
          try journal.close()
        }
        func count(_ uri: String) -> Int { sink.requests.count { $0.uri == uri } }
        // Two retries, and an end in the middle of the third attempt.
        try await withJournal { journal in
          let run = try makeRun(ListSource([HTTPFixture.message()], staysOpen: true), targets(), journal, endsWithSource: false)
          try await withThrowingTaskGroup { group in
            group.addTask { try await run.run() }
            try await eventually { count("/erp") >= 3 && run.snapshot().total.delivered >= 1 }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
          }
        }
        // After the restart it is attempted once more and given up; then it is replayed, which a run takes up.
        try await withJournal { journal in
          try await makeRun(ListSource([]), targets(), journal, endsWithSource: true).run()
          #expect(count("/erp") == 4)
          isMended.store(true, ordering: .relaxed)
          let selection = try await LetterSelection(DeadLetterQuery(), in: journal)
          let progress = try await Replayer(journal).replay(selection, as: ReplayRequest(DeadLetterQuery(), rate: nil))
          #expect(progress.replayed == 1)
        }
        try await withJournal { journal in
          try await makeRun(ListSource([]), targets(), journal, endsWithSource: true).run()
          #expect(try await journal.ledger().allSatisfy { $0.balances && $0.inFlight == 0 })
          #expect(try await self.letters(in: journal).map(\.destinations) == [["erp"]])
        }
        func keys(_ uri: String) -> [String?] { sink.requests.filter { $0.uri == uri }.map { $0.headers["idempotency-key"] } }
        let (erp, crm) = (keys("/erp"), keys("/crm"))
        #expect((erp.count, crm.count) == (5, 1))
        #expect(Set(erp).count == 1 && erp[0]?.isEmpty == false)
        #expect(crm[0]?.isEmpty == false && crm[0] != erp[0])
      }
    }
  }

  /// Ids are a customer's own: a receiver that takes each key once must take both.
  @Test func customersWithTheSameIDHaveKeysOfTheirOwn() async throws {
    try await TestFolder.with { folder in
      try await TestSink.with({ _, _ in .answer(200) }) { sink, port in
        let journal = try SQLiteJournal(folder: folder.path("journal"), logger: .testing)
        for customer in ["acme", "globex"] {
          let targets = [try target("erp", port: port, retries: 0)]
          try await makeRun(ListSource([HTTPFixture.message()]), targets, journal, of: customer, endsWithSource: true).run()
        }
        #expect(sink.requests.map { $0.headers["idempotency-key"] } == ["orders:acme:order%201:erp", "orders:globex:order%201:erp"])
        try journal.close()
      }
    }
  }

  private func letters(in journal: SQLiteJournal) async throws -> [DeadLetter] {
    try await journal.deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 100)
  }

  /// `http`, to a path that is named as the destination.
  private func target(_ name: String, port: Int, retries: Int, timeout: Duration = .seconds(30)) throws -> PlannedDestination {
    let connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: .testing)
    let spec = ConnectionSpec(
      name: name,
      type: "http",
      settings: ["url": .string("http://127.0.0.1:\(port)/\(name)")],
      timeout: timeout,
      retryPolicy: RetryPolicy(maxRetries: retries, initialBackoff: .milliseconds(5), maxBackoff: .milliseconds(20), jitter: 0)
    )
    return PlannedDestination(
      spec: DestinationSpec(connection: spec, circuitBreaker: nil),
      node: try #require(connectors.make(type: "http", role: .outgoing))
    )
  }

  private func makeRun(
    _ source: ListSource,
    _ targets: [PlannedDestination],
    _ journal: SQLiteJournal,
    of customer: String = "acme",
    endsWithSource: Bool
  ) -> IntegrationRun {
    let incoming = PlannedIncoming(spec: ConnectionSpec(name: "in", type: source.metadata.name), node: source)
    let spec = IntegrationSpec(
      customer: .fixed(customer),
      incoming: [incoming.spec],
      outgoing: targets.map(\.spec)
    )
    return IntegrationRun(
      plan: Plan(
        integration: Integration(metadata: ObjectMetadata(name: "orders"), spec: spec),
        incoming: [incoming],
        destinations: targets
      ),
      journal: journal,
      limits: RunLimits(replayInterval: nil),
      endsWhenSourcesEnd: endsWithSource,
      logger: .testing
    )
  }
}
