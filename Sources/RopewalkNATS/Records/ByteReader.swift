import RopewalkCore

extension ErrorCode {
  static let recordUnreadable = ErrorCode("nats.record.unreadable", .fault)
}

/// Reads what a ``ByteWriter`` wrote, and refuses anything else.
struct ByteReader {
  private let bytes: [UInt8]
  private var position = 0
  private let what: String

  /// - Parameter what: names the record in errors.
  init(_ bytes: [UInt8], what: String) {
    self.bytes = bytes
    self.what = what
  }

  var isAtEnd: Bool { position == bytes.count }

  mutating func readUnsigned() throws(RopewalkError) -> UInt64 {
    var number: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard position < bytes.count else { throw damaged() }
      let byte = bytes[position]
      position += 1
      number |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return number }
    }
    throw damaged()
  }

  mutating func readInt() throws(RopewalkError) -> Int {
    let coded = try readUnsigned()
    return Int(bitPattern: UInt(coded >> 1) ^ (0 &- UInt(coded & 1)))
  }

  mutating func readBytes() throws(RopewalkError) -> [UInt8] {
    let count = try readInt()
    guard count >= 0, count <= bytes.count - position else { throw damaged() }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  mutating func readString() throws(RopewalkError) -> String {
    String(decoding: try readBytes(), as: UTF8.self)
  }

  mutating func readArray<Element>(
    _ body: (inout ByteReader) throws(RopewalkError) -> Element
  ) throws(RopewalkError) -> [Element] {
    let count = try readInt()
    // No element is written in less than a byte.
    guard count >= 0, count <= bytes.count - position else { throw damaged() }
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try body(&self)) }
    return elements
  }

  mutating func expect(version: UInt64) throws(RopewalkError) {
    _ = try readVersion(version...version)
  }

  mutating func readVersion(_ known: ClosedRange<UInt64>) throws(RopewalkError) -> UInt64 {
    let found = try readUnsigned()
    guard known.contains(found) else {
      throw RopewalkError(
        .recordUnreadable,
        "\(what) was written by another version (\(found), not \(known.upperBound)); run the version that wrote it, or a newer one"
      )
    }
    return found
  }

  func damaged() -> RopewalkError {
    RopewalkError(.recordUnreadable, "\(what) is damaged; look at the stream with 'nats stream get'")
  }
}
