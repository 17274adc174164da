package import RopewalkCore
import Synchronization

/// Hands the changes of a store to those who watch it. The store publishes them in order; nobody can hold it up.
package final class ChangeFeed: Sendable {
  private let history: Mutex<ChangeHistory>
  private let bookmarks: Mutex<Duration>
  private let bookmarkInterval: Duration
  private let stopwatch: Stopwatch

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
    let waiters = history.withLock { history in
      var waiters: [ChangeHistory.Waiter] = []
      for change in changes { waiters += history.append(change) }
      if let last { history.advance(to: last) }
      if isBookmarkDue { waiters += history.beginRound() }
      return waiters
    }
    for waiter in waiters { waiter.resume() }
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
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isWaiting = history.withLock { history in
          // The handler below finds nobody when it runs before this; the flag is set by then.
          !Task.isCancelled && history.add(continuation, id, for: collection, after: place, round: round)
        }
        if !isWaiting { continuation.resume() }
      }
    } onCancel: {
      history.withLock { $0.takeWaiter(id, for: collection) }?.resume()
    }
  }

  /// Ends every watch.
  package func close() {
    let waiters = history.withLock { $0.close() }
    for waiter in waiters { waiter.resume() }
  }
}
