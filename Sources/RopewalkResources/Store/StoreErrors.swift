package import RopewalkCore

extension ErrorCode {
  /// The changes after a version, or the state as of one, are not retained any more: list anew.
  package static let storeExpired = ErrorCode("store.expired", .conflict)
  /// The object is not as the writer expected.
  package static let storeConflict = ErrorCode("store.conflict", .conflict)
  package static let storeNotFound = ErrorCode("store.notFound", .notFound)
  package static let storeUnavailable = ErrorCode("store.unavailable", .unavailable)
  package static let storeWatcherTooSlow = ErrorCode("store.watcherTooSlow", .overloaded)
  /// A resourceVersion or a continue token that no store has given.
  package static let storeBadToken = ErrorCode("store.badToken", .invalid)
  /// The store is of a newer version, or no store.
  package static let storeVersion = ErrorCode("store.version", .conflict)
  package static let storeOwned = ErrorCode("store.owned", .conflict)
  package static let storeCorrupt = ErrorCode("store.corrupt", .fault)
  /// There has been a store, and its database is empty or gone.
  package static let storeLost = ErrorCode("store.lost", .fault)
}

extension RopewalkError {
  package static func storeConflict(_ key: ResourceKey) -> RopewalkError {
    RopewalkError(.storeConflict, "\(key) is not as expected; read it again")
  }

  package static func expired(_ version: StoreVersion, oldest: StoreVersion) -> RopewalkError {
    RopewalkError(
      .storeExpired,
      "too old resource version: \(version) (\(oldest)); the changes in between are not kept any more, list again and watch from there"
    )
  }

  /// A version that this store has not given yet: that of another store, or of a state that a backup has undone.
  package static func notYet(_ version: StoreVersion, latest: StoreVersion) -> RopewalkError {
    RopewalkError(.storeExpired, "resource version \(version) is newer than the store's, \(latest); list again and watch from there")
  }
}
