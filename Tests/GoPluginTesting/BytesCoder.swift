package import GRPCCore

/// Codes bytes as `google.protobuf.BytesValue`.
package struct BytesCoder: MessageSerializer, MessageDeserializer {
  package init() {}

  package func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes {
    guard !message.isEmpty else { return Bytes([]) }
    var bytes: [UInt8] = [0x0a]
    var length = message.count
    while length >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    bytes.append(UInt8(length))
    return Bytes(bytes + message)
  }

  package func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] {
    bytes.withUnsafeBytes { bytes in
      guard !bytes.isEmpty else { return [] }
      // The field's tag, then its length up to a byte without the high bit.
      let start = bytes.indices.dropFirst().first { bytes[$0] < 0x80 } ?? 0
      return Array(bytes[(start + 1)...])
    }
  }
}
