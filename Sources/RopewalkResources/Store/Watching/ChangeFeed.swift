package import RopewalkCore
import Synchronization

/// Hands the changes of a store to those who watch it. The store publishes them in order; nobody can hold it up.
package final class ChangeFeed: Sendable {
  private let history: Mutex<ChangeHistory>
  private let bookmarks: Mutex<Duration>
  private let bookmarkInterval: Duration
  private let stopwatch: Stopwatch
  /// How long those who watch in a crowd may wait for a change: a thousand that are woken a thousand times a second would do
  /// nothing else.
  private static let crowdInterval: Duration = .milliseconds(10)

  /// - Parameter version: the store's last; what is before it must be read from the store.
  package init(after version: StoreVersion, limits: ResourceStoreLimits, stopwatch: Stopwatch = Stopwatch()) {
    history = Mutex(ChangeHistory(after: version, maxChanges: limits.maxChangesInMemory))
    bookmarks = Mutex(.zero)
    bookmarkInterval = limits.bookmarkInterval
    self.stopwatch = stopwatch
  }

  var round: Int { history.withLock { $0.round } }
  package var last: StoreVersion { history.withLock { $0.last } }

  /// Takes changes, in the order of their versions. `last` is how far the store is when the latest of them lie outside.
  package func publish(_ changes: some Sequence<ResourceChange>, upTo last: StoreVersion? = nil) {
    let isBookmarkDue = isBookmarkDue()
    let (waiters, leaders) = history.withLock { history in
      var waiters: [ChangeHistory.Waiter] = []
      var leaders: [ChangeHistory.Waiter] = []
      for change in changes {
        let woken = history.append(change)
        waiters += woken.waiters
        if let leader = woken.leader { leaders.append(leader) }
      }
      if let last { history.advance(to: last) }
      if isBookmarkDue { waiters += history.beginRound() }
      return (waiters, leaders)
    }
    for waiter in waiters { waiter.resume(returning: false) }
    for leader in leaders { leader.resume(returning: true) }
  }

  /// Says that changes up to `version` were not seen here and cannot be read any more: whoever watches begins anew.
  package func lose(upTo version: StoreVersion) {
    for waiter in history.withLock({ $0.lose(upTo: version) }) { waiter.resume(returning: false) }
  }

  /// Those who see nothing of the changes are told now and then how far the store is.
  private func isBookmarkDue() -> Bool {
    let now = stopwatch.elapsed
    return bookmarks.withLock { last in
      guard now - last >= bookmarkInterval else { return false }
      last = now
      return true
    }
  }

  func read(_ collection: ResourceCollection, after place: StoreVersion, limit: Int) -> ChangeHistory.Reading {
    history.withLock { $0.read(collection, after: place, limit: limit) }
  }

  func withHistory<Value>(_ body: (borrowing ChangeHistory) -> Value) -> Value {
    history.withLock { body($0) }
  }

  /// The latest change of a collection that is not kept any more.
  func oldest(of collection: ResourceCollection) -> StoreVersion {
    history.withLock { $0.collections[collection]?.dropped ?? $0.start }
  }

  package var isClosed: Bool { history.withLock { $0.isClosed } }

  /// Returns when there may be changes after `place`, when a bookmark is due, when the feed is closed, or the task cancelled.
  /// - Parameter round: the last round of bookmarks that the watcher knows.
  func wait(for collection: ResourceCollection, after place: StoreVersion, round: Int) async {
    let id = history.withLock { $0.nextWaiter() }
    let isLeader = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: ChangeHistory.Waiter) in
        let isWaiting = history.withLock { history in
          // The handler below finds nobody when it runs before this; the flag is set by then.
          !Task.isCancelled && history.add(continuation, id, for: collection, after: place, round: round)
        }
        if !isWaiting { continuation.resume(returning: false) }
      }
    } onCancel: {
      history.withLock { $0.takeWaiter(id, for: collection) }?.resume(returning: false)
    }
    guard isLeader else { return }
    // Cancelling ends the pause, so that the others are woken in any case.
    try? await stopwatch.sleepAside(for: Self.crowdInterval)
    for waiter in history.withLock({ $0.takeCrowd(of: collection) }) { waiter.resume(returning: false) }
  }

  /// Ends every watch.
  package func close() {
    let waiters = history.withLock { $0.close() }
    for waiter in waiters { waiter.resume(returning: false) }
  }
}
