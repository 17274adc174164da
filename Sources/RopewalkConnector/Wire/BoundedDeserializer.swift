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
    let count = try bytes.withUnsafeBytes { bytes in try repeated.reduce(0) { $0 + (try ProtobufReader(bytes).count(of: $1[...])) } }
    guard count <= limit else { throw ProtocolViolation("it sends \(count) elements in one message, and \(limit) are the limit") }
    return try ProtobufDeserializer<Message>().deserialize(bytes)
  }
}

extension ProtobufReader {
  /// How often the field at the end of a path occurs.
  fileprivate func count(of path: ArraySlice<UInt64>) throws(ProtocolViolation) -> Int {
    guard let number = path.first else { return 1 }
    var fields = self
    var count = 0
    while let field = fields.next() {
      if field.number == number { count += try ProtobufReader(field.value.content).count(of: path.dropFirst()) }
    }
    // Groups too: a decoder would skip them, and count nothing behind them here.
    guard fields.isAtEnd else { throw ProtocolViolation("it sends a message that is no Protocol Buffers") }
    return count
  }
}

extension ProtobufReader.Value {
  /// What may be a nested message.
  fileprivate var content: UnsafeRawBufferPointer {
    if case .bytes(let bytes) = self { bytes } else { UnsafeRawBufferPointer(start: nil, count: 0) }
  }
}
