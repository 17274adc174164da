/// Writes the fields of a Protocol Buffers message. Zero and empty are left out, as proto3 has it.
struct WireWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ number: UInt64, field: Int) {
    guard number != 0 else { return }
    varint(UInt64(field) << 3)
    varint(number)
  }

  mutating func write(_ string: String, field: Int) {
    write(Array(string.utf8), field: field)
  }

  mutating func write(_ value: [UInt8], field: Int) {
    guard !value.isEmpty else { return }
    varint(UInt64(field) << 3 | 2)
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
