/// Reads the base-64 variable-length numbers of a source map's `mappings`.
struct VLQReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    self.bytes = Array(text.utf8)
  }

  var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Whether the segment is over.
  var isAtSeparator: Bool {
    peek == nil || peek == UInt8(ascii: ",") || peek == UInt8(ascii: ";")
  }

  mutating func skip() { position += 1 }

  /// The next number: five bits a digit, the lowest first, the sign in the lowest bit of all.
  mutating func next() throws(SourceMap.Malformed) -> Int {
    var value = 0
    for shift in stride(from: 0, to: 35, by: 5) {
      guard let byte = peek, let digit = Self.digit(byte) else { throw SourceMap.Malformed(message: "a mapping is cut short") }
      position += 1
      value |= (digit & 31) << shift
      if digit & 32 == 0 { return value & 1 == 0 ? value >> 1 : -(value >> 1) }
    }
    throw SourceMap.Malformed(message: "a mapping's number never ends")
  }

  private static func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte) - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) + 4
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
