package import RopewalkCore

extension DeadLetter {
  /// Headers whose values are secrets, in small letters; their values are written as `***`.
  package static let secretHeaders: Set<String> = [
    "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token",
  ]

  /// One line of a dead-letter file; docs/guide/dead-letters.md describes it.
  package var json: JSON {
    [
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
      "payload": Self.json(of: payload),
      "originalContentType": .string(originalContentType),
      "originalPayload": originalPayload == payload ? .null : Self.json(of: originalPayload),
      "headers": .array(headers.fields.map(Self.json(of:))),
      "correlationID": .string(correlationID),
      "traceID": .string(traceID),
      "receivedAt": .string(receivedAt.description),
      "failedAt": .string(failedAt.description),
      "replayOf": replayOf.map(JSON.string) ?? .null,
    ]
  }

  private static func json(of payload: [UInt8]) -> JSON {
    if let text = String(validating: payload, as: UTF8.self) { return ["text": .string(text)] }
    return ["base64": .string(base64(payload))]
  }

  private static func json(of field: MessageHeaders.Field) -> JSON {
    let isSecret = secretHeaders.contains(field.name.lowercased())
    return ["name": .string(field.name), "value": .string(isSecret ? "***" : field.value)]
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
