/// Reads the fields of a Protocol Buffers message (https://protobuf.dev/programming-guides/encoding).
struct WireReader {
  enum Value {
    case varint(UInt64)
    case bytes(ArraySlice<UInt8>)
    /// Of a width that none of the messages here uses.
    case fixed
  }

  private var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
  }

  /// Returns the next field's number and value, or nil at the end. Throws `malformedMessage`.
  mutating func next() throws(GoPluginError) -> (field: Int, value: Value)? {
    guard !bytes.isEmpty else { return nil }
    let tag = try varint()
    let field = Int(truncatingIfNeeded: tag >> 3)
    switch tag & 7 {
    case 0: return (field, .varint(try varint()))
    case 1: return (field, try fixed(8))
    case 2:
      let length = try varint()
      guard length <= UInt64(bytes.count) else { throw Self.malformed }
      defer { bytes = bytes.dropFirst(Int(length)) }
      return (field, .bytes(bytes.prefix(Int(length))))
    case 5: return (field, try fixed(4))
    default: throw Self.malformed
    }
  }

  private mutating func fixed(_ width: Int) throws(GoPluginError) -> Value {
    guard bytes.count >= width else { throw Self.malformed }
    bytes = bytes.dropFirst(width)
    return .fixed
  }

  private mutating func varint() throws(GoPluginError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = bytes.popFirst() else { throw Self.malformed }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw Self.malformed
  }

  private static let malformed = GoPluginError(.malformedMessage, "a message of the plugin protocol's own services cannot be decoded")
}

extension WireReader.Value {
  /// The value of a string field; empty when it is of another kind.
  var string: String {
    guard case .bytes(let bytes) = self else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The value of a number or an enumeration; 0 when it is of another kind.
  var number: UInt64 {
    guard case .varint(let number) = self else { return 0 }
    return number
  }
}
