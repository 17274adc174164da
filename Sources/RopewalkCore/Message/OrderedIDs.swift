import Synchronization

/// Makes ids in the form of ``MessageID`` that sort in the order in which one process made them, within a millisecond too.
public final class OrderedIDs: Sendable {
  private struct Last {
    var milliseconds: Int64 = 0
    var count: UInt64 = 0
  }

  /// What 4 of an id's digits count.
  private static let perMillisecond: UInt64 = 1 << 20

  private let last = Mutex(Last())

  public init() {}

  /// A new id that is greater than every one before. A clock that is set back does not set ids back.
  public func next(at time: Timestamp = .now) -> String {
    let (milliseconds, count) = last.withLock { last in
      let now = time.nanoseconds / 1_000_000
      if now > last.milliseconds {
        last = Last(milliseconds: now)
      } else {
        last.count += 1
        if last.count == Self.perMillisecond { last = Last(milliseconds: last.milliseconds + 1) }
      }
      return (last.milliseconds, last.count)
    }
    var generator = SystemRandomNumberGenerator()
    return MessageID.make(at: Timestamp(nanoseconds: milliseconds * 1_000_000), counting: count, using: &generator)
  }
}
