import GRPCCore
import GRPCProtobuf
import SwiftProtobuf

/// Decodes what an untrusted peer sends. What it repeats is counted before memory is taken for it: two bytes on the wire can
/// be an element of some hundred bytes here.
struct BoundedDeserializer<Message: SwiftProtobuf.Message>: MessageDeserializer {
  /// The largest number of repeated elements in one message, all of them together. A full batch whose messages have as many
  /// headers as they may has two thirds of it.
  static var mostElements: Int { 100_000 }

  /// What is repeated in a message: the numbers of the fields that lead there.
  private let repeated: [[UInt64]]
  private let limit: Int

  init(repeated: [[UInt64]], limit: Int = Self.mostElements) {
    self.repeated = repeated
    self.limit = limit
  }

  /// - Throws: ``ProtocolViolation``; what a `ProtobufDeserializer` throws.
  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Message {
    let count = try bytes.withUnsafeBytes { bytes in try repeated.reduce(0) { $0 + (try WireFields(bytes).count(of: $1[...])) } }
    guard count <= limit else { throw ProtocolViolation("it sends \(count) elements in one message, and \(limit) are the limit") }
    return try ProtobufDeserializer<Message>().deserialize(bytes)
  }
}

/// The fields of an encoded message (https://protobuf.dev/programming-guides/encoding), without their meaning.
private struct WireFields {
  private var rest: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) {
    rest = bytes
  }

  /// How often the field at the end of a path occurs.
  func count(of path: ArraySlice<UInt64>) throws(ProtocolViolation) -> Int {
    guard let number = path.first else { return 1 }
    var fields = self
    var count = 0
    while !fields.rest.isEmpty {
      // Groups too, which nobody has written for long: a decoder would skip them, and count nothing behind them here.
      guard let field = fields.next() else { throw ProtocolViolation("it sends a message that is no Protocol Buffers") }
      if field.number == number { count += try WireFields(field.content).count(of: path.dropFirst()) }
    }
    return count
  }

  /// Nil where there is no field, and for a group.
  private mutating func next() -> (number: UInt64, content: UnsafeRawBufferPointer)? {
    guard let tag = varint() else { return nil }
    let content: UnsafeRawBufferPointer?
    switch tag & 7 {
    case 0: content = varint().map { _ in UnsafeRawBufferPointer(rebasing: rest.prefix(0)) }
    case 1: content = take(8)
    case 2: content = varint().flatMap { take($0) }
    case 5: content = take(4)
    default: content = nil
    }
    return content.map { (tag >> 3, $0) }
  }

  private mutating func take(_ count: UInt64) -> UnsafeRawBufferPointer? {
    guard count <= UInt64(rest.count) else { return nil }
    defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Int(count))) }
    return UnsafeRawBufferPointer(rebasing: rest.prefix(Int(count)))
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for (place, byte) in rest.prefix(10).enumerated() {
      value |= UInt64(byte & 0x7f) << (7 * UInt64(place))
      if byte < 0x80 {
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(place + 1))
        return value
      }
    }
    return nil
  }
}
