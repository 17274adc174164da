/// Cuts a stream of bytes into frames at a delimiter; without one, the whole stream is a frame. Bytes are not looked at otherwise: they need not be UTF-8.
struct FrameSplitter {
  enum Frame: Equatable {
    /// A frame and where it starts in the stream. Where lines are cut, a CR at the end is taken off.
    case complete(offset: Int, bytes: [UInt8])
    /// A frame longer than the limit, which was skipped.
    case tooLong(offset: Int, size: Int)
  }

  private let delimiter: UInt8?
  private let maxSize: Int
  private var buffer: [UInt8] = []
  /// How much of an overlong frame was thrown away; nil while the frame fits.
  private var skipped: Int?
  /// Where the frame under way starts.
  private(set) var offset: Int

  init(delimiter: UInt8?, maxSize: Int, offset: Int = 0) {
    self.delimiter = delimiter
    self.maxSize = maxSize
    self.offset = offset
  }

  /// The frames that are complete with these bytes, empty ones left out.
  mutating func feed(_ bytes: [UInt8]) -> [Frame] {
    var frames: [Frame] = []
    var rest = bytes[...]
    while let delimiter, let end = rest.firstIndex(of: delimiter) {
      append(rest[..<end])
      if let frame = cut(delimiterLength: 1) { frames.append(frame) }
      rest = rest[(end + 1)...]
    }
    append(rest)
    return frames
  }

  /// The frame that the stream ends with, if it is not empty.
  mutating func finish() -> Frame? {
    cut(delimiterLength: 0)
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) {
    if let already = skipped {
      skipped = already + bytes.count
    } else if buffer.count + bytes.count > maxSize + 1 {
      // One byte beyond the limit may be the CR.
      skipped = buffer.count + bytes.count
      buffer = []
    } else {
      buffer += bytes
    }
  }

  private mutating func cut(delimiterLength: Int) -> Frame? {
    let start = offset
    let size = skipped ?? buffer.count
    var bytes = buffer
    buffer = []
    let isTooLong = skipped != nil
    skipped = nil
    offset += size + delimiterLength
    if delimiter == UInt8(ascii: "\n"), bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    if isTooLong || bytes.count > maxSize { return .tooLong(offset: start, size: size) }
    return bytes.isEmpty ? nil : .complete(offset: start, bytes: bytes)
  }
}
