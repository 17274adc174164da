/// Writes numbers and texts one after another: numbers as LEB128, texts and bytes with their length in front.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func write(_ number: Int) {
    // Zigzag, so that small negative numbers are short too.
    write(UInt64(bitPattern: Int64(number) << 1 ^ Int64(number) >> 63))
  }

  mutating func write(_ text: String) {
    write(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func write(_ content: [UInt8]) {
    write(content.count)
    bytes.append(contentsOf: content)
  }

  /// Appends what another one wrote, as it is.
  mutating func append(_ other: ByteWriter) {
    bytes.append(contentsOf: other.bytes)
  }

  mutating func write<Element>(_ elements: some Collection<Element>, _ body: (inout ByteWriter, Element) -> Void) {
    write(elements.count)
    for element in elements { body(&self, element) }
  }
}
