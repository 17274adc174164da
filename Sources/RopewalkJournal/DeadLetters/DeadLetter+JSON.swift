package import RopewalkCore

extension DeadLetter {
  /// One line of a dead-letter file or of an export; docs/guide/dead-letters.md describes it.
  ///
  /// Values of ``SecretHeaders`` are written as `***`.
  /// - Parameter withPayloads: false leaves both payloads out, for those who may see why but not what.
  package func json(withPayloads: Bool = true) -> JSON {
    var object: JSONObject = [
      "version": 2,
      "id": .string(id),
      "state": .string(state.name.rawValue),
      "messageID": .string(messageID),
      "integration": .string(integration),
      "customer": .string(customer),
      "tenant": .string(tenant),
      "source": .string(source),
      "destinations": .array(destinations.map(JSON.string)),
      "stage": .string(stage),
      "plugin": .string(plugin),
      "pluginVersion": .string(pluginVersion),
      "code": .string(code),
      "guestCode": .string(guestCode),
      "message": .string(message),
      "backtrace": .array(backtrace.map(JSON.string)),
      "attempts": .array(attempts.map { ["time": .string($0.time.description), "error": .string($0.error)] }),
      "contentType": .string(contentType),
      "headers": Self.json(of: headers),
      "payloadBytes": .number(JSONNumber(payload.count)),
      "originalContentType": .string(originalContentType),
      "originalHeaders": originalHeaders == headers ? .null : Self.json(of: originalHeaders),
      "firstStage": firstStage.map(JSON.string) ?? .null,
      "correlationID": .string(correlationID),
      "traceID": .string(traceID),
      "receivedAt": .string(receivedAt.description),
      "failedAt": .string(failedAt.description),
      "replayOf": replayOf.map(JSON.string) ?? .null,
    ]
    object["damage"] = damage.map(JSON.string)
    if withPayloads, damage == nil {
      object["payload"] = Self.json(of: payload)
      object["originalPayload"] = originalPayload == payload ? .null : Self.json(of: originalPayload)
    }
    switch state {
    case .open: break
    case .replayed(let time, let position):
      object["replayedAt"] = .string(time.description)
      object["replayedAs"] = .number(JSONNumber(Int(clamping: position.value)))
    case .discarded(let time, let reason):
      object["discardedAt"] = .string(time.description)
      object["discardReason"] = .string(reason)
    }
    return .object(object)
  }

  private static func json(of payload: [UInt8]) -> JSON {
    if let text = String(validating: payload, as: UTF8.self) { return ["text": .string(text)] }
    return ["base64": .string(base64(payload))]
  }

  private static func json(of headers: MessageHeaders) -> JSON {
    .array(headers.fields.map { ["name": .string($0.name), "value": .string(SecretHeaders.shown($0))] })
  }

  /// RFC 4648, section 4, with padding.
  private static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        text.append(place > group.count ? UInt8(ascii: "=") : alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
