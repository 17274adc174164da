package import RopewalkCore
package import RopewalkResources

/// A store in a PostgreSQL database, which several processes may share.
///
/// Connections are made by libpq; a connection string says where, and everything that libpq reads from the environment
/// counts too. A write waits for those of other processes: versions are given in the order of commits.
package final class PostgresResourceStore: ResourceStore {
  let pool: PostgresPool
  let feed: ChangeFeed
  let limits: ResourceStoreLimits
  private let writing: PostgresWriteQueue
  private let listener: PostgresListener

  /// Connects, and makes the tables where they are not there yet.
  /// - Parameters:
  ///   - url: `postgresql://user:password@host/database?sslmode=verify-full`, or libpq's other forms.
  ///   - readers: connections that read; one more writes, and one listens. Default 4.
  /// - Throws: `store.unavailable`, `store.version`.
  package static func open(
    url: String,
    limits: ResourceStoreLimits = ResourceStoreLimits(),
    readers: Int = 4,
    stopwatch: Stopwatch = Stopwatch()
  ) async throws -> PostgresResourceStore {
    let pool = PostgresPool(url: url, size: readers)
    let last = try await pool.run { connection in
      try PostgresSchema.migrate(connection)
      return StoreVersion(try PostgresState(connection).lastVersion)
    }
    let feed = ChangeFeed(after: last, limits: limits, stopwatch: stopwatch)
    let listener = try PostgresListener(url: url, feed: feed)
    let writing = PostgresWriteQueue(url: url, maxChangesKept: limits.maxChangesKept)
    listener.start()
    return PostgresResourceStore(pool: pool, feed: feed, limits: limits, writing: writing, listener: listener)
  }

  /// Makes a schema of a database, for those who keep several stores in one: `options=-csearch_path%3Dname` in the
  /// connection string then means it.
  package static func makeSchema(_ name: String, url: String) async throws {
    let pool = PostgresPool(url: url, size: 1)
    defer { pool.close() }
    let quoted = name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
    try await pool.run { connection in _ = try connection.run("CREATE SCHEMA IF NOT EXISTS \"\(quoted)\"") }
  }

  private init(
    pool: PostgresPool,
    feed: ChangeFeed,
    limits: ResourceStoreLimits,
    writing: PostgresWriteQueue,
    listener: PostgresListener
  ) {
    self.pool = pool
    self.feed = feed
    self.limits = limits
    self.writing = writing
    self.listener = listener
  }

  /// Ends every watch and closes the connections, after what was begun is written. Blocks the calling thread that long.
  package func close() {
    writing.close()
    listener.close()
    feed.close()
    pool.close()
  }

  package func write(_ resource: Resource, at key: ResourceKey, expecting expectation: WriteExpectation) async throws -> Resource {
    var kept = resource
    kept.metadata.resourceVersion = ""
    let body = kept.json.text()
    return try await writing.perform { try $0.write(resource, body, at: key, expecting: expectation) }
  }

  package func remove(_ key: ResourceKey, ifVersion version: String) async throws -> Resource {
    try await writing.perform { try $0.remove(key, ifVersion: version) }
  }
}
