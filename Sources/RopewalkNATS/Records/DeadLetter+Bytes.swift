import RopewalkCore
import RopewalkJournal

/// A dead letter as it lies in its stream, but for its state, which the ledger has.
extension DeadLetter {
  private static let version: UInt64 = 1

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.version)
    for text in [
      id, messageID, integration, customer, tenant, source, stage, plugin, pluginVersion, code, guestCode, message, contentType,
      originalContentType, correlationID, traceID, replayOf ?? "", firstStage ?? "",
    ] {
      writer.write(text)
    }
    writer.write(destinations) { $0.write($1) }
    writer.write(backtrace) { $0.write($1) }
    writer.write(attempts) {
      $0.write(Int($1.time.nanoseconds))
      $0.write($1.error)
    }
    writer.write(headers)
    writer.write(originalHeaders)
    writer.write(Int(receivedAt.nanoseconds))
    writer.write(Int(failedAt.nanoseconds))
    writer.write(originalPayload)
    // Most letters fail with the payload as it came.
    writer.write(payload == originalPayload ? 0 : 1)
    if payload != originalPayload { writer.write(payload) }
    return writer.bytes
  }

  /// - Throws: `nats.record.unreadable`.
  init(bytes: [UInt8], state: State) throws(RopewalkError) {
    var reader = ByteReader(bytes, what: "a dead letter")
    try reader.expect(version: Self.version)
    var texts: [String] = []
    for _ in 0..<18 { texts.append(try reader.readString()) }
    let destinations = try reader.readArray { (reader) throws(RopewalkError) in try reader.readString() }
    let backtrace = try reader.readArray { (reader) throws(RopewalkError) in try reader.readString() }
    let attempts = try reader.readArray { (reader) throws(RopewalkError) in
      Attempt(time: try reader.readTime(), error: try reader.readString())
    }
    let (headers, originalHeaders) = (try reader.readHeaders(), try reader.readHeaders())
    let (receivedAt, failedAt) = (try reader.readTime(), try reader.readTime())
    let original = try reader.readBytes()
    let payload = try reader.readInt() == 0 ? original : try reader.readBytes()
    self.init(
      id: texts[0],
      messageID: texts[1],
      integration: texts[2],
      customer: texts[3],
      destinations: destinations,
      stage: texts[6],
      payload: payload,
      originalPayload: original,
      receivedAt: receivedAt,
      failedAt: failedAt
    )
    (tenant, source, plugin, pluginVersion) = (texts[4], texts[5], texts[7], texts[8])
    (code, guestCode, message, contentType) = (texts[9], texts[10], texts[11], texts[12])
    (originalContentType, correlationID, traceID, replayOf) = (texts[13], texts[14], texts[15], texts[16].nonEmpty)
    firstStage = texts[17].nonEmpty
    self.backtrace = backtrace
    self.attempts = attempts
    self.headers = headers
    self.originalHeaders = originalHeaders
    self.state = state
    // Where the payload could not be read, there is nothing here that a replay could begin with.
    if code == ErrorCode.payloadLost.name { damage = message }
  }
}

extension ByteWriter {
  fileprivate mutating func write(_ headers: MessageHeaders) {
    write(headers.fields) {
      $0.write($1.name)
      $0.write($1.value)
    }
  }
}

extension ByteReader {
  fileprivate mutating func readHeaders() throws(RopewalkError) -> MessageHeaders {
    MessageHeaders(
      try readArray { (reader) throws(RopewalkError) in
        MessageHeaders.Field(name: try reader.readString(), value: try reader.readString())
      }
    )
  }
}
