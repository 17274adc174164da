/// What an engine reserves and allows, fixed for its life.
///
/// The pool reserves address space, not memory: each memory slot takes `memoryReservation` of addresses, and an
/// untouched slot costs no memory at all.
public struct EngineConfiguration: Sendable, Hashable {
  /// Instances alive at once, in all stores together. Default 4,096.
  public var maxInstances: UInt32 = 4096
  /// Linear memories alive at once. Default 4,096.
  public var maxMemories: UInt32 = 4096
  /// Tables alive at once. Default 4,096.
  public var maxTables: UInt32 = 4096
  /// Stores that have made an asynchronous call: each keeps the stack of its last call for the next one. Default 4,096.
  public var maxStacks: UInt32 = 4096
  /// What one linear memory can grow to, in bytes, rounded up to 64 KiB; a module that starts with more is refused.
  /// Default 1 GiB.
  public var maxMemorySize = 1 << 30
  /// Elements of one table. Default 20,000.
  public var maxTableElements = 20_000
  /// Bytes of one instance's bookkeeping, which grows with its globals and functions. Default 1 MiB.
  public var maxInstanceSize = 1 << 20
  /// Addresses set aside for one memory, in bytes. 4 GiB, the default, lets the compiler leave out bounds checks.
  public var memoryReservation: UInt64 = 4 << 30
  /// Addresses after each memory that are never mapped, in bytes. Default 32 MiB.
  public var memoryGuardSize: UInt64 = 32 << 20
  /// The stack of one asynchronous call in bytes, host functions included. Default 2 MiB.
  public var asyncStackSize = 2 << 20
  /// What of a stack guests may use, in bytes; beyond it they trap with a stack overflow. Default 512 KiB.
  public var maxWasmStack = 512 << 10
  /// Bytes of a dropped store's stack that stay resident for another one. Default 0: a store keeps its stack from call to
  /// call whatever this says, so more saves only a system call where stores are dropped often.
  public var asyncStackKeepResident = 0
  /// Bytes of a dropped instance's memory that are zeroed and kept rather than returned. Default 0.
  public var memoryKeepResident = 0
  /// The same for a dropped instance's table. Default 0.
  public var tableKeepResident = 0
  /// Dropped slots that keep their mapping of a module's image, for its next instance. Default 100.
  public var maxUnusedWarmSlots: UInt32 = 100

  public init() {}

  /// Tells configurations apart whose compiled modules must not be mixed.
  var fingerprint: String {
    "\(memoryReservation)-\(memoryGuardSize)"
  }
}
