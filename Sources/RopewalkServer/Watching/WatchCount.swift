import Synchronization

/// How many watches are open.
final class WatchCount: Sendable {
  private let limit: Int
  private let open = Mutex(0)

  init(limit: Int) {
    self.limit = limit
  }

  var current: Int { open.withLock { $0 } }

  /// - Throws: 429 when as many are open as may.
  func enter() throws(StatusError) {
    let isFull = open.withLock { open in
      if open >= limit { return true }
      open += 1
      return false
    }
    if isFull { throw .tooManyRequests("\(limit) watches are open, which is as many as may be") }
  }

  func leave() { open.withLock { $0 -= 1 } }
}
