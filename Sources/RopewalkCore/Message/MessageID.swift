/// Makes message ids: 26 characters that sort by the millisecond they were made in (the ULID form).
public enum MessageID {
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// A new id from the clock and the system's random numbers.
  public static func next() -> String {
    var generator = SystemRandomNumberGenerator()
    return make(at: .now, using: &generator)
  }

  /// A new id from a given time and source of randomness, so that a seed replays it.
  /// - Parameter count: takes the place of the first 4 random digits; at most 2^20 - 1.
  public static func make(
    at time: Timestamp,
    counting count: UInt64? = nil,
    using generator: inout some RandomNumberGenerator
  ) -> String {
    let milliseconds = UInt64(max(0, time.nanoseconds / 1_000_000))
    let random = (high: generator.next() as UInt64, low: generator.next() as UInt64)
    return String(unsafeUninitializedCapacity: 26) { buffer in
      for index in 0..<10 {
        buffer[index] = alphabet[Int(milliseconds >> (UInt64(9 - index) * 5) & 31)]
      }
      for index in 0..<8 {
        buffer[10 + index] = alphabet[Int(random.high >> (UInt64(index) * 5) & 31)]
        buffer[18 + index] = alphabet[Int(random.low >> (UInt64(index) * 5) & 31)]
      }
      if let count {
        for index in 0..<4 { buffer[10 + index] = alphabet[Int(count >> (UInt64(3 - index) * 5) & 31)] }
      }
      return 26
    }
  }
}
