import GRDB
import RopewalkCore
import RopewalkResources

/// The tables of a store of resources, version after version.
///
/// `PRAGMA user_version` says which version a file has, `PRAGMA application_id` that it is a store.
enum ResourceSchema {
  /// "RwRs".
  static let applicationID: Int32 = 0x52_77_52_73

  static var version: Int { migrations.count }

  /// The statements that lead from each version to the next; what is released is never changed.
  private static let migrations = [version1]

  /// Brings an empty or older file to the present version, all of it or nothing.
  /// - Throws: `store.version` when the file is of a newer version, or another program's; `store.lost` when it is empty where there has
  ///   been a store before.
  static func migrate(_ database: Database, in folder: ResourceFolder) throws {
    let id = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    let isEmpty = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0
    guard id == applicationID || isEmpty else {
      throw RopewalkError(
        .storeVersion,
        "'\(folder.database)' is a database of another program; move it away or choose another folder with --data-dir"
      )
    }
    guard !isEmpty || !folder.isMade else { throw folder.lost }
    guard found <= version else {
      throw RopewalkError(
        .storeVersion,
        "the resources '\(folder.database)' have version \(found), this Ropewalk knows version \(version); use the newer Ropewalk that wrote them"
      )
    }
    guard found < version else { return }
    try database.inTransaction(.immediate) {
      for migration in migrations[found...] { try database.execute(sql: migration) }
      try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
      return .commit
    }
  }

  private static let version1 = """
    -- One row. Versions are not given twice, so the last one outlives its object; what was superseded up to `compacted`
    -- may be gone.
    CREATE TABLE state (last_version INTEGER NOT NULL, compacted INTEGER NOT NULL);
    INSERT INTO state VALUES (0, 0);

    -- Numbers for kinds.
    CREATE TABLE collections (number INTEGER PRIMARY KEY, grp TEXT NOT NULL, plural TEXT NOT NULL, UNIQUE (grp, plural));

    -- Every change is a row: the object after it, or for a removal as it was last. A row without `superseded` is the
    -- latest of its object. So a list as of any version that is kept, and a watch from it, read this one table.
    CREATE TABLE changes (
      version INTEGER PRIMARY KEY,
      collection INTEGER NOT NULL,
      namespace TEXT NOT NULL,
      name TEXT NOT NULL,
      is_removal INTEGER NOT NULL,
      previous INTEGER,
      superseded INTEGER,
      body BLOB NOT NULL
    );
    CREATE UNIQUE INDEX latest ON changes (collection, namespace, name) WHERE superseded IS NULL;
    CREATE INDEX by_object ON changes (collection, namespace, name, version);
    CREATE INDEX by_change ON changes (collection, version);
    CREATE INDEX by_end ON changes (superseded) WHERE superseded IS NOT NULL;
    CREATE INDEX removals ON changes (version) WHERE is_removal = 1;

    -- Who names whom as owner.
    CREATE TABLE owners (
      uid TEXT NOT NULL,
      collection INTEGER NOT NULL,
      namespace TEXT NOT NULL,
      name TEXT NOT NULL,
      PRIMARY KEY (uid, collection, namespace, name)
    ) WITHOUT ROWID;
    """
}
