import RopewalkCore

/// What the numbers of an integration file may be.
enum IntegrationRanges {
  // A step's config.
  static let stepTimeout: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)
  /// From one page of WASM memory to what the runtime has addresses for.
  static let memoryLimit: ClosedRange<ByteCount> = .kibibytes(64) ... .mebibytes(1024)
  static let cpuWeight = 1...1000
  static let maxOutputSize: ClosedRange<ByteCount> = ByteCount(1) ... .mebibytes(1024)

  // A step's config.http.
  static let httpTimeout: ClosedRange<Duration> = .milliseconds(1) ... .seconds(300)
  static let httpSize: ClosedRange<ByteCount> = ByteCount(0) ... .mebibytes(64)
  static let httpCalls = 1...100
  static let httpRedirects = 0...10
  static let allowedHosts = 100

  // A destination.
  static let maxInFlight = 1...10_000
  static let maxRetries = 0...1000
  static let initialBackoff: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)
  static let maxBackoff: ClosedRange<Duration> = .milliseconds(1) ... .seconds(86_400)
  static let backoffMultiplier = 1.0...10.0
  static let jitter = 0.0...1.0
  static let attemptTimeout: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)

  // A destination's circuitBreaker.
  static let circuitFailures = 1...100_000
  static let circuitTime: ClosedRange<Duration> = .milliseconds(1) ... .seconds(86_400)
  static let circuitProbes = 1...1000

  // spec.limits.
  static let queuePerCustomer = 1...1_000_000
  static let queue = 1...10_000_000
  static let maxPayloadSize: ClosedRange<ByteCount> = ByteCount(1) ... .mebibytes(1024)
  static let drainTimeout: ClosedRange<Duration> = .zero ... .seconds(3600)

  // spec.alerts.
  static let alertAfter = 1...10_000
  static let alertWindow: ClosedRange<Duration> = .seconds(1) ... .seconds(86_400)
  static let alertReminder: ClosedRange<Duration> = .seconds(1) ... .seconds(7 * 86_400)

  // spec.limits.memory.
  /// Fewer would leave a customer's destinations no room beside one that is stuck.
  static let messagesInMemory = 16...10_000_000
  static let sizeInMemory: ClosedRange<ByteCount> = .mebibytes(1) ... .mebibytes(1_048_576)

  // A connector's process.
  static let commandWords = 64
  static let grantedSecrets = 64
  static let sandboxPaths = 64
  static let sandboxMemory: ClosedRange<ByteCount> = .mebibytes(8) ... .mebibytes(1_048_576)
  static let sandboxCPU = 0.01...1024.0
  static let sandboxProcesses = 1...100_000
  static let sandboxOpenFiles = 16...1_000_000

  // Lists.
  static let connections = 64
  static let steps = 64
}
