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

  /// Pairs in flight of an integration, by customer. Reads what ``read(_:)`` does, and of the messages of those who share a line whose
  /// each is: where that is damaged, the line's own.
  static func inFlight(of integration: String, _ database: Database) throws -> [String: Int] {
    let inFlight = try self.inFlight(database)
    var (pairs, shared): ([String: Int], [Int64]) = ([:], [])
    let accounts = try PreparedStatement("SELECT number, customer FROM accounts WHERE integration = ?", on: database)
    accounts.bind(integration, at: 1)
    try accounts.rows { row in
      guard let count = inFlight[row.integer(0)]?.count, count > 0 else { return true }
      if row.text(1) == LedgerEntry.furtherCustomers { shared.append(row.integer(0)) } else { pairs[row.text(1)] = count }
      return true
    }
    guard let line = shared.first else { return pairs }
    try SharedLine.read(line, of: integration, on: database) { pairs[$0.customer, default: 0] += $0.pairs }
    return pairs
  }

  /// The pairs of an account follow one another, but for its replays and those of a line that is shared.
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
