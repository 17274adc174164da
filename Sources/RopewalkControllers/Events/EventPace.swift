import RopewalkResources

/// Lets an event that says the same be written only now and then.
struct EventPace {
  struct Subject: Hashable {
    var key: ResourceKey
    var reason: String
    var message: String
  }

  /// How long the same event is not written again. Default 10 s.
  let interval: Duration
  /// Events that are told apart; further ones are not written. Default 1,000.
  let maxSubjects: Int
  private var written: [Subject: Duration] = [:]

  init(interval: Duration = .seconds(10), maxSubjects: Int = 1000) {
    self.interval = interval
    self.maxSubjects = maxSubjects
  }

  /// Whether it is to be written now.
  mutating func allows(_ subject: Subject, at now: Duration) -> Bool {
    if let last = written[subject], now - last < interval { return false }
    if written[subject] == nil, written.count >= maxSubjects {
      written = written.filter { now - $0.value < interval }
      guard written.count < maxSubjects else { return false }
    }
    written[subject] = now
    return true
  }
}
