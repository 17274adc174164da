import CNATS

/// A message as it arrived, for as long as its handler looks at it.
struct NATSMessage: ~Copyable {
  private let handle: OpaquePointer
  private let subscription: OpaquePointer?

  /// Takes the message over.
  init(_ handle: OpaquePointer, of subscription: OpaquePointer? = nil) {
    self.handle = handle
    self.subscription = subscription
  }

  /// Whether the subscription has more messages here, which it hands over at once.
  var isFollowed: Bool {
    var (count, size) = (CInt(0), CInt(0))
    return natsSubscription_GetPending(subscription, &count, &size) == NATS_OK && count > 0
  }

  deinit {
    natsMsg_Destroy(handle)
  }

  var subject: String { String(cString: natsMsg_GetSubject(handle)) }

  /// Where an answer goes; nil when none is expected.
  var reply: String? { natsMsg_GetReply(handle).map { String(cString: $0) } }

  var size: Int { Int(natsMsg_GetDataLength(handle)) }

  /// A copy of the bytes.
  var payload: [UInt8] { [UInt8](bytes) }

  /// Valid as long as the message.
  var bytes: UnsafeBufferPointer<UInt8> {
    guard let data = natsMsg_GetData(handle) else { return UnsafeBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(start: data, count: size).assumingMemoryBound(to: UInt8.self)
  }

  func header(_ name: StaticString) -> String? {
    var value: UnsafePointer<CChar>?
    let status = name.withUTF8Buffer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { natsMsgHeader_Get(handle, $0.baseAddress, &value) }
    }
    guard status == NATS_OK, let value else { return nil }
    return String(cString: value)
  }

  /// The three digits of a message that carries only a status, such as 503 when nobody listens; nil for all others.
  var status: Int? { size == 0 ? header("Status").flatMap { Int($0) } : nil }
}
