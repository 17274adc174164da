import RopewalkCore
import RopewalkResources

/// The writes of one transaction.
struct PostgresWriter {
  /// Rows that one transaction removes of what is not kept any more.
  private static let maxRemovals = 1000

  private let connection: PostgresConnection
  private var state: PostgresState
  private let start: Int64

  /// Waits until nobody else writes.
  init(_ connection: PostgresConnection) throws {
    self.connection = connection
    state = try PostgresState(connection, isLocking: true)
    start = state.lastVersion
  }

  mutating func write(_ resource: Resource, _ body: String, at key: ResourceKey, expecting expectation: WriteExpectation) throws -> Resource
  {
    let row = try latest(key)
    let current = row.flatMap { $0.isRemoval ? nil : $0 }
    let isAsExpected =
      switch expectation {
      case .absent: current == nil
      case .version(let version): current.map { String($0.version) == version } ?? false
      }
    guard isAsExpected else { throw RopewalkError.storeConflict(key) }
    try setOwners(of: key, from: try current?.resource(key), to: resource)
    return try append(resource, body, key, over: row, isRemoval: false)
  }

  mutating func remove(_ key: ResourceKey, ifVersion version: String) throws -> Resource {
    guard let row = try latest(key), !row.isRemoval else { throw RopewalkError(.storeNotFound, "\(key) is not there") }
    guard String(row.version) == version else { throw RopewalkError.storeConflict(key) }
    let before = try row.resource(key)
    try setOwners(of: key, from: before, to: nil)
    return try append(before, String(decoding: row.body, as: UTF8.self), key, over: row, isRemoval: true)
  }

  /// Writes down how far the store is, and tells every process that shares it.
  func finish(maxChangesKept: Int) throws {
    guard state.lastVersion > start else { return }
    var compacted = state.compacted
    if state.lastVersion - compacted > Int64(maxChangesKept + max(1, maxChangesKept / 10)) {
      compacted = state.lastVersion - Int64(maxChangesKept)
    }
    if compacted > 0 { try removeOldChanges(upTo: compacted) }
    try connection.run("UPDATE ropewalk_state SET last_version = $1, compacted = $2", ["\(state.lastVersion)", "\(compacted)"])
    try connection.run("NOTIFY \(PostgresListener.channel)")
  }

  private func removeOldChanges(upTo compacted: Int64) throws {
    for condition in ["superseded <= $1", "is_removal AND superseded IS NULL AND version <= $1"] {
      try connection.run(
        "DELETE FROM ropewalk_changes WHERE version IN (SELECT version FROM ropewalk_changes WHERE \(condition) LIMIT \(Self.maxRemovals))",
        ["\(compacted)"]
      )
    }
  }

  private mutating func append(
    _ resource: Resource,
    _ body: String,
    _ key: ResourceKey,
    over row: PostgresRow?,
    isRemoval: Bool
  ) throws -> Resource {
    state.lastVersion += 1
    let version = String(state.lastVersion)
    if let row {
      try connection.run("UPDATE ropewalk_changes SET superseded = $1 WHERE version = $2", [version, "\(row.version)"])
    }
    let previous = row.flatMap { $0.isRemoval ? nil : String($0.version) }
    try connection.run(
      """
      INSERT INTO ropewalk_changes (version, grp, plural, namespace, name, is_removal, previous, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """,
      [version] + key.columns + [isRemoval ? "true" : "false", previous, body]
    )
    var after = resource
    after.metadata.resourceVersion = version
    return after
  }

  private func setOwners(of key: ResourceKey, from before: Resource?, to after: Resource?) throws {
    let old = Set(before?.metadata.ownerReferences.map(\.uid) ?? [])
    let new = Set(after?.metadata.ownerReferences.map(\.uid) ?? [])
    for uid in old.subtracting(new) {
      try connection.run(
        "DELETE FROM ropewalk_owners WHERE uid = $1 AND grp = $2 AND plural = $3 AND namespace = $4 AND name = $5",
        [uid] + key.columns
      )
    }
    for uid in new.subtracting(old) {
      try connection.run("INSERT INTO ropewalk_owners VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", [uid] + key.columns)
    }
  }

  private func latest(_ key: ResourceKey) throws -> PostgresRow? {
    try PostgresResourceStore.latest(key, connection)
  }
}

extension ResourceKey {
  /// Group, plural, namespace and name, as parameters.
  var columns: [String?] { [collection.group, collection.plural, namespace, name] }
}
