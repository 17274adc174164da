import Synchronization

/// Lets one at a time work on an object, in the order in which they came.
final class KeyedTurns: Sendable {
  /// Who waits, by the object that somebody works on.
  private let waiting = Mutex<[ResourceKey: [CheckedContinuation<Void, Never>]]>([:])

  /// Whether somebody works on it.
  func isTaken(_ key: ResourceKey) -> Bool {
    waiting.withLock { $0[key] != nil }
  }

  func enter(_ key: ResourceKey) async {
    await withCheckedContinuation { continuation in
      let isFree = waiting.withLock { waiting in
        guard waiting[key] != nil else {
          waiting[key] = []
          return true
        }
        waiting[key]?.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  func leave(_ key: ResourceKey) {
    let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
      guard waiting[key]?.isEmpty == false else {
        waiting[key] = nil
        return nil
      }
      return waiting[key]?.removeFirst()
    }
    next?.resume()
  }
}
