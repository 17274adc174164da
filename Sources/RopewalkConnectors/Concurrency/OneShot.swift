import Synchronization

/// One answer that one task waits for and that may come from anywhere, at any time, more than once: the first counts.
final class OneShot<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<Value, Never>)
    case answered(Value)
    case done
  }

  private let state = Mutex(State.empty)

  /// The answer, at once when it is there already. To be called once.
  func wait() async -> Value {
    await withCheckedContinuation { continuation in
      let answer: Value? = state.withLock { state in
        if case .answered(let value) = state {
          state = .done
          return value
        }
        state = .waiting(continuation)
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  /// Gives the answer. False when there was one already; then this one is lost.
  @discardableResult
  func fulfil(_ value: Value) -> Bool {
    let (isFirst, continuation): (Bool, CheckedContinuation<Value, Never>?) = state.withLock { state in
      switch state {
      case .empty:
        state = .answered(value)
        return (true, nil)
      case .waiting(let continuation):
        state = .done
        return (true, continuation)
      case .answered, .done: return (false, nil)
      }
    }
    continuation?.resume(returning: value)
    return isFirst
  }
}
