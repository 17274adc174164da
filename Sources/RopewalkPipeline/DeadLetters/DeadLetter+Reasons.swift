import RopewalkConnector
import RopewalkCore
import RopewalkPlugins

extension ErrorCode {
  /// The integration no longer has the destination that a message was accepted for.
  static let destinationGone = ErrorCode("delivery.destination.gone", .notFound)
}

extension DeadLetter {
  /// A message that failed in a step.
  init(_ passage: Passage, in step: String, _ error: LogicError, destination: String?, failedAt: Timestamp) {
    self.init(passage.accepted, passage.message, destination: destination, stage: step, failedAt: failedAt)
    self.code = error.code.name
    self.guestCode = error.guestCode
    self.message = error.message
    self.backtrace = error.backtrace
    self.attempts = passage.failures
  }

  /// A message that a destination did not take.
  init(_ delivery: Delivery, _ error: ConnectionError, attempts: [Attempt], failedAt: Timestamp) {
    let destination = delivery.message.metadata.destination
    self.init(delivery.accepted, delivery.message, destination: destination, stage: Self.deliveryStage, failedAt: failedAt)
    self.code = error.code.name
    self.message = error.message
    self.attempts = attempts
  }

  /// A message for a destination that the integration had when it was accepted.
  init(orphan accepted: AcceptedMessage, destination: String, failedAt: Timestamp) {
    self.init(accepted, accepted.original, destination: destination, stage: Self.deliveryStage, failedAt: failedAt)
    self.code = ErrorCode.destinationGone.name
    self.message = "the integration no longer has a destination '\(destination)'; add it again and replay the letter"
  }

  private init(_ accepted: AcceptedMessage, _ message: Message, destination: String?, stage: String, failedAt: Timestamp) {
    let original = accepted.original
    self.id = MessageID.next()
    self.messageID = original.id
    self.integration = original.metadata.integrationID
    self.customer = original.metadata.customerID
    self.tenant = original.metadata.tenantID
    self.source = original.metadata.source
    self.destination = destination
    self.stage = stage
    self.code = ""
    self.guestCode = ""
    self.message = ""
    self.backtrace = []
    self.attempts = []
    self.payload = message.payload
    self.contentType = message.contentType
    self.headers = message.headers
    self.originalPayload = original.payload
    self.originalContentType = original.contentType
    self.correlationID = original.metadata.correlationID
    self.traceID = original.metadata.traceID
    self.receivedAt = original.timestamp
    self.failedAt = failedAt
  }
}
