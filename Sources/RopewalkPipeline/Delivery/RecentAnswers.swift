/// Whose messages a destination has answered lately, to tell a destination that fails from a customer whose messages do.
/// Time comes in as a parameter.
struct RecentAnswers: Sendable {
  private struct Answer {
    let customer: String
    var time: Duration
  }

  /// Shorter than the first retries together, so that a destination that fails for everyone is found out before they are used up.
  static let memory: Duration = .seconds(5)

  private var last: Answer?
  /// The last one of another customer than the last one's.
  private var other: Answer?

  mutating func note(_ customer: String, at now: Duration) {
    guard last?.customer != customer else {
      last?.time = now
      return
    }
    other = last
    last = Answer(customer: customer, time: now)
  }

  /// Whether anyone but this customer was answered lately.
  func hasAnswers(otherThan customer: String, at now: Duration) -> Bool {
    [last, other].contains { answer in answer.map { $0.customer != customer && now - $0.time <= Self.memory } ?? false }
  }
}
