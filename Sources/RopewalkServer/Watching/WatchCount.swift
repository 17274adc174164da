import Synchronization

/// How many watches are open.
final class WatchCount: Sendable {
  /// Counts as an open watch for as long as it is held, so that one whose answer is never written does not count for ever.
  final class Ticket: Sendable {
    private let count: WatchCount

    fileprivate init(_ count: WatchCount) {
      self.count = count
    }

    deinit { count.open.withLock { $0 -= 1 } }
  }

  private let limit: Int
  private let open = Mutex(0)

  init(limit: Int) {
    self.limit = limit
  }

  var current: Int { open.withLock { $0 } }

  /// - Throws: 429 when as many are open as may.
  func enter() throws(StatusError) -> Ticket {
    let isFull = open.withLock { open in
      if open >= limit { return true }
      open += 1
      return false
    }
    if isFull { throw .tooManyRequests("\(limit) watches are open, which is as many as may be") }
    return Ticket(self)
  }
}
