import GRDB
package import RopewalkCore
package import RopewalkResources

/// A store in an SQLite database in a folder; one process owns it.
///
/// Calls that come at once are written with one sync.
package final class SQLiteResourceStore: ResourceStore {
  let pool: DatabasePool
  /// A connection for ``readBriefly(_:)`` alone. Threads of tasks must not wait for a reader of ``pool``: who has one may be
  /// a task that needs such a thread to go on.
  private let brief: DatabaseQueue
  let feed: ChangeFeed
  let limits: ResourceStoreLimits
  let folder: ResourceFolder
  let readObjects = ReadObjects()
  private let writing: GroupCommit<ResourceWriter>
  private let lock: OwnerLock
  /// Calls that are written with one sync.
  private static let maxBatch = 512

  /// Opens the store `resources.sqlite` of a folder, and makes it where it is not there yet.
  /// - Parameters:
  ///   - folder: its parent must be there.
  ///   - durability: what an answered write survives; `fsync` a power cut.
  /// - Throws: `store.owned` when another process has it, `store.lost` when there has been one and its database is empty or gone;
  ///   `store.version`, `store.corrupt`, `store.unavailable`.
  package init(
    folder: String,
    limits: ResourceStoreLimits = ResourceStoreLimits(),
    durability: SQLiteJournalSettings.Durability = .fsync,
    stopwatch: Stopwatch = Stopwatch()
  ) throws {
    let folder = ResourceFolder(path: folder)
    self.folder = folder
    self.limits = limits
    try folder.make()
    lock = try OwnerLock(of: folder)
    try folder.makeDatabase()
    do {
      pool = try DatabasePool(path: folder.database, configuration: Self.configuration)
      let (feed, writer) = try pool.writeWithoutTransaction { database in
        try ResourceSchema.migrate(database, in: folder)
        try SQLiteJournal.prepare(database, for: durability)
        try folder.markMade(database)
        let state = try ResourceStoreState(database)
        let feed = ChangeFeed(after: StoreVersion(state.lastVersion), limits: limits, stopwatch: stopwatch)
        return (feed, try ResourceWriter(database, folder: folder, feed: feed, state: state, limits: limits))
      }
      var readOnly = Self.configuration
      readOnly.readonly = true
      brief = try DatabaseQueue(path: folder.database, configuration: readOnly)
      self.feed = feed
      let closed = RopewalkError(.storeUnavailable, "the resources '\(folder.database)' are closed")
      writing = GroupCommit(pool: pool, writer: writer, maxBatch: Self.maxBatch, closed: closed)
    } catch {
      throw folder.error(error)
    }
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.label = "ropewalk.resources"
    configuration.busyMode = .timeout(5)
    configuration.maximumReaderCount = 4
    configuration.foreignKeysEnabled = false
    return configuration
  }

  /// How often it has written since it was opened; with `fsync`, how often it has synced.
  package var transactions: Int { writing.syncs }

  package func write(_ resource: Resource, at key: ResourceKey, expecting expectation: WriteExpectation) async throws -> Resource {
    var kept = resource
    kept.metadata.resourceVersion = ""
    let body = kept.json.serialised()
    return try await writing.perform { try $0.write(resource, body, at: key, expecting: expectation) }
  }

  package func remove(_ key: ResourceKey, ifVersion version: String) async throws -> Resource {
    try await writing.perform { try $0.remove(key, ifVersion: version) }
  }

  /// Ends every watch, after what was begun is written. Blocks the calling thread that long.
  package func close() throws {
    do {
      try writing.close { try $0.moveLog() }
      feed.close()
      try brief.close()
      try pool.close()
      lock.release()
    } catch {
      throw folder.error(error)
    }
  }

  /// Reads little on the calling thread: what takes microseconds is not worth a change of threads.
  func readBriefly<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try brief.read(body)
    } catch {
      throw folder.error(error)
    }
  }

  /// Reads in one snapshot.
  func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    do {
      return try await pool.read(body)
    } catch {
      throw folder.error(error)
    }
  }
}
