import NIOCore

/// Cuts what comes over a connection into lines.
struct LineBuffer {
  struct TooLong: Error {}

  /// In bytes.
  static let longestLine = 1 << 20

  private var buffer = ByteBuffer()

  /// The lines that are complete with `part`, without their line breaks.
  mutating func add(_ part: ByteBuffer) throws(TooLong) -> [[UInt8]] {
    var part = part
    buffer.writeBuffer(&part)
    var lines: [[UInt8]] = []
    while let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(buffer.readBytes(length: end - buffer.readerIndex) ?? [])
      buffer.moveReaderIndex(forwardBy: 1)
    }
    guard buffer.readableBytes <= Self.longestLine else { throw TooLong() }
    buffer.discardReadBytes()
    return lines
  }
}
