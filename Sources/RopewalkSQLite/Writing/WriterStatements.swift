import GRDB
import GRDBSQLite

/// Everything that a ``JournalWriter`` says to its database, prepared once.
struct WriterStatements {
  private let connection: OpaquePointer?
  let begin, commit, rollBack, dataVersion, checkpoint, moveLog: PreparedStatement
  let readState, updateState, markClosed, markOpen: PreparedStatement
  let insertIDs, forgetIDs: PreparedStatement
  let findAccount, countAccounts, insertAccount, updateAccount: PreparedStatement
  let findName, insertName: PreparedStatement
  let insertMessage, readMessage, messageFile, removeMessage, insertSettled: PreparedStatement
  let insertPair, nextPair, notePair, removePair: PreparedStatement
  let findLetter, openLetter, insertLetter, insertLetterBody, takePayload, closeLetter: PreparedStatement
  let countLetters, closedLetters, oldestLetters, letterFiles, removeLetter, removeLetterBody: PreparedStatement
  let insertFile, findFile, knownFile, useFile, removeFile: PreparedStatement
  let oldestSettled, removeSettled: PreparedStatement

  /// SQLite obeys this when it reads the statement, so it is not one of those that are prepared once.
  func setSync(_ isOn: Bool) throws(SQLiteFailure) {
    let text = isOn ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"
    guard sqlite3_exec(connection, text, nil, nil, nil) == SQLITE_OK else { throw SQLiteFailure(connection: connection) }
  }

  init(_ database: Database) throws {
    connection = database.sqliteConnection
    func prepare(_ sql: String) throws -> PreparedStatement { try PreparedStatement(sql, on: database) }
    begin = try prepare("BEGIN IMMEDIATE")
    commit = try prepare("COMMIT")
    rollBack = try prepare("ROLLBACK")
    dataVersion = try prepare("PRAGMA data_version")
    checkpoint = try prepare("PRAGMA wal_checkpoint(PASSIVE)")
    moveLog = try prepare("PRAGMA wal_checkpoint(TRUNCATE)")
    readState = try prepare("SELECT last_position, open_messages, open_bytes FROM state")
    updateState = try prepare("UPDATE state SET last_position = ?, time = ?, open_messages = ?, open_bytes = ?")
    markClosed = try prepare("UPDATE state SET closed_cleanly = 1")
    markOpen = try prepare("UPDATE state SET closed_cleanly = 0")
    insertIDs = try prepare("INSERT INTO recent_ids VALUES (?, ?, ?)")
    forgetIDs = try prepare("DELETE FROM recent_ids WHERE position <= ?")
    findAccount = try prepare("SELECT number FROM accounts WHERE integration = ? AND customer = ?")
    countAccounts = try prepare("SELECT count(*) FROM accounts")
    insertAccount = try prepare("INSERT INTO accounts (integration, customer) VALUES (?, ?) RETURNING number")
    updateAccount = try prepare(
      """
      UPDATE accounts SET accepted = accepted + ?, delivered = delivered + ?, filtered = filtered + ?,
        dead_lettered = dead_lettered + ?, duplicates = duplicates + ? WHERE number = ?
      """
    )
    findName = try prepare("SELECT number FROM names WHERE name = ?")
    insertName = try prepare("INSERT INTO names (name) VALUES (?) RETURNING number")
    insertMessage = try prepare("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    readMessage = try prepare("SELECT account, lane, size, file IS NOT NULL FROM messages WHERE position = ?")
    messageFile = try prepare(
      "SELECT f.number, f.name, m.payload_sum FROM messages m JOIN files f ON f.number = m.file WHERE m.position = ?"
    )
    removeMessage = try prepare("DELETE FROM messages WHERE position = ?")
    insertSettled = try prepare("INSERT INTO settled VALUES (?, ?)")
    insertPair = try prepare("INSERT INTO pairs (lane, destination, position, account, time) VALUES (?, ?, ?, ?, ?)")
    nextPair = try prepare(
      """
      SELECT destination, EXISTS (SELECT 1 FROM pairs p WHERE p.lane = ?1 AND p.destination = n.destination AND p.position = ?3)
        FROM pairs n WHERE lane = ?1 AND destination > ?2 ORDER BY destination LIMIT 1
      """
    )
    notePair = try prepare("UPDATE pairs SET attempts = ? WHERE lane = ? AND destination = ? AND position = ?")
    removePair = try prepare("DELETE FROM pairs WHERE lane = ? AND destination = ? AND position = ?")
    findLetter = try prepare("SELECT state FROM letters WHERE id = ?")
    openLetter = try prepare("SELECT 1 FROM letters WHERE id = ? AND NOT \(LetterState.isClosed)")
    insertLetter = try prepare(
      """
      INSERT INTO letters (id, state, integration, customer, stage, code, guest_code, failed, kept, closed, reason, replay)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number
      """
    )
    insertLetterBody = try prepare("INSERT INTO letter_bodies VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    takePayload = try prepare(
      """
      UPDATE letter_bodies SET payload = m.payload, payload_sum = m.payload_sum FROM messages m
        WHERE m.position = ? AND letter_bodies.number = ?
      """
    )
    closeLetter = try prepare(
      "UPDATE letters SET state = ?, closed = ?, reason = ?, replay = ? WHERE id = ? AND NOT \(LetterState.isClosed)"
    )
    countLetters = try prepare("SELECT count(*) FROM letters")
    // The index has those that are not 0.
    closedLetters = try prepare("SELECT * FROM letters WHERE state <> 0 AND \(LetterState.isClosed) ORDER BY number LIMIT ?")
    oldestLetters = try prepare("SELECT * FROM letters ORDER BY number LIMIT ?")
    letterFiles = try prepare(
      """
      SELECT b.payload_file, b.original_file, p.name, o.name, b.payload, b.original, b.payload_sum FROM letter_bodies b
        LEFT JOIN files p ON p.number = b.payload_file LEFT JOIN files o ON o.number = b.original_file WHERE b.number = ?
      """
    )
    removeLetter = try prepare("DELETE FROM letters WHERE number = ?")
    removeLetterBody = try prepare("DELETE FROM letter_bodies WHERE number = ?")
    insertFile = try prepare("INSERT INTO files (name, size, uses) VALUES (?, ?, 1) RETURNING number")
    findFile = try prepare("SELECT number FROM files WHERE name = ?")
    knownFile = try prepare(PayloadFile.knownQuery)
    useFile = try prepare("UPDATE files SET uses = uses + ? WHERE number = ? RETURNING uses, name")
    removeFile = try prepare("DELETE FROM files WHERE number = ?")
    oldestSettled = try prepare("SELECT position, time FROM settled ORDER BY position LIMIT ?")
    removeSettled = try prepare("DELETE FROM settled WHERE position = ?")
  }
}
