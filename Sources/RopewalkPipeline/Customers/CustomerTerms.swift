package import RopewalkCore

/// What one customer may have of an integration, where that is less than what the integration gives everyone.
package struct CustomerTerms: Sendable, Equatable {
  /// Why messages of the customer are refused for now; nil when they are taken.
  package var refusal: String?
  /// Messages accepted a second; as many may come at once. Nil for as many as there are.
  package var messagesPerSecond: Double?
  /// Messages accepted and not settled; nil for `limits.queuePerCustomer`.
  package var queue: Int?
  /// The largest payload; nil for `limits.maxPayloadSize`.
  package var maxPayloadSize: ByteCount?

  package init(
    refusal: String? = nil,
    messagesPerSecond: Double? = nil,
    queue: Int? = nil,
    maxPayloadSize: ByteCount? = nil
  ) {
    self.refusal = refusal
    self.messagesPerSecond = messagesPerSecond
    self.queue = queue
    self.maxPayloadSize = maxPayloadSize
  }
}
