/// Where a message belongs and where it goes. The words are the same in YAML, in guests and in logs.
public struct MessageMetadata: Sendable, Equatable {
  /// Whose message this is. Empty only before the pipeline has resolved it.
  public var customerID: String
  public var tenantID: String
  public var integrationID: String
  /// The incoming connector's name within the integration.
  public var source: String
  /// The destination's name; empty until delivery.
  public var destination: String
  /// Joins messages that belong to one exchange; the message id unless the sender named one.
  public var correlationID: String
  /// The W3C trace id, 32 hexadecimal digits; empty when the sender sent none.
  public var traceID: String

  public init(
    customerID: String = "",
    tenantID: String = "",
    integrationID: String = "",
    source: String = "",
    destination: String = "",
    correlationID: String = "",
    traceID: String = ""
  ) {
    self.customerID = customerID
    self.tenantID = tenantID
    self.integrationID = integrationID
    self.source = source
    self.destination = destination
    self.correlationID = correlationID
    self.traceID = traceID
  }
}
