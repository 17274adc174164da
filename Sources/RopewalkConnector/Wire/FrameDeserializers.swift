import GRPCCore
import GRPCProtobuf

// Messages and their answers come by the thousand: a frame of nothing else is read straight into what they are here, and each
// payload copied once. What is encoded otherwise than usual, or is no frame at all, is left to SwiftProtobuf; of what a connector
// writes, only what can be counted before: a group, or a tag of more than five bytes, is refused where the count comes upon it.

/// Decodes what the host writes.
struct HostFrameDeserializer: MessageDeserializer {
  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> HostFrame {
    let batch = bytes.withUnsafeBytes { bytes in try? HostFrame(batch: bytes) }
    return try batch ?? HostFrame(ProtobufDeserializer<WireHostFrame>().deserialize(bytes))
  }
}

/// Decodes what a connector writes, which is not trusted.
struct ConnectorFrameDeserializer: MessageDeserializer {
  /// The messages that the connector received, their headers, and the outcomes of those that it was sent.
  private static let repeated: [[UInt64]] = [[2, 1], [2, 1, 2, 5], [4, 1]]

  /// - Throws: what a ``BoundedDeserializer`` throws.
  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> ConnectorFrame {
    let batch = bytes.withUnsafeBytes { bytes in try? ConnectorFrame(batch: bytes) }
    return try batch ?? ConnectorFrame(BoundedDeserializer<WireConnectorFrame>(repeated: Self.repeated).deserialize(bytes))
  }
}

extension HostFrame {
  /// Reads a frame of nothing but messages or receipts.
  init(batch bytes: UnsafeRawBufferPointer) throws(Unusual) {
    let field = try ProtobufReader.onlyField(of: bytes)
    var batch = BatchReader()
    switch field.number {
    case 2: self = .messages(try batch.arrivals(field.value.bytes(), chunkedLength: 3))
    case 4: self = .receipts(try batch.receipts(field.value.bytes()))
    default: throw Unusual()
    }
  }
}

extension ConnectorFrame {
  /// Reads a frame of nothing but messages or outcomes.
  init(batch bytes: UnsafeRawBufferPointer) throws(Unusual) {
    let field = try ProtobufReader.onlyField(of: bytes)
    var batch = BatchReader()
    switch field.number {
    case 2: self = .messages(try batch.arrivals(field.value.bytes(), chunkedLength: 4))
    case 4: self = .outcomes(try batch.outcomes(field.value.bytes()))
    default: throw Unusual()
    }
  }
}
