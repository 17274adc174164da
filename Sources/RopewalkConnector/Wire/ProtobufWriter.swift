import SwiftProtobuf

/// Writes the fields of a message (https://protobuf.dev/programming-guides/encoding) from the last to the first, so that the
/// length of what is nested is known when its turn comes. Zero and empty are left out, as proto3 has it.
struct ProtobufWriter {
  /// What is written is at the end.
  private var bytes: [UInt8]
  private var start: Int

  /// - Parameter capacity: about how many bytes will be written; more can be.
  init(capacity: Int) {
    bytes = [UInt8](repeating: 0, count: capacity)
    start = capacity
  }

  var written: ArraySlice<UInt8> { bytes[start...] }

  mutating func write(_ number: UInt64, field: UInt64) {
    guard number != 0 else { return }
    write(varint: number)
    write(varint: field << 3)
  }

  mutating func write(_ text: String, field: UInt64) {
    guard !text.isEmpty else { return }
    var text = text
    nest(field: field) { writer in text.withUTF8 { writer.write(raw: UnsafeRawBufferPointer($0)) } }
  }

  mutating func write(_ value: ArraySlice<UInt8>, field: UInt64) {
    guard !value.isEmpty else { return }
    nest(field: field) { writer in value.withUnsafeBytes { writer.write(raw: $0) } }
  }

  /// For what comes seldom.
  mutating func write(_ message: some SwiftProtobuf.Message, field: UInt64) throws {
    let encoded: [UInt8] = try message.serializedBytes()
    nest(field: field) { writer in encoded.withUnsafeBytes { writer.write(raw: $0) } }
  }

  /// What `body` writes becomes one field, empty or not.
  mutating func nest(field: UInt64, _ body: (inout ProtobufWriter) throws -> Void) rethrows {
    let before = count
    try body(&self)
    write(varint: UInt64(count - before))
    write(varint: field << 3 | 2)
  }

  private var count: Int { bytes.count - start }

  private mutating func write(raw value: UnsafeRawBufferPointer) {
    makeRoom(for: value.count)
    start -= value.count
    let place = start..<start + value.count
    bytes.withUnsafeMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[place]).copyMemory(from: value) }
  }

  private mutating func write(varint value: UInt64) {
    let length = max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7)
    makeRoom(for: length)
    start -= length
    var rest = value
    for index in start..<start + length - 1 {
      bytes[index] = UInt8(truncatingIfNeeded: rest) | 0x80
      rest >>= 7
    }
    bytes[start + length - 1] = UInt8(truncatingIfNeeded: rest)
  }

  private mutating func makeRoom(for count: Int) {
    guard start < count else { return }
    let more = max(bytes.count, count)
    bytes.insert(contentsOf: repeatElement(0, count: more), at: 0)
    start += more
  }
}
