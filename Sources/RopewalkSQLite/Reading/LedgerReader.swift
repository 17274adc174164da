import GRDB
import RopewalkCore
import RopewalkJournal

/// Reads the sums of the delivery law on one connection.
enum LedgerReader {
  private struct InFlight {
    var count = 0
    var oldest = Int64.max
  }

  /// By integration and customer, in the order of their bytes. Reads every pair that is in flight, but no message.
  static func read(_ database: Database) throws -> [LedgerEntry] {
    let inFlight = try self.inFlight(database)
    let statement = try PreparedStatement(
      """
      SELECT number, integration, customer, accepted, delivered, filtered, dead_lettered, duplicates
        FROM accounts ORDER BY integration, customer
      """,
      on: database
    )
    var lines: [LedgerEntry] = []
    try statement.rows { row in
      let open = inFlight[row.integer(0)] ?? InFlight()
      lines.append(
        LedgerEntry(
          integrationID: row.text(1),
          customerID: row.text(2),
          accepted: Int(row.integer(3)),
          delivered: Int(row.integer(4)),
          filtered: Int(row.integer(5)),
          deadLettered: Int(row.integer(6)),
          inFlight: open.count,
          duplicates: Int(row.integer(7)),
          oldestInFlight: open.count > 0 ? Timestamp(nanoseconds: open.oldest) : nil
        )
      )
      return true
    }
    return lines
  }

  /// The pairs of an account follow one another, but for its replays.
  private static func inFlight(_ database: Database) throws -> [Int64: InFlight] {
    var sums: [Int64: InFlight] = [:]
    var (account, present) = (Int64.min, InFlight())
    try PreparedStatement("SELECT account, time FROM pairs", on: database).rows { row in
      if row.integer(0) != account {
        sums[account] = present
        account = row.integer(0)
        present = sums[account] ?? InFlight()
      }
      present.count += 1
      present.oldest = min(present.oldest, row.integer(1))
      return true
    }
    sums[account] = present
    return sums
  }
}
