import CWasmtime

/// The memory of a store's one call: what Wasmtime reads and writes while a call is under way, at addresses that stay.
///
/// A store has one call at a time, so one buffer serves them all and a call allocates nothing here.
final class CallBuffer {
  private static let slotsSize = 32
  private static let initialCapacity = 8

  private var memory: UnsafeMutableRawPointer
  private var capacity: Int

  init() {
    capacity = Self.initialCapacity
    memory = Self.allocate(capacity)
    trap.initialize(to: nil)
    error.initialize(to: nil)
  }

  deinit {
    memory.deallocate()
  }

  var function: UnsafeMutablePointer<wasmtime_func_t> { memory.assumingMemoryBound(to: wasmtime_func_t.self) }
  var trap: UnsafeMutablePointer<OpaquePointer?> { (memory + 16).assumingMemoryBound(to: OpaquePointer?.self) }
  var error: UnsafeMutablePointer<OpaquePointer?> { (memory + 24).assumingMemoryBound(to: OpaquePointer?.self) }
  /// The arguments, then the results in their place, of a synchronous call.
  var raw: UnsafeMutablePointer<wasmtime_val_raw_t> { (memory + Self.slotsSize).assumingMemoryBound(to: wasmtime_val_raw_t.self) }
  /// The arguments, then the results behind them, of an asynchronous call.
  var values: UnsafeMutablePointer<wasmtime_val_t> { (memory + Self.slotsSize).assumingMemoryBound(to: wasmtime_val_t.self) }

  /// Makes room for `count` values. Not while a call is under way.
  func reserve(_ count: Int) {
    guard count > capacity else { return }
    memory.deallocate()
    capacity = count
    memory = Self.allocate(count)
    trap.initialize(to: nil)
    error.initialize(to: nil)
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
    .allocate(byteCount: slotsSize + capacity * MemoryLayout<wasmtime_val_t>.stride, alignment: 16)
  }
}
