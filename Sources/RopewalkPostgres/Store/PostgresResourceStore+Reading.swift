import RopewalkCore
package import RopewalkResources

extension PostgresResourceStore {
  private static let snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

  package func get(_ key: ResourceKey) async throws -> Resource? {
    try await pool.run { connection in
      guard let row = try Self.latest(key, connection), !row.isRemoval else { return nil }
      return try row.resource(key)
    }
  }

  static func latest(_ key: ResourceKey, _ connection: PostgresConnection) throws -> PostgresRow? {
    let rows = try connection.run(
      """
      SELECT version, is_removal, body FROM ropewalk_changes
        WHERE grp = $1 AND plural = $2 AND namespace = $3 AND name = $4 AND superseded IS NULL
      """,
      key.columns
    )
    guard rows.count > 0 else { return nil }
    return PostgresRow(version: rows.number(0, 0), isRemoval: rows.text(0, 1) == "t", body: rows.bytes(0, 2))
  }

  package func list(_ query: ResourceQuery) async throws -> ResourceList {
    let token = try query.continue.map { text throws(RopewalkError) in try ContinueToken(parsing: text) }
    return try await pool.run { [limits] connection in
      try connection.transaction(Self.snapshot) {
        let state = try PostgresState(connection)
        let version = token?.version ?? StoreVersion(state.lastVersion)
        try state.check(version)
        let condition =
          version.number == state.lastVersion ? "superseded IS NULL" : "version <= $5 AND (superseded IS NULL OR superseded > $5)"
        return try Self.page(query, as: version, condition, after: token?.after, batch: limits.pageSize, connection)
      }
    }
  }

  /// Reads batch after batch until the page is full, so that a long list takes no more memory than its page.
  private static func page(
    _ query: ResourceQuery,
    as version: StoreVersion,
    _ condition: String,
    after path: ObjectPath?,
    batch: Int,
    _ connection: PostgresConnection
  ) throws -> ResourceList {
    var list = ResourceList(items: [], resourceVersion: version.description)
    var place = path ?? ObjectPath(namespace: query.namespace ?? "", name: "")
    let parameters = [query.collection.group, query.collection.plural]
    let asOf = condition.contains("$5") ? [version.description] : []
    let inNamespace = query.namespace == nil ? "" : "AND namespace = $\(5 + asOf.count)"
    while true {
      let rows = try connection.run(
        """
        SELECT version, body, namespace, name FROM ropewalk_changes
          WHERE grp = $1 AND plural = $2 AND (namespace, name) > ($3, $4) AND NOT is_removal AND \(condition) \(inNamespace)
          ORDER BY namespace, name LIMIT \(batch)
        """,
        parameters + [place.namespace, place.name] + asOf + (query.namespace.map { [$0] } ?? [])
      )
      for row in 0..<rows.count {
        place = ObjectPath(namespace: rows.text(row, 2), name: rows.text(row, 3))
        let key = ResourceKey(query.collection, namespace: place.namespace, name: place.name)
        let resource = try PostgresRow(version: rows.number(row, 0), isRemoval: false, body: rows.bytes(row, 1)).resource(key)
        guard query.matches(resource) else { continue }
        guard list.items.count < query.limit ?? .max else {
          if let last = list.items.last {
            let path = ObjectPath(namespace: last.metadata.namespace, name: last.metadata.name)
            list.continue = ContinueToken(version: version, after: path).text
          }
          return list
        }
        list.items.append(resource)
      }
      guard rows.count == batch else { return list }
    }
  }

  package func dependents(ofOwner uid: String) async throws -> [(ResourceKey, Resource)] {
    try await pool.run { connection in
      let rows = try connection.run(
        """
        SELECT version, body, grp, plural, namespace, name FROM ropewalk_owners JOIN ropewalk_changes USING (grp, plural, namespace, name)
          WHERE uid = $1 AND superseded IS NULL AND NOT is_removal
        """,
        [uid]
      )
      return try (0..<rows.count).map { row in
        let collection = ResourceCollection(group: rows.text(row, 2), plural: rows.text(row, 3))
        let key = ResourceKey(collection, namespace: rows.text(row, 4), name: rows.text(row, 5))
        return (key, try PostgresRow(version: rows.number(row, 0), isRemoval: false, body: rows.bytes(row, 1)).resource(key))
      }
    }
  }
}

extension PostgresResourceStore: WatchSource {
  package func watch(_ query: ResourceQuery, after version: String?) async throws -> ResourceWatch {
    let place = try version.map { text throws(RopewalkError) in try StoreVersion(parsing: text) }
    if let place { try await pool.run { try PostgresState($0).check(place) } }
    return ResourceWatcher(query, after: place, from: self, feed: feed, limits: limits).events
  }

  package func history(_ query: ResourceQuery, after version: StoreVersion) async throws -> (changes: [ResourceChange], upTo: StoreVersion)
  {
    let limit = limits.pageSize
    return try await pool.run { connection in
      try connection.transaction(Self.snapshot) {
        let state = try PostgresState(connection)
        try state.check(version)
        let changes = try Self.changes(after: version, in: query.collection, limit: limit, connection)
        return (changes, changes.count < limit ? StoreVersion(state.lastVersion) : changes.last?.version ?? version)
      }
    }
  }

  /// Changes after a version, oldest first; of all collections when none is given.
  static func changes(
    after version: StoreVersion,
    in collection: ResourceCollection?,
    limit: Int,
    _ connection: PostgresConnection
  ) throws -> [ResourceChange] {
    let rows = try connection.run(
      """
      SELECT c.version, c.grp, c.plural, c.namespace, c.name, c.is_removal, c.body, p.version, p.body
        FROM ropewalk_changes c LEFT JOIN ropewalk_changes p ON p.version = c.previous
        WHERE c.version > $1 \(collection == nil ? "" : "AND c.grp = $2 AND c.plural = $3") ORDER BY c.version LIMIT \(limit)
      """,
      [version.description] + (collection.map { [$0.group, $0.plural] } ?? [])
    )
    return try (0..<rows.count).map { row in
      let collection = ResourceCollection(group: rows.text(row, 1), plural: rows.text(row, 2))
      let key = ResourceKey(collection, namespace: rows.text(row, 3), name: rows.text(row, 4))
      let before =
        rows.isNull(row, 7) ? nil : try PostgresRow(version: rows.number(row, 7), isRemoval: false, body: rows.bytes(row, 8)).resource(key)
      let after = try PostgresRow(version: rows.number(row, 0), isRemoval: false, body: rows.bytes(row, 6)).resource(key)
      return ResourceChange(
        version: StoreVersion(rows.number(row, 0)),
        key: key,
        before: before,
        after: after,
        isRemoval: rows.text(row, 5) == "t"
      )
    }
  }
}
