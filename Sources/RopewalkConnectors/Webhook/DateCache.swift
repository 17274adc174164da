import RopewalkCore

/// The `Date` header's value, written anew each second.
struct DateCache {
  private var second: Int64 = -1
  private var value = ""

  mutating func text(at time: Timestamp) -> String {
    let second = time.nanoseconds / 1_000_000_000
    if second != self.second {
      self.second = second
      value = HTTPDate.text(of: time)
    }
    return value
  }
}
