/// How long one message has had its guest, and how much of that is not charged to its customer yet.
///
/// A slice may be looked at several times before it is charged; what was booked once is never booked again.
struct TurnClock {
  /// Nanoseconds that count against the timeout.
  private(set) var elapsed: UInt64 = 0
  private var uncharged: UInt64 = 0
  private var bookedUpTo = MonotonicTime(nanoseconds: 0)

  /// The guest runs from here on.
  mutating func start(at now: MonotonicTime) {
    bookedUpTo = now
  }

  /// Books what has passed since the guest was started, or since this was last called.
  mutating func book(at now: MonotonicTime) {
    let passed = now.nanoseconds(since: bookedUpTo)
    uncharged &+= passed
    elapsed &+= passed
    bookedUpTo = now
  }

  /// Counts time against the timeout in which the guest waited and used no processor.
  mutating func wait(_ nanoseconds: UInt64) {
    elapsed &+= nanoseconds
  }

  /// When a guest that goes on running will have had so many nanoseconds.
  func end(of timeout: UInt64) -> MonotonicTime {
    bookedUpTo.advanced(by: timeout > elapsed ? timeout - elapsed : 0)
  }

  /// The nanoseconds to charge, once.
  mutating func takeCharge() -> UInt64 {
    defer { uncharged = 0 }
    return uncharged
  }
}
