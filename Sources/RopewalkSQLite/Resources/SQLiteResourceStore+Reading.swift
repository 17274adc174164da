import GRDB
import RopewalkCore
package import RopewalkResources

extension SQLiteResourceStore {
  package func get(_ key: ResourceKey) async throws -> Resource? {
    try readBriefly { database in
      guard let collection = try Self.number(of: key.collection, database) else { return nil }
      let find = try PreparedStatement(
        "SELECT version, is_removal, body FROM changes WHERE collection = ? AND namespace = ? AND name = ? AND superseded IS NULL",
        on: database
      )
      find.bind(collection, at: 1)
      find.bind(key.namespace, at: 2)
      find.bind(key.name, at: 3)
      let row = try find.first { StoredRow(version: $0.integer(0), isRemoval: $0.integer(1) != 0, body: $0.bytes(2)) }
      guard let row, !row.isRemoval else { return nil }
      return try row.resource(key)
    }
  }

  package func list(_ query: ResourceQuery) async throws -> ResourceList {
    let token = try query.continue.map { text throws(RopewalkError) in try ContinueToken(parsing: text) }
    return try await read { [readObjects] database in
      let state = try ResourceStoreState(database)
      let version = token?.version ?? StoreVersion(state.lastVersion)
      guard version.number <= state.lastVersion else { throw RopewalkError.notYet(version, latest: StoreVersion(state.lastVersion)) }
      guard version.number >= state.compacted else { throw RopewalkError.expired(version, oldest: StoreVersion(state.compacted)) }
      return try Self.page(query, as: version, isLatest: version.number == state.lastVersion, after: token?.after, readObjects, database)
    }
  }

  private static func page(
    _ query: ResourceQuery,
    as version: StoreVersion,
    isLatest: Bool,
    after path: ObjectPath?,
    _ known: ReadObjects,
    _ database: Database
  ) throws -> ResourceList {
    var list = ResourceList(items: [], resourceVersion: version.description)
    guard let collection = try number(of: query.collection, database) else { return list }
    let condition = isLatest ? "superseded IS NULL" : "version <= ?5 AND (superseded IS NULL OR superseded > ?5)"
    let statement = try PreparedStatement(
      """
      SELECT version, body, namespace, name FROM changes INDEXED BY \(isLatest ? "latest" : "by_object")
        WHERE collection = ?1 AND (namespace, name) > (?2, ?3) AND namespace <= ?4 AND is_removal = 0 AND \(condition)
        ORDER BY namespace, name
      """,
      on: database
    )
    statement.bind(collection, at: 1)
    statement.bind(path?.namespace ?? query.namespace ?? "", at: 2)
    statement.bind(path?.name ?? "", at: 3)
    // Greater than every namespace, where all are meant.
    statement.bind(query.namespace ?? "\u{10FFFF}", at: 4)
    if !isLatest { statement.bind(version.number, at: 5) }
    var hasMore = false
    try statement.rows { row in
      let resource = try resource(in: row, of: query.collection, known)
      guard query.matches(resource) else { return true }
      hasMore = list.items.count >= query.limit ?? .max
      if !hasMore { list.items.append(resource) }
      return !hasMore
    }
    if hasMore, let last = list.items.last {
      list.continue = ContinueToken(version: version, after: ObjectPath(namespace: last.metadata.namespace, name: last.metadata.name)).text
    }
    return list
  }

  /// From a row of version, body, namespace and name.
  private static func resource(in row: PreparedStatement, of collection: ResourceCollection, _ known: ReadObjects) throws -> Resource {
    let version = row.integer(0)
    if let resource = known[version] { return resource }
    let body = row.bytes(1)
    let key = ResourceKey(collection, namespace: row.text(2), name: row.text(3))
    let resource = try StoredRow(version: version, isRemoval: false, body: body).resource(key)
    known.keep(resource, version: version, bytes: body.count)
    return resource
  }

  package func dependents(ofOwner uid: String) async throws -> [(ResourceKey, Resource)] {
    try await read { database in
      let statement = try PreparedStatement(
        """
        SELECT changes.version, changes.body, collections.grp, collections.plural, changes.namespace, changes.name
          FROM owners JOIN collections ON collections.number = owners.collection
          JOIN changes ON changes.collection = owners.collection AND changes.namespace = owners.namespace
            AND changes.name = owners.name AND changes.superseded IS NULL AND changes.is_removal = 0
          WHERE owners.uid = ?
        """,
        on: database
      )
      statement.bind(uid, at: 1)
      var dependents: [(ResourceKey, Resource)] = []
      try statement.rows { row in
        let collection = ResourceCollection(group: row.text(2), plural: row.text(3))
        let key = ResourceKey(collection, namespace: row.text(4), name: row.text(5))
        dependents.append((key, try StoredRow(version: row.integer(0), isRemoval: false, body: row.bytes(1)).resource(key)))
        return true
      }
      return dependents
    }
  }

  /// How many changes the file holds, the latest of each object included.
  package func rowCount() async throws -> Int {
    try await read { try Int.fetchOne($0, sql: "SELECT count(*) FROM changes") ?? 0 }
  }

  /// Nil when there has been no object of the collection yet.
  private static func number(of collection: ResourceCollection, _ database: Database) throws -> Int64? {
    let statement = try PreparedStatement("SELECT number FROM collections WHERE grp = ? AND plural = ?", on: database)
    statement.bind(collection.group, at: 1)
    statement.bind(collection.plural, at: 2)
    return try statement.first { $0.integer(0) }
  }
}

extension SQLiteResourceStore: WatchSource {
  package func watch(_ query: ResourceQuery, after version: String?) async throws -> ResourceWatch {
    let place = try version.map { text throws(RopewalkError) in try StoreVersion(parsing: text) }
    if let place {
      let state = try await read { try ResourceStoreState($0) }
      guard place.number <= state.lastVersion else { throw RopewalkError.notYet(place, latest: StoreVersion(state.lastVersion)) }
      guard place.number >= state.compacted else { throw RopewalkError.expired(place, oldest: StoreVersion(state.compacted)) }
    }
    return ResourceWatcher(query, after: place, from: self, feed: feed, limits: limits).events
  }

  package func history(_ query: ResourceQuery, after version: StoreVersion) async throws -> (changes: [ResourceChange], upTo: StoreVersion)
  {
    let limit = Int64(limits.pageSize)
    return try await read { database in
      let state = try ResourceStoreState(database)
      guard version.number >= state.compacted else { throw RopewalkError.expired(version, oldest: StoreVersion(state.compacted)) }
      var changes: [ResourceChange] = []
      if let collection = try Self.number(of: query.collection, database) {
        let statement = try PreparedStatement(
          """
          SELECT c.version, c.namespace, c.name, c.is_removal, c.body, p.version, p.body
            FROM changes c LEFT JOIN changes p ON p.version = c.previous
            WHERE c.collection = ? AND c.version > ? ORDER BY c.version LIMIT ?
          """,
          on: database
        )
        statement.bind(collection, at: 1)
        statement.bind(version.number, at: 2)
        statement.bind(limit, at: 3)
        try statement.rows { row in
          let key = ResourceKey(query.collection, namespace: row.text(1), name: row.text(2))
          let before = try row.optionalInteger(5).map { try StoredRow(version: $0, isRemoval: false, body: row.bytes(6)).resource(key) }
          let after = try StoredRow(version: row.integer(0), isRemoval: false, body: row.bytes(4)).resource(key)
          changes.append(
            ResourceChange(version: StoreVersion(row.integer(0)), key: key, before: before, after: after, isRemoval: row.integer(3) != 0)
          )
          return true
        }
      }
      let isAll = changes.count < Int(limit)
      return (changes, isAll ? StoreVersion(state.lastVersion) : changes.last?.version ?? version)
    }
  }
}
