import RopewalkCore
import RopewalkResources

/// A row of the table of changes.
struct PostgresRow {
  var version: Int64
  var isRemoval: Bool
  var body: [UInt8]

  func resource(_ key: ResourceKey) throws(RopewalkError) -> Resource {
    do {
      var resource = try Resource(parsing: body)
      resource.metadata.resourceVersion = String(version)
      return resource
    } catch {
      throw RopewalkError(.storeCorrupt, "\(key) at version \(version) cannot be read", cause: error)
    }
  }
}

/// What the table of the state says.
struct PostgresState {
  var lastVersion: Int64
  var compacted: Int64

  /// - Parameter isLocking: whether nobody else may write until the end of the transaction.
  init(_ connection: PostgresConnection, isLocking: Bool = false) throws(RopewalkError) {
    let rows = try connection.run("SELECT last_version, compacted FROM ropewalk_state" + (isLocking ? " FOR UPDATE" : ""))
    guard rows.count == 1 else { throw RopewalkError(.storeCorrupt, "the table ropewalk_state must have one row; it has \(rows.count)") }
    lastVersion = rows.number(0, 0)
    compacted = rows.number(0, 1)
  }

  func check(_ version: StoreVersion) throws(RopewalkError) {
    guard version.number <= lastVersion else { throw .notYet(version, latest: StoreVersion(lastVersion)) }
    guard version.number >= compacted else { throw .expired(version, oldest: StoreVersion(compacted)) }
  }
}
