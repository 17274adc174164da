import GRPCCore

/// A message of the protocol's own services. There are six, of at most four fields, so they are written here rather
/// than generated: a plugin then carries no Protocol Buffers library for them.
protocol WireMessage: Sendable {
  init()
  mutating func read(field: Int, from value: WireReader.Value) throws(GoPluginError)
  func write(to writer: inout WireWriter)
}

extension WireMessage {
  init(decoding bytes: [UInt8]) throws(GoPluginError) {
    self.init()
    var reader = WireReader(bytes[...])
    while let (field, value) = try reader.next() {
      try read(field: field, from: value)
    }
  }

  func encoded() -> [UInt8] {
    var writer = WireWriter()
    write(to: &writer)
    return writer.bytes
  }
}

/// Codes a ``WireMessage`` for gRPC.
struct WireCoder<Message: WireMessage>: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: Message) throws -> Bytes { Bytes(message.encoded()) }

  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Message {
    try Message(decoding: bytes.withUnsafeBytes { Array($0) })
  }
}
