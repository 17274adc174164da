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

@Suite struct AlertTests {
  /// Records what it is sent; fails the first so many attempts.
  private final class Recorder: ConnectionNode {
    let metadata = PluginMetadata(id: "recorder", name: "recorder", supportedTypes: [], description: "")
    let messages = Collected<Message>()
    private let failures: Mutex<Int>
    private let recoverable: Bool

    init(failures: Int = 0, recoverable: Bool = true) {
      self.failures = Mutex(failures)
      self.recoverable = recoverable
    }

    func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
    func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
    func disconnect() async {}

    func send(_ message: Message) async throws(ConnectionError) {
      let fails = failures.withLock { failures in
        defer { failures -= 1 }
        return failures > 0
      }
      if fails { throw ConnectionError(.connectionFailed, "not now", recoverable: recoverable) }
      messages.append(contentsOf: [message])
    }
  }

  private func letter(_ number: Int, stage: String = "convert", code: String = "step.failed") -> DeadLetter {
    var letter = DeadLetter(
      id: "L\(number)",
      messageID: "m\(number)",
      integration: "orders",
      customer: "acme",
      destinations: ["a"],
      stage: stage,
      payload: Array("hidden".utf8),
      originalPayload: [],
      receivedAt: Timestamp(nanoseconds: 0),
      failedAt: Timestamp(nanoseconds: 0)
    )
    letter.code = code
    letter.message = "there is no total"
    return letter
  }

  private func watch(
    _ webhook: Recorder?,
    clock: VirtualClock,
    remindEvery: Duration = .seconds(600),
    limits: RunLimits = RunLimits()
  ) -> AlertWatch {
    var plan = Harness(sources: [], destinations: []).plan
    plan.integration.spec.alerts = AlertSpec(after: 5, within: .seconds(60), remindEvery: remindEvery, recoveredAfter: .seconds(300))
    plan.alertWebhook = webhook.map {
      PlannedWebhook(spec: ConnectionSpec(name: "alerts", type: "http", retryPolicy: RetryPolicy(maxRetries: 3, jitter: 0)), node: $0)
    }
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    return AlertWatch(plan: plan, limits: limits, stopwatch: Stopwatch(clock), logger: logger)
  }

  @Test func aThousandFailuresAreOneAlert() async throws {
    let recorder = Recorder()
    let alerts = watch(recorder, clock: VirtualClock(autoAdvances: true))
    alerts.record((0..<1000).map { letter($0) })
    alerts.finish()
    await alerts.run()
    #expect(alerts.raised == 1)
    let sent = try recorder.messages.all.map { try JSON.parse($0.payload) }
    #expect(sent.map { $0["state"] } == ["raised"])
    let alert = try #require(sent.first)
    #expect(alert["integration"] == "orders" && alert["stage"] == "convert" && alert["code"] == "step.failed" && alert["count"] == 5)
    #expect(alert["text"]?.string?.contains("there is no total") == true)
    #expect(!alert.text().contains("hidden"))
  }

  @Test func stagesAndCodesHaveAlertsOfTheirOwn() {
    let alerts = watch(nil, clock: VirtualClock())
    for stage in ["convert", "delivery"] {
      for code in ["one", "two"] { alerts.record((0..<4).map { letter($0, stage: stage, code: code) }) }
    }
    #expect(alerts.raised == 0)
    alerts.record([letter(9, stage: "convert", code: "one"), letter(10, stage: "delivery", code: "two")])
    #expect(alerts.raised == 2)
    #expect(alerts.isStanding(letter(11, stage: "convert", code: "one")))
    #expect(!alerts.isStanding(letter(11, stage: "convert", code: "two")))
  }

  @Test func codesWithoutEndAreOneKind() {
    var limits = RunLimits()
    limits.maxAlertSubjects = 3
    let alerts = watch(nil, clock: VirtualClock(), limits: limits)
    alerts.record((0..<1000).map { letter($0, code: "code-\($0)") })
    #expect(alerts.raised == 1)
  }

  @Test func saysWhenFailuresHaveEnded() async throws {
    let (recorder, clock) = (Recorder(), VirtualClock())
    let alerts = watch(recorder, clock: clock)
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { await alerts.run() }
      alerts.record((0..<7).map { letter($0) })
      await clock.waitForSleepers()
      clock.advance(by: .seconds(300))
      // The webhook is told in its own time.
      try await eventually { recorder.messages.all.count >= 2 }
      alerts.finish()
    }
    let sent = try recorder.messages.all.map { try JSON.parse($0.payload) }
    #expect(sent.map { $0["state"]?.string } == ["raised", "recovered"])
    #expect(sent.map { $0["count"]?.int } == [5, 7])
  }

  /// Also where nothing would have been told before then if nothing more had failed.
  @Test func aReminderIsNotLate() async throws {
    let (recorder, clock) = (Recorder(), VirtualClock())
    let alerts = watch(recorder, clock: clock, remindEvery: .seconds(60))
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { await alerts.run() }
      alerts.record((0..<5).map { letter($0) })
      // Until the failures would count as ended.
      await clock.waitForSleepers()
      clock.advance(by: .seconds(10))
      alerts.record([letter(5)])
      clock.advance(by: .seconds(280))
      for _ in 0..<1_000_000 where recorder.messages.all.count < 2 { await Task.yield() }
      alerts.finish()
    }
    let sent = try recorder.messages.all.map { try JSON.parse($0.payload) }
    #expect(sent.map { $0["state"]?.string } == ["raised", "reminder"])
    #expect(sent.last?["count"] == 1)
  }

  @Test func aWebhookThatIsDownIsTriedAgain() async {
    let recorder = Recorder(failures: 3)
    let clock = VirtualClock(autoAdvances: true)
    var limits = RunLimits()
    limits.alertGrace = .seconds(60)
    let alerts = watch(recorder, clock: clock, limits: limits)
    alerts.record((0..<5).map { letter($0) })
    alerts.finish()
    await alerts.run()
    #expect(recorder.messages.all.count == 1)
    #expect(clock.now.offset >= .seconds(7))
  }

  @Test(arguments: [true, false]) func aWebhookThatStaysDownEndsTheWait(recoverable: Bool) async {
    let recorder = Recorder(failures: .max, recoverable: recoverable)
    let clock = VirtualClock(autoAdvances: true)
    let alerts = watch(recorder, clock: clock)
    alerts.record((0..<5).map { letter($0) })
    alerts.finish()
    await alerts.run()
    #expect(recorder.messages.all.isEmpty)
    #expect(clock.now.offset < .seconds(60))
  }

  @Test func aRunTellsOfItsLetters() async throws {
    let recorder = Recorder()
    let harness = Harness(
      sources: [ListSource(messages(50))],
      steps: [
        ("convert", FaultInjectingLogic { (_, _) throws(LogicError) in throw LogicError(ErrorCode("step.failed", .rejected), "no") })
      ],
      destinations: [.init(name: "a", node: Recorder())]
    )
    var plan = harness.plan
    plan.alertWebhook = PlannedWebhook(spec: ConnectionSpec(name: "alerts", type: "http"), node: recorder)
    let run = IntegrationRun(
      plan: plan,
      journal: MemoryJournal(),
      endsWhenSourcesEnd: true,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    )
    try await run.run()
    #expect(run.snapshot().alerts == 1)
    #expect(recorder.messages.all.count == 1)
  }
}
