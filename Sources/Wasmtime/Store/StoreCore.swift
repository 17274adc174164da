import CWasmtime

/// A store without its state's type: what C callbacks find behind their pointer.
final class StoreCore {
  /// Far enough to be never, near enough not to overflow when the current epoch is added.
  private static let never: UInt64 = 1 << 62

  let engine: Engine
  let state: AnyObject
  let limits: StoreLimits
  let pointer: OpaquePointer
  let context: OpaquePointer
  let buffer = CallBuffer()

  var instanceCount = 0
  /// The memory called "memory" of the store's only instance.
  var soleMemory: wasmtime_memory_t?

  var isWaiting = false
  var isInterruptAsked = false
  /// Where the guest looks whether it is to stop by itself.
  var stopFlag: (memory: wasmtime_memory_t, address: UInt32)?
  var isStopAsked = false
  private var canYield = false
  private var yieldTicks: UInt64?
  private var wasInterrupted = false
  private var hostError: (any Error)?

  init(engine: Engine, state: AnyObject, limits: StoreLimits) {
    self.engine = engine
    self.state = state
    self.limits = limits
    pointer = wasmtime_store_new(engine.pointer, nil, nil)
    context = wasmtime_store_context(pointer)
    wasmtime_context_set_data(context, Unmanaged.passUnretained(self).toOpaque())
    wasmtime_store_limiter(
      pointer,
      Int64(limits.memoryBytes),
      Int64(limits.tableElements),
      Int64(limits.instances),
      Int64(limits.tables),
      Int64(limits.memories)
    )
    wasmtime_store_epoch_deadline_callback(pointer, decideAtDeadline, Unmanaged.passUnretained(self).toOpaque(), nil)
    wasmtime_context_set_epoch_deadline(context, Self.never)
  }

  deinit {
    wasmtime_store_delete(pointer)
    buffer.deallocate()
  }

  static func of(_ context: OpaquePointer) -> Unmanaged<StoreCore> {
    Unmanaged.fromOpaque(wasmtime_context_get_data(context)!)
  }
}

// MARK: - Epochs

extension StoreCore {
  func trapOnEpoch(after ticks: UInt64) {
    yieldTicks = nil
    wasmtime_context_set_epoch_deadline(context, min(ticks, Self.never))
  }

  func yieldOnEpoch(every ticks: UInt64) {
    yieldTicks = ticks
    wasmtime_context_set_epoch_deadline(context, min(ticks, Self.never))
  }

  /// The ticks until the guest's next turn ends; nil to interrupt it now.
  fileprivate func ticksAtDeadline() -> UInt64? {
    if isStopAsked { raiseStopFlag() }
    if let yieldTicks, canYield, !isInterruptAsked { return yieldTicks }
    wasInterrupted = true
    return nil
  }

  private func raiseStopFlag() {
    isStopAsked = false
    guard let stopFlag else { return }
    try? view(stopFlag.memory).write([1], at: stopFlag.address)
  }
}

private let decideAtDeadline: wasmtime_epoch_callback_t = { _, core, delta, kind in
  let ticks = Unmanaged<StoreCore>.fromOpaque(core!)._withUnsafeGuaranteedRef { $0.ticksAtDeadline() }
  guard let ticks else { return wasmtime_error_new("interrupted") }
  delta!.pointee = ticks
  kind!.pointee = UInt8(WASMTIME_UPDATE_DEADLINE_YIELD)
  return nil
}

// MARK: - The one call at a time

extension StoreCore {
  /// A turn of an asynchronous call, in which the guest may yield and wait.
  func beginTurn() {
    isWaiting = false
    canYield = true
  }

  func endCall() {
    buffer.isBusy = false
    isWaiting = false
    canYield = false
    isInterruptAsked = false
    isStopAsked = false
  }

  /// Remembers what a host function threw; answers the trap that ends the guest's call.
  func makeTrap(for error: any Error) -> OpaquePointer {
    hostError = error
    return wasmtime_trap_new("host", 4)
  }

  var hasFailed: Bool { buffer.trap.pointee != nil || buffer.error.pointee != nil }

  /// What the call that failed left behind.
  @inline(never)
  func takeFailure() -> CallError {
    defer {
      buffer.trap.pointee = nil
      buffer.error.pointee = nil
      hostError = nil
      wasInterrupted = false
    }
    if let trap = buffer.trap.pointee { return .trap(Trap(taking: trap)) }
    let error = buffer.error.pointee!
    if let hostError {
      return .trap(Trap(.host, String(describing: hostError), backtrace: Trap.Frame.list(takingErrorsOf: error), hostError: hostError))
    }
    if wasInterrupted {
      return .trap(Trap(.interrupt, Trap.Kind.interrupt.words, backtrace: Trap.Frame.list(takingErrorsOf: error)))
    }
    return .engine(WasmtimeError(.other, taking: error))
  }
}
