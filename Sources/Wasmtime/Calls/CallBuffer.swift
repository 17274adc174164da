import CWasmtime

/// The memory of a store's one call: what Wasmtime reads and writes while a call is under way, at addresses that stay.
///
/// A store has one call at a time, so one buffer serves them all and a call allocates nothing here. All of it is reached
/// through one pointer that never changes, which keeps exclusivity checks out of the shortest path there is.
struct CallBuffer {
  /// The most values of one call: parameters and result. Functions with more cannot be called.
  static let maxValues = 32

  private static let trapOffset = 16
  private static let errorOffset = 24
  private static let storeIDOffset = 32
  private static let isBusyOffset = 40
  private static let valuesOffset = 48

  private let memory: UnsafeMutableRawPointer

  init() {
    memory = .allocate(byteCount: Self.valuesOffset + Self.maxValues * MemoryLayout<wasmtime_val_t>.stride, alignment: 16)
    trap.initialize(to: nil)
    error.initialize(to: nil)
    storeID = 0
    isBusy = false
  }

  func deallocate() {
    memory.deallocate()
  }

  var function: UnsafeMutablePointer<wasmtime_func_t> { memory.assumingMemoryBound(to: wasmtime_func_t.self) }
  var trap: UnsafeMutablePointer<OpaquePointer?> { (memory + Self.trapOffset).assumingMemoryBound(to: OpaquePointer?.self) }
  var error: UnsafeMutablePointer<OpaquePointer?> { (memory + Self.errorOffset).assumingMemoryBound(to: OpaquePointer?.self) }

  /// The store's own number, known from its first instance on; 0 before.
  var storeID: UInt64 {
    get { memory.load(fromByteOffset: Self.storeIDOffset, as: UInt64.self) }
    nonmutating set { memory.storeBytes(of: newValue, toByteOffset: Self.storeIDOffset, as: UInt64.self) }
  }

  /// Whether a call is under way.
  var isBusy: Bool {
    get { memory.load(fromByteOffset: Self.isBusyOffset, as: Bool.self) }
    nonmutating set { memory.storeBytes(of: newValue, toByteOffset: Self.isBusyOffset, as: Bool.self) }
  }

  /// The arguments, then the result in their place, of a synchronous call.
  var raw: UnsafeMutablePointer<wasmtime_val_raw_t> {
    (memory + Self.valuesOffset).assumingMemoryBound(to: wasmtime_val_raw_t.self)
  }

  /// The arguments, then the result behind them, of an asynchronous call.
  var values: UnsafeMutablePointer<wasmtime_val_t> {
    (memory + Self.valuesOffset).assumingMemoryBound(to: wasmtime_val_t.self)
  }
}
