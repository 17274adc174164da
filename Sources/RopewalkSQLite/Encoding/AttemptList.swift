import RopewalkCore
import RopewalkJournal

/// Attempts that failed, as the rows of pairs and of letters have them.
enum AttemptList {
  static func encode(_ attempts: [DeadLetter.Attempt]) -> [UInt8] {
    var writer = ByteWriter(capacity: 64 * attempts.count)
    writer.write(attempts)
    return writer.bytes
  }

  /// - Throws: when the bytes are not what ``encode(_:)`` wrote.
  static func decode(_ bytes: [UInt8]) throws(SQLiteFailure) -> [DeadLetter.Attempt] {
    var reader = ByteReader(bytes)
    return try reader.attempts()
  }
}

extension ByteWriter {
  mutating func write(_ attempts: [DeadLetter.Attempt]) {
    write(UInt64(attempts.count))
    for attempt in attempts {
      write(signed: attempt.time.nanoseconds)
      write(attempt.error)
    }
  }
}

extension ByteReader {
  mutating func attempts() throws(SQLiteFailure) -> [DeadLetter.Attempt] {
    var attempts: [DeadLetter.Attempt] = []
    for _ in 0..<(try count()) {
      attempts.append(DeadLetter.Attempt(time: Timestamp(nanoseconds: try signedNumber()), error: try text()))
    }
    return attempts
  }
}
