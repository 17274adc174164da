import RopewalkConnector
import RopewalkCore

/// How messages stand one after another in a stream.
enum Framing: String, CaseIterable, Sendable {
  /// One message a line.
  case lines
  /// A zero byte after each message.
  case nul
  /// Nothing between messages; reading, the whole stream is one.
  case raw

  var delimiter: UInt8? {
    switch self {
    case .lines: UInt8(ascii: "\n")
    case .nul: 0
    case .raw: nil
    }
  }

  /// The payload as it is written.
  /// - Throws: when the payload holds the delimiter, which would make several messages of it.
  func frame(_ payload: [UInt8]) throws(ConnectionError) -> [UInt8] {
    guard let delimiter else { return payload }
    guard !payload.contains(delimiter) else {
      let what = self == .lines ? "a line break" : "a zero byte"
      throw ConnectionError(
        .rejected,
        "the payload holds \(what), which would make several messages of it; let a converter write it without, or choose another framing"
      )
    }
    return payload + [delimiter]
  }
}
