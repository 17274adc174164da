import GRDB
import RopewalkCore
import RopewalkJournal

/// What the database has of a message, but for its payload.
struct MessageRow: Sendable {
  /// The first columns of a statement that reads one, of ``tables``.
  static let columns = """
    m.position, m.id, m.time, m.letter, m.stage, m.detail, m.destinations, m.lane, m.account, m.sum, m.payload_sum, f.name, f.size
    """
  /// The first column behind them.
  static let end: Int32 = 13
  static let tables = "messages m LEFT JOIN files f ON f.number = m.file"

  let position: Int64
  let lane: Int64
  /// Without its payload.
  let message: Message
  let replay: Replay?
  /// The numbers of those that it was accepted for; empty where it is not whole.
  let destinations: [Int64]
  /// Where its payload lies when it is not in the row; nil where the row refers to another's.
  let file: PayloadFile?
  let payloadSum: Int64?
  /// False when it is not what was written; then the message has its id alone, and whose it is by the ledger and its lane.
  let isWhole: Bool

  init(_ row: PreparedStatement, on database: Database) throws {
    let (id, time, letter, stage) = (row.text(1), row.integer(2), row.optionalText(3), row.optionalText(4))
    let (detail, destinations, lane, payloadSum) = (row.bytes(5), row.bytes(6), row.integer(7), row.optionalInteger(10))
    let sum = RowSum.ofMessage(id: id, time: time, letter: letter, stage: stage, detail: detail)
    let file = row.optionalText(11).map { PayloadFile(name: $0, size: Int(row.integer(12))) }
    self.position = row.integer(0)
    self.lane = lane
    self.file = file.flatMap { RowSum.matches(payloadSum, RowSum.ofPayloads(nil, file: $0.name)) ? $0 : nil }
    self.payloadSum = payloadSum
    if RowSum.matches(row.optionalInteger(9), RowSum.ofMessage(sum, destinations: destinations)),
      let numbers = try? ByteReader.numbers(in: destinations),
      let (message, versions) = try? MessageDetail.decode(detail, id: id, timestamp: Timestamp(nanoseconds: time))
    {
      self.message = message
      self.replay = letter.map { Replay(letterID: $0, stage: stage, versions: versions) }
      self.destinations = numbers
      self.isWhole = true
    } else {
      var metadata = try Self.metadata(ofAccount: row.integer(8), on: database)
      if metadata.customerID == LedgerEntry.furtherCustomers {
        metadata.customerID = SharedLane.customer(of: detail, in: lane, integration: metadata.integrationID)
      }
      self.message = Message(id: id, payload: [], metadata: metadata, timestamp: Timestamp(nanoseconds: max(0, time)))
      // What stands among the replays is one, whatever is left of it.
      self.replay = lane < 0 ? Replay(letterID: letter ?? "") : nil
      self.destinations = []
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
