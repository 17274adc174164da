import RopewalkCore

/// What of a received message the host believes.
///
/// A connector says what came, not whose it is: its words for customer, tenant, integration, source and destination are
/// dropped. The integration's rule finds the customer, from a header that the sender sent or from a reserved header in
/// which the connector passes a part of a path. Reserved headers that the host does not allow are dropped too, so that a
/// connector under a rule with `path: customer` can name the customer and one under any other rule cannot.
package struct IncomingRule: Sendable {
  /// The names of reserved headers (``MessageHeaders/reservedPrefix``) that the connector may set; upper and lower case
  /// are the same. By default none.
  package var allowedReservedHeaders: Set<String>

  package init(allowedReservedHeaders: Set<String> = []) {
    self.allowedReservedHeaders = Set(allowedReservedHeaders.map { $0.lowercased() })
  }

  /// The message as the pipeline may have it. Throws a refusal, for good, for one that is beyond the limits.
  func admit(_ message: Message, limits: RemoteLimits) throws(Refusal) -> Message {
    let fields = message.headers.fields
    guard fields.count <= limits.headers else {
      throw Refusal(.invalid, "the message has \(fields.count) headers, and \(limits.headers) are allowed")
    }
    let bytes = fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    guard bytes <= limits.headerBytes else {
      throw Refusal(.invalid, "the headers of the message have \(bytes) bytes, and \(limits.headerBytes) are allowed")
    }
    guard message.id.utf8.count <= Message.maxIDLength else {
      throw Refusal(.invalid, "a message id has at most \(Message.maxIDLength) bytes, this one has \(message.id.utf8.count)")
    }
    guard message.contentType.utf8.count <= Self.longestWord, message.metadata.correlationID.utf8.count <= Self.longestWord else {
      throw Refusal(.invalid, "the content type or the correlation id of the message has more than \(Self.longestWord) bytes")
    }
    var admitted = message
    if admitted.id.isEmpty { admitted.id = MessageID.next() }
    admitted.metadata = MessageMetadata(
      correlationID: message.metadata.correlationID,
      traceID: Self.isTraceID(message.metadata.traceID) ? message.metadata.traceID : ""
    )
    if fields.contains(where: { isRefused($0.name) }) { admitted.headers = MessageHeaders(fields.filter { !isRefused($0.name) }) }
    return admitted
  }

  /// In bytes.
  private static let longestWord = 256

  private func isRefused(_ name: String) -> Bool {
    name.hasPrefixIgnoringASCIICase(MessageHeaders.reservedPrefix) && !allowedReservedHeaders.contains(name.lowercased())
  }

  private static func isTraceID(_ text: String) -> Bool {
    text.utf8.count == 32 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
  }
}
