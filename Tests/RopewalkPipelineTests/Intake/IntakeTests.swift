import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct IntakeTests {
  private func refusal(of message: Message, rule: CustomerRule = .header("X-Customer-ID"), limits: PipelineLimits = .init()) async throws
    -> Refusal?
  {
    let source = ListSource([message])
    let harness = Harness(
      customer: rule,
      limits: limits,
      sources: [source],
      destinations: [.init(name: "a", node: FaultInjectingConnection())]
    )
    let snapshot = try await harness.runToTheEnd()
    guard case .refused(let refusal) = source.acceptances.first else { return nil }
    #expect(snapshot.total.refused == 1)
    #expect(snapshot.total.accepted == 0)
    return refusal
  }

  @Test func refusesAMessageWithoutCustomer() async throws {
    let refusal = try await refusal(of: Message(payload: []))
    #expect(refusal?.reason == .invalid)
    #expect(refusal?.message == "the message has no customer: the header 'X-Customer-ID' is missing or empty; send the customer's id in it")
    let path = try await self.refusal(of: Message(payload: []), rule: .path("customer"))
    #expect(path?.message.contains("the path part ':customer'") == true)
  }

  @Test func refusesAMessageOfSeveralCustomers() async throws {
    for (values, isRefused) in [(["acme", "globex"], true), (["acme", ""], true), (["acme", "acme"], false)] {
      var sent = Message(id: "m1", payload: [])
      for (name, value) in zip(["X-Customer-ID", "x-customer-id"], values) { sent.headers.append(name: name, value: value) }
      let refusal = try await refusal(of: sent)
      #expect(
        refusal?.message
          == (isRefused
            ? "the message names several customers: the header 'X-Customer-ID' came with different values; send it once" : nil)
      )
    }
  }

  @Test(arguments: ["a b", "ü", "a/b", "*", String(repeating: "a", count: 129), "a\n"])
  func refusesACustomerThatCannotBe(customer: String) async throws {
    let refusal = try await refusal(of: message("m1", customer: customer))
    #expect(refusal?.reason == .invalid)
    #expect(refusal?.message.contains("X-Customer-ID") == true)
  }

  @Test(arguments: ["acme", "a-b_c.d:e@f", "0", String(repeating: "Z", count: 128)])
  func takesACustomerThatCanBe(customer: String) async throws {
    #expect(try await refusal(of: message("m1", customer: customer)) == nil)
  }

  @Test func takesTheCustomerFromThePathOrTheFile() async throws {
    var fromPath = Message(id: "m1", payload: [])
    fromPath.headers["ropewalk-path-who"] = "acme"
    for (rule, message) in [(CustomerRule.path("who"), fromPath), (.fixed("acme"), Message(id: "m1", payload: []))] {
      let node = FaultInjectingConnection()
      let harness = Harness(customer: rule, sources: [ListSource([message])], destinations: [.init(name: "a", node: node)])
      try await harness.runToTheEnd()
      #expect(node.delivered.map(\.metadata.customerID) == ["acme"])
    }
  }

  @Test func refusesWhatIsTooLarge() async throws {
    let limits = PipelineLimits(maxPayloadSize: ByteCount(4))
    let large = try await refusal(of: message("m1", payload: "12345"), limits: limits)
    #expect(large?.reason == .tooLarge && large?.message.contains("limits.maxPayloadSize") == true)
    #expect(try await refusal(of: message("m1", payload: "1234"), limits: limits) == nil)
    #expect(try await refusal(of: message(String(repeating: "x", count: 257)))?.reason == .invalid)
    #expect(try await refusal(of: message(String(repeating: "x", count: 256))) == nil)
    #expect(try await refusal(of: message(""))?.reason == .invalid)
  }

  @Test(arguments: [true, false])
  func whatStepsOnAnotherNodeMadeLargeIsTaken(isContinuation: Bool) async throws {
    let source = ListSource([message("m1", payload: "12345")])
    let node = FaultInjectingConnection()
    var plan = Harness(
      limits: PipelineLimits(maxPayloadSize: ByteCount(4)),
      sources: [source],
      destinations: [.init(name: "a", node: node)]
    ).plan
    plan.isContinuation = isContinuation
    let run = IntegrationRun(
      plan: plan,
      journal: MemoryJournal(),
      limits: RunLimits(replayInterval: nil),
      endsWhenSourcesEnd: true,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    )
    try await run.run()
    #expect((source.acceptances.first == .accepted) == isContinuation)
    #expect(node.delivered.map(\.payload.count) == (isContinuation ? [5] : []))
  }

  @Test func keepsACorrelationThatTheSenderNamed() async throws {
    var sent = message("m1")
    sent.metadata.correlationID = "theirs"
    let node = FaultInjectingConnection()
    try await Harness(sources: [ListSource([sent])], destinations: [.init(name: "a", node: node)]).runToTheEnd()
    #expect(node.delivered.map(\.metadata.correlationID) == ["theirs"])
  }

  /// Nothing is settled until all have been offered, so that the bounds are reached.
  @Test func pushesBackWhenFull() async throws {
    let barrier = Barrier()
    let node = FaultInjectingConnection { (_, _) throws(ConnectionError) in await barrier.pass() }
    let seen = Collected<Acceptance>()
    var harness = Harness(limits: PipelineLimits(queuePerCustomer: 3, queue: 5), destinations: [.init(name: "a", node: node)])
    harness.sources = [
      FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
        for message in messages(4) + messages(4, customer: "other") { seen.append(contentsOf: [await inbox.accept(message)]) }
        barrier.open()
      })
    ]
    let snapshot = try await harness.runToTheEnd()
    let reasons = seen.all.map { if case .refused(let refusal) = $0 { refusal.message } else { "taken" } }
    let full = "the queue of customer 'acme' is full (limits.queuePerCustomer)"
    #expect(
      reasons == ["taken", "taken", "taken", full, "taken", "taken"] + Array(repeating: "the queue is full (limits.queue)", count: 2)
    )
    for case .refused(let refusal) in seen.all {
      #expect(refusal.reason == .full)
      #expect(refusal.retryAfter >= .seconds(1) && refusal.retryAfter <= .seconds(60))
    }
    #expect((snapshot.total.delivered, snapshot.total.refused) == (5, 3))
  }

  @Test func aJournalThatCannotWriteAcceptsNothing() async throws {
    struct DiskFull: Error {}
    let isBroken = Atomic(true)
    let memory = MemoryJournal()
    let journal = FaultInjectingJournal(memory, onAppend: { if isBroken.load(ordering: .relaxed) { throw DiskFull() } })
    let node = FaultInjectingConnection()
    let faults = Collected<[String]>()
    let seen = Collected<Acceptance>()
    var harness = Harness(destinations: [.init(name: "a", node: node)], journal: journal)
    let observed = Mutex<IntegrationRun?>(nil)
    harness.sources = [
      FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
        seen.append(contentsOf: [await inbox.accept(message("m1"))])
        faults.append(contentsOf: [observed.withLock { $0?.snapshot().faults ?? [] }])
        isBroken.store(false, ordering: .relaxed)
        seen.append(contentsOf: [await inbox.accept(message("m1"))])
        faults.append(contentsOf: [observed.withLock { $0?.snapshot().faults ?? [] }])
      })
    ]
    let run = harness.makeRun()
    observed.withLock { $0 = run }
    try await run.run()
    observed.withLock { $0 = nil }
    guard case .refused(let refusal) = seen.all.first else { return #expect(Bool(false), "accepted by a broken journal") }
    #expect(refusal.reason == .unavailable)
    #expect(seen.all.last == .accepted)
    #expect(node.delivered.map(\.id) == ["m1"])
    #expect(faults.all.map(\.count) == [1, 0])
    #expect(faults.all[0][0].contains("DiskFull"))
    try await harness.expectBalance(run.snapshot())
  }

  @Test func aFullJournalPushesBack() async throws {
    let barrier = Barrier()
    let node = FaultInjectingConnection { (_, _) throws(ConnectionError) in await barrier.pass() }
    let seen = Collected<Acceptance>()
    var harness = Harness(destinations: [.init(name: "a", node: node)], journal: MemoryJournal(limits: .init(maxEntries: 1)))
    harness.sources = [
      FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
        for message in messages(2) { seen.append(contentsOf: [await inbox.accept(message)]) }
        barrier.open()
      })
    ]
    try await harness.runToTheEnd()
    #expect(seen.all.first == .accepted)
    guard case .refused(let refusal) = seen.all.last else { return #expect(Bool(false), "accepted by a full journal") }
    #expect(refusal.reason == .full)
  }
}
