import CWasmtime

extension Store {
  /// Lets `body` reach a guest's memory. Not while a call is under way: the guest may be using it.
  public func withMemory<Result>(_ memory: Memory, _ body: (borrowing MemoryView) throws -> Result) throws -> Result {
    guard !core.buffer.isBusy else { throw WasmtimeError(.busy, "the store has a call under way") }
    core.check(memory)
    return try body(core.view(memory.raw))
  }

  /// A memory's size now, in bytes.
  public func byteCount(of memory: Memory) -> Int {
    core.check(memory)
    var raw = memory.raw
    return wasmtime_memory_data_size(core.context, &raw)
  }

  /// Says where the guest looks for ``PendingCall/askToStop()``: at a byte of its memory. An address outside is no flag.
  public func setStopFlag(at address: UInt32, in memory: Memory) {
    core.check(memory)
    core.stopFlag = (memory.raw, address)
  }

  public var hasStopFlag: Bool { core.stopFlag != nil }
}

extension StoreCore {
  func check(_ memory: Memory) {
    precondition(memory.raw.owner.store_id == buffer.storeID, "the memory belongs to another store")
  }

  func view(_ memory: wasmtime_memory_t) -> MemoryView {
    var memory = memory
    let start = wasmtime_memory_data(context, &memory)
    return MemoryView(UnsafeMutableRawBufferPointer(start: start, count: wasmtime_memory_data_size(context, &memory)))
  }
}
