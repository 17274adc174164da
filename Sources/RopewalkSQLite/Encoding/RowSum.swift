import Checksums
import RopewalkCore
import RopewalkJournal

/// The checksums of the tables `messages` and `letter_bodies`: SQLite does not notice a byte that changed within a row.
///
/// Golden journals have them, so what they are made of never changes.
enum RowSum {
  /// Of what comes with a message and belongs to its payload; ``ofMessage(_:destinations:)`` completes it.
  /// - Parameter letter: the one that it is the replay of.
  static func ofMessage(id: String, time: Int64, letter: String?, stage: String?, detail: [UInt8]) -> Int64 {
    var sum = Running()
    sum.add(detail)
    sum.add(id)
    sum.add(letter)
    sum.add(stage)
    sum.add(time)
    return sum.stored
  }

  /// Of what belongs to a message's payload.
  /// - Parameters:
  ///   - message: of what came with it.
  ///   - destinations: as the row has them: the journal gives them their numbers.
  static func ofMessage(_ message: Int64, destinations: [UInt8]) -> Int64 {
    var sum = Running(from: message)
    sum.add(destinations)
    return sum.stored
  }

  /// Of what belongs to a letter's payloads and does not change while it is kept.
  static func ofLetter(_ letter: DeadLetter, detail: [UInt8]) -> Int64 {
    var sum = Running()
    sum.add(detail)
    sum.add(letter.id)
    sum.add(letter.integration)
    sum.add(letter.customer)
    sum.add(letter.stage)
    sum.add(letter.code)
    sum.add(letter.guestCode)
    sum.add(letter.failedAt.nanoseconds)
    return sum.stored
  }

  /// Of the payloads of a row: of each the bytes that are in it, or the name of its file, which says what is in that. Nil where it has
  /// none.
  static func ofPayloads(_ payload: [UInt8]?, file: String? = nil, original: [UInt8]? = nil, originalFile: String? = nil) -> Int64? {
    guard payload != nil || file != nil || original != nil || originalFile != nil else { return nil }
    var sum = Running()
    if let payload { sum.add(payload) }
    if let file { sum.add(file) }
    if let original { sum.add(original) }
    if let originalFile { sum.add(originalFile) }
    return sum.stored
  }

  /// Whether a row still has the sum that it was written with. Those of earlier versions have none, and are believed.
  static func matches(_ stored: Int64?, _ sum: Int64?) -> Bool {
    stored == nil || stored == sum
  }

  /// Of one column after the other; one that is null counts as one that is empty.
  private struct Running {
    private var hash: UInt64

    /// - Parameter sum: of the columns before.
    init(from sum: Int64 = 0) {
      hash = UInt64(bitPattern: sum)
    }

    var stored: Int64 { Int64(bitPattern: hash) }

    mutating func add(_ bytes: [UInt8]) {
      hash = bytes.withUnsafeBytes { XXH64.hash($0, seed: hash) }
    }

    mutating func add(_ text: String?) {
      var text = text ?? ""
      hash = text.withUTF8 { XXH64.hash(UnsafeRawBufferPointer($0), seed: hash) }
    }

    mutating func add(_ number: Int64) {
      hash = withUnsafeBytes(of: number.littleEndian) { XXH64.hash($0, seed: hash) }
    }
  }
}
