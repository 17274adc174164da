extension Store {
  /// Calls a function and answers its result, `.zero` where it has none.
  ///
  /// Throws a trap, or `busy` while another call is under way. The arguments' bits are taken as the function's types say.
  public func call(_ function: Function) throws(CallError) -> RawValue {
    try core.prepare(function, argumentCount: 0)
    return try core.call(function)
  }

  public func call(_ function: Function, _ first: RawValue) throws(CallError) -> RawValue {
    try core.prepare(function, argumentCount: 1)
    core.setArgument(0, first)
    return try core.call(function)
  }

  public func call(_ function: Function, _ first: RawValue, _ second: RawValue) throws(CallError) -> RawValue {
    try core.prepare(function, argumentCount: 2)
    core.setArgument(0, first)
    core.setArgument(1, second)
    return try core.call(function)
  }

  public func call(_ function: Function, arguments: [RawValue]) throws(CallError) -> RawValue {
    try core.prepare(function, argumentCount: arguments.count)
    for (index, argument) in arguments.enumerated() { core.setArgument(index, argument) }
    return try core.call(function)
  }

  /// Makes a call that can yield and wait. Nothing of the guest runs before the first poll.
  ///
  /// The store is busy until the call has finished or is dropped. Throws `busy` while another call is under way.
  public func startCall(_ function: Function) throws(CallError) -> PendingCall {
    try core.prepare(function, argumentCount: 0)
    return core.startCall(function)
  }

  public func startCall(_ function: Function, _ first: RawValue) throws(CallError) -> PendingCall {
    try core.prepare(function, argumentCount: 1)
    core.setArgument(0, first, of: function)
    return core.startCall(function)
  }

  public func startCall(_ function: Function, arguments: [RawValue]) throws(CallError) -> PendingCall {
    try core.prepare(function, argumentCount: arguments.count)
    for (index, argument) in arguments.enumerated() { core.setArgument(index, argument, of: function) }
    return core.startCall(function)
  }
}
