import NIOCore

/// The nine bytes that every HTTP/2 frame begins with (RFC 9113, section 4.1).
struct FrameHeader: Sendable {
  static let data: UInt8 = 0
  static let headers: UInt8 = 1
  static let reset: UInt8 = 3
  static let ping: UInt8 = 6
  static let acknowledgement: UInt8 = 1
  static let endStream: UInt8 = 1

  var length: Int
  var type: UInt8
  var flags: UInt8
  var stream: UInt32

  /// Returns nil when fewer than nine bytes are there.
  init?(in buffer: ByteBuffer, at index: Int) {
    guard let first = buffer.getInteger(at: index, as: UInt32.self),
      let flags = buffer.getInteger(at: index + 4, as: UInt8.self),
      let stream = buffer.getInteger(at: index + 5, as: UInt32.self)
    else { return nil }
    length = Int(first >> 8)
    type = UInt8(truncatingIfNeeded: first)
    self.flags = flags
    self.stream = stream & 0x7fff_ffff
  }

  /// A PING that asks for an answer, of the length it must have.
  var isPing: Bool { type == Self.ping && flags & Self.acknowledgement == 0 && length == 8 && stream == 0 }

  private var isReset: Bool { type == Self.reset && length == 4 && stream != 0 }

  /// A frame whose payload the filter has to see. A malformed one is not: HTTP/2 is to refuse it.
  var isFiltered: Bool { isPing || isReset }

  /// Whether this is the peer's last frame on its stream.
  var endsStream: Bool { (type == Self.data || type == Self.headers) && flags & Self.endStream != 0 }
}
