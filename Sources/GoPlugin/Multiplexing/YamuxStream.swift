import NIOCore

/// One stream of a yamux session: how much either side may send, and who has ended.
struct YamuxStream: Sendable {
  /// How much a side may send ahead of what the other has taken, at first, in bytes: yamux's 256 KiB.
  static let window = 256 << 10

  private var sendWindow = Self.window
  private var receiveWindow = Self.window
  /// What was taken of what came and is not told to the other side yet, in bytes.
  private var taken = 0
  private var unsent = ByteBuffer()
  /// The other side sends no more.
  private(set) var hasEnded = false
  /// This side sends no more than is unsent, and takes nothing any more.
  private(set) var isLeft = false
  /// The other side was told that this one sends no more.
  private(set) var isFinished = false

  /// More to send is of use: what there was is on its way, and the other side takes more.
  var wantsMore: Bool { !isLeft && unsent.readableBytes == 0 && sendWindow > 0 }

  var isSent: Bool { unsent.readableBytes == 0 }

  /// A frame of so many bytes begins.
  mutating func receives(_ length: Int) throws(YamuxViolation) {
    guard !hasEnded else { throw YamuxViolation("data on a stream that it has ended") }
    guard length <= receiveWindow else { throw YamuxViolation("more data than the window of a stream allows") }
    receiveWindow -= length
  }

  /// So many bytes of what came were taken. Returns by how much the window is to grow, when it is worth a frame.
  mutating func took(_ count: Int) -> UInt32? {
    taken += count
    guard !hasEnded, taken >= Self.window / 2 else { return nil }
    defer { taken = 0 }
    receiveWindow += taken
    return UInt32(taken)
  }

  /// The other side takes so many bytes more.
  mutating func grows(by delta: UInt32) throws(YamuxViolation) {
    guard sendWindow + Int(delta) <= Int(UInt32.max) else { throw YamuxViolation("a window beyond 4 GiB") }
    sendWindow += Int(delta)
  }

  mutating func append(_ bytes: ByteBuffer) {
    if unsent.readableBytes == 0 {
      unsent = bytes
    } else {
      unsent.writeImmutableBuffer(bytes)
    }
  }

  /// Returns what may be sent now, or nil.
  mutating func nextToSend() -> ByteBuffer? {
    let length = min(unsent.readableBytes, sendWindow)
    guard length > 0, let slice = unsent.readSlice(length: length) else { return nil }
    sendWindow -= length
    if unsent.readableBytes == 0 { unsent = ByteBuffer() }
    return slice
  }

  mutating func ends() throws(YamuxViolation) {
    guard !hasEnded else { throw YamuxViolation("a stream that ends twice") }
    hasEnded = true
  }

  mutating func leave() { isLeft = true }

  /// Returns true when the other side is to be told now that this one sends no more.
  mutating func finish() -> Bool {
    guard isLeft, isSent, !isFinished else { return false }
    isFinished = true
    return true
  }
}
