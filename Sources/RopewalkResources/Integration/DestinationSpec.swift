/// A destination: one entry of `outgoing`.
public struct DestinationSpec: Sendable {
  public var connection: ConnectionSpec
  /// Steps in front of this destination alone.
  public var steps: [StepSpec]
  /// Deliveries at once. Default 64.
  public var maxInFlight: Int
  /// Nil when it is off.
  public var circuitBreaker: CircuitBreakerPolicy?

  public init(
    connection: ConnectionSpec,
    steps: [StepSpec] = [],
    maxInFlight: Int = 64,
    circuitBreaker: CircuitBreakerPolicy? = CircuitBreakerPolicy()
  ) {
    self.connection = connection
    self.steps = steps
    self.maxInFlight = maxInFlight
    self.circuitBreaker = circuitBreaker
  }
}
