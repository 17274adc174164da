/// What a store retains and how much it does at once.
package struct ResourceStoreLimits: Sendable, Equatable {
  /// Changes of one collection that are kept in memory for watches; a watcher that is further behind is cut off. Default 10,000.
  package var maxChangesInMemory: Int
  /// Changes of the whole store that are kept on disk, so that a watch or a list can go on from then. Default 100,000.
  package var maxChangesKept: Int
  /// How much may be written before a watcher that sees nothing of it hears how far the store is. Default a minute, and at
  /// least one change.
  package var bookmarkInterval: Duration
  /// Objects that are read at once where all are wanted. Default 500.
  package var pageSize: Int
  /// Events that a watcher takes from memory at once. Default 256.
  package var watchBatch: Int

  package init(
    maxChangesInMemory: Int = 10_000,
    maxChangesKept: Int = 100_000,
    bookmarkInterval: Duration = .seconds(60),
    pageSize: Int = 500,
    watchBatch: Int = 256
  ) {
    self.maxChangesInMemory = maxChangesInMemory
    self.maxChangesKept = maxChangesKept
    self.bookmarkInterval = bookmarkInterval
    self.pageSize = pageSize
    self.watchBatch = watchBatch
  }
}
