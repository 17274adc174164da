/// Reads what a ``ByteWriter`` wrote.
struct ByteReader {
  private let bytes: [UInt8]
  private var next = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { next == bytes.count }

  mutating func number() throws(SQLiteFailure) -> UInt64 {
    var (number, shift): (UInt64, UInt64) = (0, 0)
    while next < bytes.count, shift < 64 {
      let byte = bytes[next]
      next += 1
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
      shift += 7
    }
    throw Self.damaged
  }

  mutating func signedNumber() throws(SQLiteFailure) -> Int64 {
    let number = try number()
    return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
  }

  mutating func text() throws(SQLiteFailure) -> String {
    String(decoding: bytes[try range()], as: UTF8.self)
  }

  /// Where the next string's bytes are.
  mutating func range() throws(SQLiteFailure) -> Range<Int> {
    let count = try number()
    guard count <= UInt64(bytes.count - next) else { throw Self.damaged }
    defer { next += Int(count) }
    return next..<next + Int(count)
  }

  /// How many elements follow, each of at least one byte.
  mutating func count() throws(SQLiteFailure) -> Int {
    let count = try number()
    guard count <= UInt64(bytes.count - next) else { throw Self.damaged }
    return Int(count)
  }

  /// All of the bytes, as numbers.
  static func numbers(in bytes: [UInt8]) throws(SQLiteFailure) -> [Int64] {
    var reader = ByteReader(bytes)
    var numbers: [Int64] = []
    while !reader.isAtEnd { numbers.append(Int64(truncatingIfNeeded: try reader.number())) }
    return numbers
  }

  private static let damaged = SQLiteFailure(corrupt: "a row does not decode")
}
