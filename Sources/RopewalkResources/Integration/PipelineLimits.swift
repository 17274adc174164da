public import RopewalkCore

/// `spec.limits`: the bounds of one integration's queues.
public struct PipelineLimits: Sendable, Equatable {
  /// `queuePerCustomer`: messages of one customer accepted and not settled. Default 10,000.
  public var queuePerCustomer: Int
  /// `queue`: messages of all customers accepted and not settled. Default 100,000.
  public var queue: Int
  /// `maxPayloadSize`: Default 16 MiB.
  public var maxPayloadSize: ByteCount
  /// `drainTimeout`: how long a stop waits for what is in flight. Default 30 s.
  public var drainTimeout: Duration
  /// `memory`: how much of what is accepted is in memory; the rest waits in the journal alone.
  public var memory: MemoryLimits

  public init(
    queuePerCustomer: Int = 10_000,
    queue: Int = 100_000,
    maxPayloadSize: ByteCount = .mebibytes(16),
    drainTimeout: Duration = .seconds(30),
    memory: MemoryLimits = MemoryLimits()
  ) {
    self.queuePerCustomer = queuePerCustomer
    self.queue = queue
    self.maxPayloadSize = maxPayloadSize
    self.drainTimeout = drainTimeout
    self.memory = memory
  }
}

/// `spec.limits.memory`: the bounds of what one integration has in memory. Nothing is refused because of them.
public struct MemoryLimits: Sendable, Equatable {
  /// `messagesPerCustomer`: Default 4,096.
  public var messagesPerCustomer: Int
  /// `messages`: of all customers. Default 32,768.
  public var messages: Int
  /// `sizePerCustomer`: payloads, headers and ids. Default 32 MiB.
  public var sizePerCustomer: ByteCount
  /// `size`: of all customers. Default 128 MiB.
  public var size: ByteCount

  public init(
    messagesPerCustomer: Int = 4096,
    messages: Int = 32_768,
    sizePerCustomer: ByteCount = .mebibytes(32),
    size: ByteCount = .mebibytes(128)
  ) {
    self.messagesPerCustomer = messagesPerCustomer
    self.messages = messages
    self.sizePerCustomer = sizePerCustomer
    self.size = size
  }
}
