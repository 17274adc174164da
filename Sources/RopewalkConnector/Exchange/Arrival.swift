import RopewalkCore

/// A message of the other side's as it came.
struct Arrival: Sendable {
  var sequence: UInt64
  var message: Message
  /// Empty for a host's messages, which have none.
  var position: [UInt8] = []
  /// More than 0: the payload comes in chunks and is so long.
  var chunkedLength: UInt64 = 0
}

extension Arrival {
  /// The longest position, in bytes.
  static let longestPosition = 64 << 10

  /// What is kept beyond the process must be bounded before it is kept.
  func checkPosition() throws(ProtocolViolation) {
    guard position.count <= Self.longestPosition else {
      throw ProtocolViolation("the position of message \(sequence) has more than \(Self.longestPosition) bytes")
    }
  }
}

extension [Arrival] {
  /// Those that are complete as they came.
  var withoutChunks: [Arrival] { contains { $0.chunkedLength > 0 } ? filter { $0.chunkedLength == 0 } : self }
}
