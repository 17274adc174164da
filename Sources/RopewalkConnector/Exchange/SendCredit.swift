/// What the other side allows this one to send, and what of it is used.
struct SendCredit: Sendable {
  /// A bound on what may be given, far above any use, so that a lying peer cannot overflow the sums.
  private static let mostBytes = 1 << 50
  private static let mostMessages = 1 << 40

  private var messages = 0
  private var bytes = 0
  private(set) var underWay = 0

  mutating func add(messages: UInt32, bytes: UInt64) throws(ProtocolViolation) {
    guard bytes < Self.mostBytes, self.bytes + Int(bytes) < Self.mostBytes, self.messages + Int(messages) < Self.mostMessages else {
      throw ProtocolViolation("it gives more credit than can be")
    }
    self.messages += Int(messages)
    self.bytes += Int(bytes)
  }

  /// Whether a message whose payload has `size` bytes may be sent now. One that is larger than all credit may when
  /// nothing else is under way.
  func allows(_ size: Int) -> Bool { messages > 0 && (size <= bytes || underWay == 0) }

  mutating func use(_ size: Int) {
    messages -= 1
    bytes -= size
    underWay += 1
  }

  /// A message under way has its answer. The credit comes back when the other side gives it.
  mutating func answered() { underWay -= 1 }
}
