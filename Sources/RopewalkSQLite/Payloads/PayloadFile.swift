/// A payload in a file of its own.
struct PayloadFile: Sendable {
  let name: String
  let size: Int

  /// Answers a row where anything refers to the file of a name. The index has a copy of each name, which may be damaged by itself: where
  /// it does not know one, the table is asked.
  static let knownQuery = """
    SELECT 1 FROM files WHERE name = ?1 UNION ALL SELECT 1 FROM files NOT INDEXED WHERE name = ?1 LIMIT 1
    """
}

/// A file of a dead letter's payload.
struct LetterFile: Sendable {
  let file: PayloadFile
  /// Something else refers to it too; otherwise it was made for this letter alone.
  let isShared: Bool
}
