/// When the next letter may be sent again, so that no second has more than a rate allows.
///
/// Whoever is late does not catch up: a journal that was full for a while is not flooded afterwards.
struct ReplayPace: Sendable {
  private let interval: Duration
  private var next = Duration.zero

  /// - Parameter rate: letters in a second; nil for no wait at all.
  init(rate: Double?) {
    self.interval = rate.map { .seconds(1 / $0) } ?? .zero
  }

  /// The time at which one letter may go, now or later; reserves its place.
  mutating func reserve(at now: Duration) -> Duration {
    let time = max(next, now)
    next = time + interval
    return time
  }
}
