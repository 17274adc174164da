import RopewalkCore

/// An object in the envelope in which Kubernetes' clients send Protocol Buffers: `k8s\0`, then its kind, then its bytes.
enum ProtobufDocument {
  static let mediaType = "application/vnd.kubernetes.protobuf"

  private static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]
  private static let envelope = ProtobufMessage.message([1: .one("type", .message([1: .text("apiVersion"), 2: .text("kind")]))])

  /// - Throws: 415 for kinds that are read as JSON only, 400 when the bytes are no such object.
  static func read(_ body: [UInt8]) throws(StatusError) -> JSON {
    guard body.starts(with: magic) else { throw .badRequest("the body is not \(mediaType)") }
    let content = body[magic.count...]
    do {
      let type = try envelope.json(content)["type"] ?? [:]
      guard let message = ProtobufMessage.ofKind(type["kind"]?.string ?? "") else {
        throw StatusError.unsupportedMediaType("a \(type["kind"]?.string ?? "body") is not read as protobuf; send \(MediaType.json)")
      }
      var object: JSONObject = ["apiVersion": type["apiVersion"] ?? "", "kind": type["kind"] ?? ""]
      for member in try message.json(raw(content)).object?.members ?? [] { object.append(key: member.key, value: member.value) }
      return .object(object)
    } catch let error as StatusError {
      throw error
    } catch {
      throw .badRequest("the body is not valid \(mediaType)")
    }
  }

  private static func raw(_ content: ArraySlice<UInt8>) throws(ProtobufFields.Malformed) -> ArraySlice<UInt8> {
    var reader = ProtobufFields(content)
    while let (number, value) = try reader.next() {
      if number == 2, case .bytes(let bytes) = value { return bytes }
    }
    return []
  }
}
