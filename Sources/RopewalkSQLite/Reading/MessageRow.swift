import GRDB
import RopewalkCore
import RopewalkJournal

/// What the database has of a message, but for its payload.
struct MessageRow: Sendable {
  /// The first columns of a statement that reads one, of ``tables``.
  static let columns = "m.position, m.id, m.time, m.letter, m.stage, m.detail, m.sum, m.account, f.name, f.size"
  /// The first column behind them.
  static let end: Int32 = 10
  static let tables = "messages m LEFT JOIN files f ON f.number = m.file"

  let position: Int64
  /// Without its payload.
  let message: Message
  let replay: Replay?
  /// Where its payload lies when it is not in the row.
  let file: PayloadFile?
  /// False when it is not what was written; then the message has its id alone, and whose it is by the ledger.
  let isWhole: Bool

  init(_ row: PreparedStatement, on database: Database) throws {
    let (id, time, letter, stage) = (row.text(1), row.integer(2), row.optionalText(3), row.optionalText(4))
    let (detail, file) = (row.bytes(5), row.optionalText(8).map { PayloadFile(name: $0, size: Int(row.integer(9))) })
    let sum = RowSum.ofMessage(id: id, time: time, letter: letter, stage: stage, file: file?.name, detail: detail)
    self.position = row.integer(0)
    self.file = file
    if RowSum.matches(row.optionalInteger(6), sum),
      let (message, versions) = try? MessageDetail.decode(detail, id: id, timestamp: Timestamp(nanoseconds: time))
    {
      self.message = message
      self.replay = letter.map { Replay(letterID: $0, stage: stage, versions: versions) }
      self.isWhole = true
    } else {
      let metadata = try Self.metadata(ofAccount: row.integer(7), on: database)
      self.message = Message(id: id, payload: [], metadata: metadata, timestamp: Timestamp(nanoseconds: max(0, time)))
      self.replay = nil
      self.isWhole = false
    }
  }

  /// Whose it is, as far as the ledger knows: where customers share a line, that line's.
  private static func metadata(ofAccount number: Int64, on database: Database) throws -> MessageMetadata {
    let statement = try PreparedStatement("SELECT integration, customer FROM accounts WHERE number = ?", on: database)
    statement.bind(number, at: 1)
    guard let metadata = try statement.first({ MessageMetadata(customerID: $0.text(1), integrationID: $0.text(0)) }) else {
      throw SQLiteFailure(corrupt: "a message has no account")
    }
    return metadata
  }
}
