import CWasmtime

// The checks and the call are inlined into one function for each number of arguments, and the failures kept out of it: an
// empty call takes 20 ns, of which each further function would take one.
extension StoreCore {
  /// Checks that the call can be made.
  @inline(__always)
  func prepare(_ function: Function, argumentCount: Int) throws(CallError) {
    precondition(function.raw.store_id == buffer.storeID, "the function belongs to another store")
    guard !buffer.isBusy else { throw .busy }
    guard argumentCount == function.parameterCount else { throw .argumentCount(argumentCount, function) }
  }

  /// An argument of a synchronous call.
  @inline(__always)
  func setArgument(_ index: Int, _ value: RawValue) {
    buffer.raw[index].bits = value.bits
  }

  @inline(__always)
  func call(_ function: Function) throws(CallError) -> RawValue {
    buffer.isBusy = true
    buffer.function.pointee = function.raw
    buffer.error.pointee = wasmtime_func_call_unchecked(context, buffer.function, buffer.raw, function.rawCount, buffer.trap)
    buffer.isBusy = false
    if hasFailed { throw takeFailure() }
    return function.hasResult ? function.result(buffer.raw[0].bits) : .zero
  }

  /// An argument of an asynchronous call.
  func setArgument(_ index: Int, _ value: RawValue, of function: Function) {
    buffer.values[index].kind = function.type.parameters[index].kind
    buffer.values[index].of.bits = value.bits
  }

  func startCall(_ function: Function) -> PendingCall {
    buffer.isBusy = true
    buffer.function.pointee = function.raw
    let future = wasmtime_func_call_async(
      context,
      buffer.function,
      buffer.values,
      function.parameterCount,
      buffer.values + function.parameterCount,
      function.hasResult ? 1 : 0,
      buffer.trap,
      buffer.error
    )
    return PendingCall(future!, core: self, function: function)
  }
}

extension CallError {
  @inline(never)
  static var busy: CallError { .engine(WasmtimeError(.busy, "the store has a call under way")) }

  @inline(never)
  fileprivate static func argumentCount(_ count: Int, _ function: Function) -> CallError {
    .engine(WasmtimeError(.signature, "the function takes \(function.parameterCount) arguments, not \(count)"))
  }
}
