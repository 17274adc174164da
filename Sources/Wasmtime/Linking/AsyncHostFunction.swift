import CWasmtime

/// An asynchronous host function as C sees it.
final class AsyncHostFunction {
  typealias Body = (_ core: StoreCore, _ caller: OpaquePointer, borrowing HostArguments) throws -> HostFuture

  private let body: Body
  private let result: ValueType?

  init(_ type: FunctionType, _ body: @escaping Body) {
    self.body = body
    result = type.results.first
  }

  private func start(_ call: AsyncHostCall.Slots, _ caller: OpaquePointer, _ arguments: borrowing HostArguments) -> AsyncHostCall {
    let core = StoreCore.of(wasmtime_caller_context(caller)).takeUnretainedValue()
    do {
      return AsyncHostCall(core, try body(core, caller, arguments), call, result)
    } catch {
      return AsyncHostCall(core, HostFuture(poll: { throw error }), call, result)
    }
  }

  static let callback: wasmtime_func_async_callback_t = { function, caller, values, count, results, _, trap, continuation in
    let slots = AsyncHostCall.Slots(result: results, trap: trap!)
    let call = Unmanaged<AsyncHostFunction>.fromOpaque(function!)._withUnsafeGuaranteedRef {
      $0.start(slots, caller!, HostArguments(values: values, count: count))
    }
    continuation!.pointee.env = Unmanaged.passRetained(call).toOpaque()
    continuation!.pointee.callback = AsyncHostCall.callback
    continuation!.pointee.finalizer = AsyncHostCall.finalizer
  }

  static let finalizer: @convention(c) (UnsafeMutableRawPointer?) -> Void = { function in
    Unmanaged<AsyncHostFunction>.fromOpaque(function!).release()
  }
}

/// One call of an asynchronous host function, from its start until Wasmtime lets go of it.
final class AsyncHostCall {
  /// Where its outcome goes; Wasmtime keeps both until the call has one.
  struct Slots {
    var result: UnsafeMutablePointer<wasmtime_val_t>?
    var trap: UnsafeMutablePointer<OpaquePointer?>
  }

  private unowned let core: StoreCore
  private let future: HostFuture
  private let slots: Slots
  private let type: ValueType?

  init(_ core: StoreCore, _ future: HostFuture, _ slots: Slots, _ type: ValueType?) {
    self.core = core
    self.future = future
    self.slots = slots
    self.type = type
  }

  deinit {
    future.onDrop()
  }

  private func poll() -> Bool {
    do {
      guard let value = try future.poll() else {
        core.isWaiting = true
        return false
      }
      if let type {
        slots.result!.pointee.kind = type.kind
        slots.result!.pointee.of.bits = value.bits
      }
    } catch {
      slots.trap.pointee = core.makeTrap(for: error)
    }
    return true
  }

  static let callback: wasmtime_func_async_continuation_callback_t = { call in
    Unmanaged<AsyncHostCall>.fromOpaque(call!)._withUnsafeGuaranteedRef { $0.poll() }
  }

  static let finalizer: @convention(c) (UnsafeMutableRawPointer?) -> Void = { call in
    Unmanaged<AsyncHostCall>.fromOpaque(call!).release()
  }
}
