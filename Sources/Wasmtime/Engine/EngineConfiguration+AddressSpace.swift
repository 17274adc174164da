#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension EngineConfiguration {
  /// The addresses that the pool reserves, in bytes; nil when there are not so many numbers.
  private var reservedByteCount: Int? {
    let perMemory = memoryReservation.addingReportingOverflow(memoryGuardSize)
    let memories = perMemory.partialValue.multipliedReportingOverflow(by: UInt64(maxMemories) + 1)
    let stacks = UInt64(asyncStackSize + 4096).multipliedReportingOverflow(by: UInt64(maxStacks))
    let tables = UInt64(maxTableElements * 8 + 4096).multipliedReportingOverflow(by: UInt64(maxTables))
    let some = memories.partialValue.addingReportingOverflow(stacks.partialValue)
    let all = some.partialValue.addingReportingOverflow(tables.partialValue)
    let isOver = [perMemory.overflow, memories.overflow, stacks.overflow, tables.overflow, some.overflow, all.overflow]
    return isOver.contains(true) ? nil : Int(exactly: all.partialValue)
  }

  /// Whether the process has the addresses that the pool needs. Wasmtime aborts where they are lacking, so they are
  /// reserved once for the asking and given back.
  var fitsAddressSpace: Bool {
    guard let reservedByteCount else { return false }
    let start = mmap(nil, reservedByteCount, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let start, start != MAP_FAILED else { return false }
    munmap(start, reservedByteCount)
    return true
  }
}
