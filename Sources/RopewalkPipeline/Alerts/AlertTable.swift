import RopewalkCore
import RopewalkJournal
import RopewalkResources

/// The alerts of one integration, by what failed. Time comes in as a parameter.
struct AlertTable: Sendable {
  private struct Entry {
    var machine: AlertStateMachine
    var error = ""
    var letterID = ""
  }

  /// The code of those beyond the table's bound.
  static let furtherCodes = "*"

  private let integration: String
  private let rule: AlertSpec
  private let maxSubjects: Int
  private var entries: [Alert.Subject: Entry] = [:]
  /// Alerts that were raised since the run began.
  private(set) var raised = 0

  init(integration: String, rule: AlertSpec, maxSubjects: Int) {
    self.integration = integration
    self.rule = rule
    self.maxSubjects = maxSubjects
  }

  var standing: [Alert.Subject] { entries.filter(\.value.machine.isStanding).map(\.key) }

  /// When ``passed(to:time:)`` has something to do.
  var deadline: Duration? { entries.values.compactMap(\.machine.deadline).min() }

  func isStanding(_ letter: DeadLetter) -> Bool {
    entries[subject(of: letter)]?.machine.isStanding ?? false
  }

  /// - Parameter time: what the alert says.
  mutating func failed(_ letter: DeadLetter, at now: Duration, time: Timestamp) -> Alert? {
    let subject = subject(of: letter)
    var entry = entries[subject] ?? Entry(machine: AlertStateMachine(rule))
    entry.error = letter.message
    entry.letterID = letter.id
    let action = entry.machine.failed(at: now)
    entries[subject] = entry
    return alert(action, subject, entry, time)
  }

  mutating func passed(to now: Duration, time: Timestamp) -> [Alert] {
    var alerts: [Alert] = []
    for (subject, var entry) in entries {
      if let alert = alert(entry.machine.passed(to: now), subject, entry, time) { alerts.append(alert) }
      entries[subject] = entry.machine.isIdle ? nil : entry
    }
    return alerts.sorted { ($0.subject.stage, $0.subject.code) < ($1.subject.stage, $1.subject.code) }
  }

  private func subject(of letter: DeadLetter) -> Alert.Subject {
    let code = letter.guestCode.isEmpty ? letter.code : letter.guestCode
    let subject = Alert.Subject(integration: integration, stage: letter.stage, code: code)
    guard entries[subject] == nil, entries.count >= maxSubjects else { return subject }
    return Alert.Subject(integration: integration, stage: letter.stage, code: Self.furtherCodes)
  }

  private mutating func alert(_ action: AlertStateMachine.Action, _ subject: Alert.Subject, _ entry: Entry, _ time: Timestamp) -> Alert? {
    let (kind, count): (Alert.Kind, Int)
    switch action {
    case .none: return nil
    case .raise(let number): (kind, count) = (.raised, number)
    case .remind(let number): (kind, count) = (.reminder, number)
    case .recovered(let number): (kind, count) = (.recovered, number)
    }
    if kind == .raised { raised += 1 }
    return Alert(kind: kind, subject: subject, count: count, time: time, error: entry.error, letterID: entry.letterID)
  }
}
