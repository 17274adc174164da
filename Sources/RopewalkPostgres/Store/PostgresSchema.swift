import RopewalkCore
import RopewalkResources

/// The tables of a store of resources, version after version.
enum PostgresSchema {
  static var version: Int { migrations.count }

  /// The statements that lead from each version to the next; what is released is never changed.
  private static let migrations = [version1]

  /// Lets one process at a time look at the version. "RwRs".
  private static let lock = 0x52_77_52_73

  /// Brings the database to the present version, all of it or nothing.
  /// - Throws: `store.version` when it is of a newer version.
  static func migrate(_ connection: PostgresConnection) throws {
    try connection.transaction("BEGIN") {
      try connection.run("SELECT pg_advisory_xact_lock(\(lock))")
      try connection.run("CREATE TABLE IF NOT EXISTS ropewalk_schema (version int NOT NULL)")
      let rows = try connection.run("SELECT version FROM ropewalk_schema")
      let found = rows.count == 0 ? 0 : Int(rows.number(0, 0))
      guard found <= version else {
        throw RopewalkError(
          .storeVersion,
          "the resources in PostgreSQL have version \(found), this Ropewalk knows version \(version); use the newer Ropewalk that wrote them"
        )
      }
      guard found < version else { return }
      for migration in migrations[found...] { try connection.runScript(migration) }
      try connection.runScript("DELETE FROM ropewalk_schema; INSERT INTO ropewalk_schema VALUES (\(version))")
    }
  }

  private static let version1 = """
    -- One row. Who changes it holds it until the commit, so that versions become visible in their order and without gaps,
    -- which those of a sequence would not.
    CREATE TABLE ropewalk_state (last_version bigint NOT NULL, compacted bigint NOT NULL);
    INSERT INTO ropewalk_state VALUES (0, 0);

    -- Every change is a row: the object after it, or for a removal as it was last. A row without superseded is the
    -- latest of its object.
    CREATE TABLE ropewalk_changes (
      version bigint PRIMARY KEY,
      grp text COLLATE "C" NOT NULL,
      plural text COLLATE "C" NOT NULL,
      namespace text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL,
      is_removal boolean NOT NULL,
      previous bigint,
      superseded bigint,
      body text NOT NULL
    );
    CREATE UNIQUE INDEX ropewalk_latest ON ropewalk_changes (grp, plural, namespace, name) WHERE superseded IS NULL;
    CREATE INDEX ropewalk_by_object ON ropewalk_changes (grp, plural, namespace, name, version);
    CREATE INDEX ropewalk_by_change ON ropewalk_changes (grp, plural, version);
    CREATE INDEX ropewalk_by_end ON ropewalk_changes (superseded) WHERE superseded IS NOT NULL;
    CREATE INDEX ropewalk_removals ON ropewalk_changes (version) WHERE is_removal;

    -- Who names whom as owner.
    CREATE TABLE ropewalk_owners (
      uid text NOT NULL,
      grp text COLLATE "C" NOT NULL,
      plural text COLLATE "C" NOT NULL,
      namespace text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL,
      PRIMARY KEY (uid, grp, plural, namespace, name)
    );
    """
}
