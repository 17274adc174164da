package import RopewalkCore

extension ErrorCode {
  /// The integration no longer has the destination that a message was accepted for.
  fileprivate static let destinationGone = ErrorCode("delivery.destination.gone", .notFound)
}

extension DeadLetter {
  /// Of a message that is given up at a stage as it came.
  package init(of message: Message, at stage: String, destinations: [String], id: String = MessageID.next(), failedAt: Timestamp) {
    self.init(
      id: id,
      messageID: message.id,
      integration: message.metadata.integrationID,
      customer: message.metadata.customerID,
      destinations: destinations,
      stage: stage,
      payload: message.payload,
      originalPayload: message.payload,
      receivedAt: message.timestamp,
      failedAt: failedAt
    )
    tenant = message.metadata.tenantID
    source = message.metadata.source
    correlationID = message.metadata.correlationID
    traceID = message.metadata.traceID
    hasFailed(as: message)
    came(as: message)
  }

  /// What the stage got, where steps before it have changed the message.
  package mutating func hasFailed(as message: Message) {
    payload = message.payload
    contentType = message.contentType
    headers = message.headers
  }

  /// What was accepted, where steps have changed the message since.
  package mutating func came(as original: Message) {
    originalPayload = original.payload
    originalContentType = original.contentType
    originalHeaders = original.headers
  }

  /// The integration no longer has its destinations.
  package mutating func isOfGoneDestinations() {
    code = ErrorCode.destinationGone.name
    let names = destinations.map { "'\($0)'" }.joined(separator: ", ")
    message = "the integration no longer has \(names); add \(destinations.count == 1 ? "it" : "them") again and replay the letter"
  }
}
