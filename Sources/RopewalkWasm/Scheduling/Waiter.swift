/// Whoever waits in a queue, to be resumed once.
///
/// The size of a continuation is known at run time only, which makes everything that may hold one slower, whether or not
/// anybody waits; that of a reference is not.
final class Waiter<Value: Sendable>: Sendable {
  private let continuation: CheckedContinuation<Value, Never>

  init(_ continuation: CheckedContinuation<Value, Never>) {
    self.continuation = continuation
  }

  func resume(returning value: Value) {
    continuation.resume(returning: value)
  }
}
