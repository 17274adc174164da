import NIOCore

/// Cuts the bytes of a yamux session into frames. The payload of a frame is passed on as it comes, without a copy.
struct YamuxFrameReader: Sendable {
  enum Piece: Sendable, Hashable {
    case frame(YamuxFrame)
    /// The payload of the last frame, or the next part of it.
    case payload(ByteBuffer, isLast: Bool)
  }

  private var input = ByteBuffer()
  /// How many bytes of a payload are to come.
  private var left = 0

  mutating func append(_ bytes: ByteBuffer) {
    if input.readableBytes == 0 {
      input = bytes
    } else {
      input.writeImmutableBuffer(bytes)
    }
  }

  /// Returns nil until more comes.
  mutating func next() throws(YamuxViolation) -> Piece? {
    if left > 0 {
      let length = min(left, input.readableBytes)
      guard length > 0, let slice = input.readSlice(length: length) else { return nil }
      left -= length
      return .payload(slice, isLast: left == 0)
    }
    guard let frame = try YamuxFrame.read(from: &input) else {
      // A copy, so that a few bytes do not keep a large buffer alive.
      input = ByteBuffer(bytes: input.readableBytesView)
      return nil
    }
    if frame.kind == .data { left = Int(frame.value) }
    return .frame(frame)
  }
}
