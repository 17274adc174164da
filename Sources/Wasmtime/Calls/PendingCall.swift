import CWasmtime

/// A call on a stack of its own, which goes on each time it is polled.
///
/// It may be polled by one thread after another, by one at a time. Dropping it before it has finished unwinds the
/// guest's stack, drops the host function's future it waited for, and frees the store; the guest is left in the middle of
/// what it did, so its instance is best thrown away.
public struct PendingCall: ~Copyable {
  private let core: StoreCore
  private let function: Function
  private var future: OpaquePointer?

  init(_ future: OpaquePointer, core: StoreCore, function: Function) {
    self.core = core
    self.function = function
    self.future = future
  }

  deinit {
    guard let future else { return }
    wasmtime_call_future_delete(future)
    core.endCall()
  }

  /// Lets the guest run until it yields, waits, returns or fails. Not to be called again after that.
  public mutating func poll() throws(CallError) -> CallProgress {
    guard let future else { preconditionFailure("the call has ended") }
    core.beginTurn()
    guard wasmtime_call_future_poll(future) else { return core.isWaiting ? .waiting : .yielded }
    wasmtime_call_future_delete(future)
    self.future = nil
    core.endCall()
    if core.hasFailed { throw core.takeFailure() }
    guard function.hasResult else { return .finished(.zero) }
    return .finished(function.result(core.buffer.values[function.parameterCount].of.bits))
  }

  /// Sets the guest's stop flag (``Store/setStopFlag(at:in:)``) when its present turn ends, for it to end the call by itself; it must
  /// be polled for that. Does nothing where there is no flag.
  public func askToStop() {
    core.isStopAsked = true
  }

  /// Makes the guest trap with `interrupt` when it next reaches an epoch's end, so that its backtrace tells where it was.
  /// It must be polled for that; a guest that waits for a host function is not reached.
  public func interrupt() {
    core.isInterruptAsked = true
  }
}
