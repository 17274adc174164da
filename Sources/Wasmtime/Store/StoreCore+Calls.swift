import CWasmtime

extension StoreCore {
  /// Checks that the call can be made and makes room for its values.
  func prepare(_ function: Function, argumentCount: Int) throws(CallError) {
    precondition(function.raw.store_id == id, "the function belongs to another store")
    guard !isBusy else { throw .engine(WasmtimeError(.busy, "the store has a call under way")) }
    guard argumentCount == function.type.parameters.count else {
      throw .engine(WasmtimeError(.signature, "the function takes \(function.type.parameters.count) arguments, not \(argumentCount)"))
    }
    buffer.reserve(function.slotCount)
  }

  func call(_ function: Function) throws(CallError) -> RawValue {
    isBusy = true
    buffer.function.pointee = function.raw
    buffer.error.pointee = wasmtime_func_call_unchecked(context, buffer.function, buffer.raw, function.rawCount, buffer.trap)
    isBusy = false
    if let failure = takeFailure() { throw failure }
    return function.hasResult ? function.result(buffer.raw[0].bits) : .zero
  }

  /// An argument of a synchronous call.
  func setArgument(_ index: Int, _ value: RawValue) {
    buffer.raw[index].bits = value.bits
  }

  /// An argument of an asynchronous call.
  func setArgument(_ index: Int, _ value: RawValue, of function: Function) {
    buffer.values[index].kind = function.type.parameters[index].kind
    buffer.values[index].of.bits = value.bits
  }

  func startCall(_ function: Function) -> PendingCall {
    let count = function.type.parameters.count
    isBusy = true
    buffer.function.pointee = function.raw
    let future = wasmtime_func_call_async(
      context,
      buffer.function,
      buffer.values,
      count,
      buffer.values + count,
      function.hasResult ? 1 : 0,
      buffer.trap,
      buffer.error
    )
    return PendingCall(future!, core: self, function: function)
  }
}
