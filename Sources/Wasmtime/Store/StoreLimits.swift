/// What the instances of one store may take together.
public struct StoreLimits: Sendable, Hashable {
  /// Bytes of one linear memory. Growing beyond it answers -1 to the guest. Default 64 MiB.
  public var memoryBytes: Int
  /// Elements of one table. Growing beyond it answers -1. Default 10,000.
  public var tableElements: Int
  /// Default 1 of each.
  public var instances: Int
  public var tables: Int
  public var memories: Int

  public init(memoryBytes: Int = 64 << 20, tableElements: Int = 10_000, instances: Int = 1, tables: Int = 1, memories: Int = 1) {
    self.memoryBytes = memoryBytes
    self.tableElements = tableElements
    self.instances = instances
    self.tables = tables
    self.memories = memories
  }
}
