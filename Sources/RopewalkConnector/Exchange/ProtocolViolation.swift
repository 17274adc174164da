/// What the other side of a stream did that the contract does not allow. It ends the stream, and nothing else.
struct ProtocolViolation: Error, Sendable, Equatable, CustomStringConvertible {
  /// In plain words, without anything of a message but its sequence.
  var description: String

  init(_ description: String) {
    self.description = description
  }
}
