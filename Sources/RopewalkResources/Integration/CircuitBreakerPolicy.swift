/// `circuitBreaker` of a destination: when it is left alone for a while.
public struct CircuitBreakerPolicy: Sendable, Equatable {
  /// Failures in a row, of any messages, that open the circuit. Default 10.
  public var failures: Int
  /// In what time they must come. Default 1 min.
  public var window: Duration
  /// How long nothing is attempted. Default 30 s.
  public var openFor: Duration
  /// Attempts that must be answered before the circuit closes. Default 1.
  public var probes: Int

  public init(failures: Int = 10, window: Duration = .seconds(60), openFor: Duration = .seconds(30), probes: Int = 1) {
    self.failures = failures
    self.window = window
    self.openFor = openFor
    self.probes = probes
  }
}
