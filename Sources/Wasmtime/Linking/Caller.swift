import CWasmtime

/// The guest that called a host function, for the length of that call.
public struct Caller<State: AnyObject>: ~Copyable {
  private static var memoryName: StaticString { "memory" }

  /// The store's state.
  public let state: State
  private let core: StoreCore
  private let pointer: OpaquePointer

  init(_ pointer: OpaquePointer, core: StoreCore) {
    self.pointer = pointer
    self.core = core
    state = unsafeDowncast(core.state, to: State.self)
  }

  /// Lets `body` reach the memory that the guest exports as "memory"; one of no bytes where it exports none.
  public func withMemory<Result>(_ body: (borrowing MemoryView) throws -> Result) rethrows -> Result {
    if core.instanceCount == 1, let memory = core.soleMemory { return try body(core.view(memory)) }
    var item = wasmtime_extern_t()
    let name = Self.memoryName
    let found = name.withUTF8Buffer { name in
      name.withMemoryRebound(to: CChar.self) { wasmtime_caller_export_get(pointer, $0.baseAddress, $0.count, &item) }
    }
    guard found, item.kind == WASMTIME_EXTERN_MEMORY else {
      return try body(MemoryView(UnsafeMutableRawBufferPointer(start: nil, count: 0)))
    }
    return try body(core.view(item.of.memory))
  }
}
