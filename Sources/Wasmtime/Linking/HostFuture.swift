/// What an asynchronous host function has begun and the guest waits for.
public struct HostFuture {
  let poll: () throws -> RawValue?
  let onDrop: () -> Void

  /// - Parameters:
  ///   - poll: asked each time the guest's call is polled: the function's result, or nil while it is not there. What it
  ///     throws ends the guest's call. Never asked again after that.
  ///   - onDrop: called once when the future is finished with, also when the call is dropped before `poll` was done.
  public init(poll: @escaping () throws -> RawValue?, onDrop: @escaping () -> Void = {}) {
    self.poll = poll
    self.onDrop = onDrop
  }
}
