import GRDB
import RopewalkCore
import RopewalkResources

/// Writes resources, one transaction for many calls. `@unchecked Sendable`: it is used only on its connection's queue.
final class ResourceWriter: BatchWriter, @unchecked Sendable {
  /// Rows that one transaction removes of what is not kept any more.
  private static let maxRemovals: Int64 = 1000

  private let statements: ResourceWriterStatements
  private let folder: ResourceFolder
  private let feed: ChangeFeed
  private let maxChangesKept: Int64
  private var collections: [ResourceCollection: Int64] = [:]
  private var lastVersion: Int64
  private var compacted: Int64
  private var isRemoving = true
  /// Those of the present transaction.
  private var changes: [ResourceChange] = []

  init(_ database: Database, folder: ResourceFolder, feed: ChangeFeed, state: ResourceStoreState, limits: ResourceStoreLimits) throws {
    statements = try ResourceWriterStatements(database)
    self.folder = folder
    self.feed = feed
    maxChangesKept = Int64(limits.maxChangesKept)
    lastVersion = state.lastVersion
    compacted = state.compacted
  }

  func write(_ jobs: ArraySlice<WriteJob<ResourceWriter>>) {
    let before = (lastVersion, compacted)
    var answers: [@Sendable () -> Void] = []
    answers.reserveCapacity(jobs.count)
    do {
      try statements.begin.run()
      for job in jobs { answers.append(try answer(to: job)) }
      try forgetOldChanges()
      statements.updateState.bind(lastVersion, at: 1)
      statements.updateState.bind(compacted, at: 2)
      try statements.updateState.run()
      try statements.commit.run()
    } catch {
      // Fails where SQLite has rolled back by itself.
      _ = try? statements.rollBack.run()
      (lastVersion, compacted) = before
      collections = [:]
      changes = []
      let error = folder.error(error)
      for job in jobs { job.fail(error) }
      return
    }
    feed.publish(changes)
    changes.removeAll(keepingCapacity: true)
    for answer in answers { answer() }
  }

  /// A job may be refused by itself before it has changed anything, and says so with a `RopewalkError`.
  private func answer(to job: WriteJob<ResourceWriter>) throws -> @Sendable () -> Void {
    do {
      return try job.apply(self)
    } catch let error as RopewalkError {
      return { job.fail(error) }
    }
  }

  // MARK: One change

  func write(_ resource: Resource, _ body: [UInt8], at key: ResourceKey, expecting expectation: WriteExpectation) throws -> Resource {
    let row = try latest(key)
    let current = row.flatMap { $0.isRemoval ? nil : $0 }
    let isAsExpected =
      switch expectation {
      case .absent: current == nil
      case .version(let version): current.map { String($0.version) == version } ?? false
      }
    guard isAsExpected else { throw RopewalkError.storeConflict(key) }
    let before = try current?.resource(key)
    let after = try append(resource, body, key, over: row, isRemoval: false)
    try setOwners(of: key, from: before, to: after)
    changes.append(ResourceChange(version: StoreVersion(lastVersion), key: key, before: before, after: after))
    return after
  }

  func remove(_ key: ResourceKey, ifVersion version: String) throws -> Resource {
    guard let row = try latest(key), !row.isRemoval else { throw RopewalkError(.storeNotFound, "\(key) is not there") }
    guard String(row.version) == version else { throw RopewalkError.storeConflict(key) }
    let before = try row.resource(key)
    let after = try append(before, row.body, key, over: row, isRemoval: true)
    try setOwners(of: key, from: before, to: nil)
    changes.append(ResourceChange(version: StoreVersion(lastVersion), key: key, before: before, after: after, isRemoval: true))
    return after
  }

  private func append(_ resource: Resource, _ body: [UInt8], _ key: ResourceKey, over row: StoredRow?, isRemoval: Bool) throws -> Resource {
    lastVersion += 1
    if let row {
      statements.supersede.bind(lastVersion, at: 1)
      statements.supersede.bind(row.version, at: 2)
      try statements.supersede.run()
    }
    let insert = statements.insert
    insert.bind(lastVersion, at: 1)
    insert.bind(try number(of: key.collection), at: 2)
    insert.bind(key.namespace, at: 3)
    insert.bind(key.name, at: 4)
    insert.bind(isRemoval ? 1 : 0, at: 5)
    insert.bind(row.flatMap { $0.isRemoval ? nil : $0.version }, at: 6)
    insert.bind(body, at: 7)
    try insert.run()
    var after = resource
    after.metadata.resourceVersion = String(lastVersion)
    return after
  }

  private func setOwners(of key: ResourceKey, from before: Resource?, to after: Resource?) throws {
    let old = Set(before?.metadata.ownerReferences.map(\.uid) ?? [])
    let new = Set(after?.metadata.ownerReferences.map(\.uid) ?? [])
    for (uids, statement) in [(old.subtracting(new), statements.removeOwner), (new.subtracting(old), statements.insertOwner)] {
      for uid in uids {
        statement.bind(uid, at: 1)
        statement.bind(try number(of: key.collection), at: 2)
        statement.bind(key.namespace, at: 3)
        statement.bind(key.name, at: 4)
        try statement.run()
      }
    }
  }

  private func latest(_ key: ResourceKey) throws -> StoredRow? {
    let find = statements.find
    find.bind(try number(of: key.collection), at: 1)
    find.bind(key.namespace, at: 2)
    find.bind(key.name, at: 3)
    return try find.first { StoredRow(version: $0.integer(0), isRemoval: $0.integer(1) != 0, body: $0.bytes(2)) }
  }

  private func number(of collection: ResourceCollection) throws -> Int64 {
    if let number = collections[collection] { return number }
    statements.findCollection.bind(collection.group, at: 1)
    statements.findCollection.bind(collection.plural, at: 2)
    var number = try statements.findCollection.first { $0.integer(0) }
    if number == nil {
      statements.insertCollection.bind(collection.group, at: 1)
      statements.insertCollection.bind(collection.plural, at: 2)
      number = try statements.insertCollection.first { $0.integer(0) }
    }
    guard let number else { throw SQLiteFailure(corrupt: "a collection got no number") }
    collections[collection] = number
    return number
  }

  // MARK: Retention

  /// Moves the limit of what is kept on, a tenth of it at a time, and removes a part of what lies behind it.
  private func forgetOldChanges() throws {
    if lastVersion - compacted > maxChangesKept + max(1, maxChangesKept / 10) {
      compacted = lastVersion - maxChangesKept
      isRemoving = true
    }
    guard isRemoving else { return }
    var removed = 0
    for statement in [statements.removeSuperseded, statements.removeRemovals] {
      statement.bind(compacted, at: 1)
      statement.bind(Self.maxRemovals, at: 2)
      removed += try statement.run()
    }
    isRemoving = removed > 0
  }

  func moveLog() throws {
    try statements.moveLog.rows { _ in true }
  }
}

/// A row of the table `changes`.
struct StoredRow {
  var version: Int64
  var isRemoval: Bool
  var body: [UInt8]

  func resource(_ key: ResourceKey) throws -> Resource {
    do {
      var resource = try Resource(parsing: body)
      resource.metadata.resourceVersion = String(version)
      return resource
    } catch {
      throw SQLiteFailure(corrupt: "\(key) at version \(version) cannot be read")
    }
  }
}

/// What the table `state` says.
struct ResourceStoreState {
  var lastVersion: Int64
  var compacted: Int64

  init(_ database: Database) throws {
    let statement = try PreparedStatement("SELECT last_version, compacted FROM state", on: database)
    guard let (last, compacted) = try statement.first({ ($0.integer(0), $0.integer(1)) }) else {
      throw SQLiteFailure(corrupt: "the table 'state' is empty")
    }
    self.lastVersion = last
    self.compacted = compacted
  }
}

/// Everything that a ``ResourceWriter`` says to its database, prepared once.
private struct ResourceWriterStatements {
  let begin, commit, rollBack, moveLog, updateState: PreparedStatement
  let find, supersede, insert, findCollection, insertCollection, insertOwner, removeOwner: PreparedStatement
  let removeSuperseded, removeRemovals: PreparedStatement

  init(_ database: Database) throws {
    func prepare(_ sql: String) throws -> PreparedStatement { try PreparedStatement(sql, on: database) }
    begin = try prepare("BEGIN IMMEDIATE")
    commit = try prepare("COMMIT")
    rollBack = try prepare("ROLLBACK")
    moveLog = try prepare("PRAGMA wal_checkpoint(TRUNCATE)")
    updateState = try prepare("UPDATE state SET last_version = ?, compacted = ?")
    find = try prepare(
      "SELECT version, is_removal, body FROM changes WHERE collection = ? AND namespace = ? AND name = ? AND superseded IS NULL"
    )
    supersede = try prepare("UPDATE changes SET superseded = ? WHERE version = ?")
    insert = try prepare(
      "INSERT INTO changes (version, collection, namespace, name, is_removal, previous, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
    )
    findCollection = try prepare("SELECT number FROM collections WHERE grp = ? AND plural = ?")
    insertCollection = try prepare("INSERT INTO collections (grp, plural) VALUES (?, ?) RETURNING number")
    insertOwner = try prepare("INSERT OR IGNORE INTO owners VALUES (?, ?, ?, ?)")
    removeOwner = try prepare("DELETE FROM owners WHERE uid = ? AND collection = ? AND namespace = ? AND name = ?")
    removeSuperseded = try prepare(
      "DELETE FROM changes WHERE version IN (SELECT version FROM changes WHERE superseded IS NOT NULL AND superseded <= ? LIMIT ?)"
    )
    removeRemovals = try prepare(
      """
      DELETE FROM changes WHERE version IN
        (SELECT version FROM changes WHERE is_removal = 1 AND superseded IS NULL AND version <= ? LIMIT ?)
      """
    )
  }
}
