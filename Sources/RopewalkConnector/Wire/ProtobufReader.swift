/// Reads the fields of an encoded message (https://protobuf.dev/programming-guides/encoding) where they lie, without their
/// meaning.
struct ProtobufReader {
  struct Field {
    var number: UInt64
    var value: Value
  }

  enum Value {
    case varint(UInt64)
    case bytes(UnsafeRawBufferPointer)
    /// Of a width that no message of the contract uses.
    case fixed
  }

  private let bytes: UnsafeRawBufferPointer
  private var index = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// False where ``next()`` has found no further field in what is left.
  var isAtEnd: Bool { index == bytes.count }

  /// Nil at the end, where there is no field, and for a group, which nobody has written for long.
  mutating func next() -> Field? {
    let start = index
    // A number has 29 bits, and three more are the type.
    guard let tag = varint(), index - start <= 5, tag <= UInt64(UInt32.max), let value = readValue(ofType: tag & 7) else {
      index = start
      return nil
    }
    return Field(number: tag >> 3, value: value)
  }

  private mutating func readValue(ofType type: UInt64) -> Value? {
    switch type {
    case 0: return varint().map { Value.varint($0) }
    case 1: return take(8).map { _ in Value.fixed }
    case 2:
      guard let length = varint() else { return nil }
      return take(length).map { Value.bytes($0) }
    case 5: return take(4).map { _ in Value.fixed }
    default: return nil
    }
  }

  private mutating func take(_ count: UInt64) -> UnsafeRawBufferPointer? {
    guard count <= UInt64(bytes.count - index) else { return nil }
    let start = index
    index += Int(count)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<index])
  }

  private mutating func varint() -> UInt64? {
    var (value, shift): (UInt64, UInt64) = (0, 0)
    while index < bytes.count, shift < 70 {
      let byte = bytes[index]
      index += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}
