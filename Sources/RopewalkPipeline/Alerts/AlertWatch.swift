import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import Synchronization

/// Watches the dead letters of one run and tells of failures that repeat: a log line, a count, and a webhook where there is one.
/// Nothing here is waited for on the way of a message.
final class AlertWatch: Sendable {
  private let table: Mutex<AlertTable>
  private let webhook: AlertWebhook?
  private let stopwatch: Stopwatch
  private let logger: Logger
  private let wake = Signal()
  private let isFinished = Atomic(false)

  init(plan: Plan, limits: RunLimits, stopwatch: Stopwatch, logger: Logger) {
    let integration = plan.integration
    self.table = Mutex(
      AlertTable(integration: integration.metadata.name, rule: integration.spec.alerts, maxSubjects: limits.maxAlertSubjects)
    )
    self.webhook = plan.alertWebhook.map { AlertWebhook($0, limits: limits, stopwatch: stopwatch, logger: logger) }
    self.stopwatch = stopwatch
    self.logger = logger
  }

  /// Whether such failures are told of already.
  func isStanding(_ letter: DeadLetter) -> Bool {
    table.withLock { $0.isStanding(letter) }
  }

  var raised: Int { table.withLock(\.raised) }

  /// Letters that the journal has now.
  func record(_ letters: [DeadLetter]) {
    guard !letters.isEmpty else { return }
    let (now, time) = (stopwatch.elapsed, stopwatch.timestamp)
    let (alerts, isSooner) = table.withLock { table in
      let before = table.deadline ?? .seconds(Int64.max)
      let alerts = letters.compactMap { table.failed($0, at: now, time: time) }
      return (alerts, table.deadline.map { $0 < before } ?? false)
    }
    tell(alerts)
    if isSooner || !alerts.isEmpty { wake.raise() }
  }

  /// Watches until ``finish()``, and then a little longer for what the webhook has not been told yet.
  func run() async {
    await withDiscardingTaskGroup { group in
      if let webhook { group.addTask { await webhook.run() } }
      while !isFinished.load(ordering: .acquiring), !Task.isCancelled {
        await waitForDeadline()
        let (now, time) = (stopwatch.elapsed, stopwatch.timestamp)
        tell(table.withLock { $0.passed(to: now, time: time) })
      }
      webhook?.finish()
    }
  }

  /// There are no more letters.
  func finish() {
    isFinished.store(true, ordering: .releasing)
    wake.raise()
  }

  private func waitForDeadline() async {
    guard let deadline = table.withLock(\.deadline) else { return await wake.wait() }
    await withTaskGroup { group in
      group.addTask { await self.wake.wait() }
      group.addTask { try? await self.stopwatch.sleepAside(for: deadline - self.stopwatch.elapsed) }
      await group.next()
      group.cancelAll()
    }
  }

  private func tell(_ alerts: [Alert]) {
    for alert in alerts {
      logger.log(
        level: alert.kind == .recovered ? .notice : .error,
        alert.kind == .recovered ? "Messages do not fail any more" : "Messages fail again and again",
        metadata: [
          "alert": "\(alert.kind.rawValue)", "ropewalk.stage": "\(alert.subject.stage)", "code": "\(alert.subject.code)",
          "count": "\(alert.count)", "error": "\(alert.error)", "letter": "\(alert.letterID)",
        ]
      )
      webhook?.take(alert)
    }
  }
}
