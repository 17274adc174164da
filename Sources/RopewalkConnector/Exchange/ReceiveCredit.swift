/// What this side allows the other to send, what of it is used, and what is to be given back.
struct ReceiveCredit: Sendable {
  private let window: (messages: Int, bytes: Int)
  private var available: (messages: Int, bytes: Int)
  private var owed: (messages: Int, bytes: Int) = (0, 0)
  private var underWay = 0

  /// The whole of `messages` and `bytes` is given in the stream's first frame.
  init(messages: Int, bytes: Int) {
    window = (messages, bytes)
    available = (messages, bytes)
  }

  mutating func use(_ size: Int) throws(ProtocolViolation) {
    guard available.messages > 0 else { throw ProtocolViolation("it sends more messages than it has credit for") }
    guard size <= available.bytes || underWay == 0 else { throw ProtocolViolation("it sends more bytes than it has credit for") }
    available.messages -= 1
    available.bytes -= size
    underWay += 1
  }

  mutating func release(_ size: Int) {
    owed.messages += 1
    owed.bytes += size
    underWay -= 1
  }

  var isGrantDue: Bool { owed.messages * 2 >= window.messages || owed.bytes * 2 >= window.bytes && owed.messages > 0 }

  /// What to give back; nil while it is less than half of the window, so that not each message takes a frame.
  mutating func grant() -> (messages: Int, bytes: Int)? {
    guard isGrantDue else { return nil }
    defer { owed = (0, 0) }
    available.messages += owed.messages
    available.bytes += owed.bytes
    return owed
  }
}
