package import RopewalkCore

/// A message that was given up, with everything needed to understand why and to send it again.
package struct DeadLetter: Sendable, Equatable {
  /// One that failed.
  package struct Attempt: Sendable, Equatable {
    package var time: Timestamp
    /// Plain words with the code.
    package var error: String
  }

  /// The stage of a delivery that failed; otherwise the stage is the step's name.
  package static let deliveryStage = "delivery"

  /// Of the letter, not of the message.
  package var id: String
  package var messageID: String
  package var integration: String
  package var customer: String
  package var tenant: String
  /// The incoming connection's name.
  package var source: String
  /// Nil when the message reached none of its destinations.
  package var destination: String?
  package var stage: String
  package var code: String
  /// The code that a guest failed with on purpose; empty otherwise.
  package var guestCode: String
  /// Why, in plain words.
  package var message: String
  package var backtrace: [String]
  package var attempts: [Attempt]
  /// As it was when it failed.
  package var payload: [UInt8]
  package var contentType: String
  package var headers: MessageHeaders
  /// As it came.
  package var originalPayload: [UInt8]
  package var originalContentType: String
  package var correlationID: String
  package var traceID: String
  package var receivedAt: Timestamp
  package var failedAt: Timestamp
}
