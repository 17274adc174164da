public import RopewalkCore

/// The limits of one step's logic, each a key of the step's `config`.
public struct LogicLimits: Sendable, Equatable {
  /// `timeout`: one message's time in the step, host calls included, waiting for a turn not. Default 5 s.
  public var timeout: Duration
  /// `memoryLimit`: linear memory of one customer's instance. Default 64 MiB.
  public var memoryLimit: ByteCount
  /// `cpuWeight`: a customer's share of processor time against others', 1 to 1000. Default 100.
  public var cpuWeight: Int
  /// `maxOutputSize`: what one message may become. Default 16 MiB.
  public var maxOutputSize: ByteCount

  public init(
    timeout: Duration = .seconds(5),
    memoryLimit: ByteCount = .mebibytes(64),
    cpuWeight: Int = 100,
    maxOutputSize: ByteCount = .mebibytes(16)
  ) {
    self.timeout = timeout
    self.memoryLimit = memoryLimit
    self.cpuWeight = cpuWeight
    self.maxOutputSize = maxOutputSize
  }
}
