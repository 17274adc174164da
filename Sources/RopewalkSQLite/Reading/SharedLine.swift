import GRDB

/// Whose the messages in flight of a line of the ledger are that customers share.
enum SharedLine {
  struct Message {
    let position: Int64
    let lane: Int64
    /// At how many destinations it is in flight.
    let pairs: Int
    /// The line's own, ``LedgerEntry/furtherCustomers``, where nobody knows.
    let customer: String
  }

  /// Calls `body` with each message, in no order. Reads every pair that is in flight, and of the line's messages nothing that stands
  /// behind a payload.
  static func read(
    _ line: Int64,
    of integration: String,
    destination: Int64? = nil,
    after position: Int64 = 0,
    on database: Database,
    _ body: (Message) -> Void
  ) throws {
    let details = try PreparedStatement(
      """
      SELECT g.position, g.lane, g.pairs, m.detail FROM (
          SELECT position, lane, count(*) AS pairs FROM pairs
            WHERE account = ?1 AND position > ?2 AND (?3 IS NULL OR destination = ?3) GROUP BY position
        ) g LEFT JOIN messages m ON m.position = g.position
      """,
      on: database
    )
    details.bind(line, at: 1)
    details.bind(position, at: 2)
    details.bind(destination, at: 3)
    try details.rows { row in
      let customer = SharedLane.customer(of: row.bytes(3), in: row.integer(1), integration: integration)
      body(Message(position: row.integer(0), lane: row.integer(1), pairs: Int(row.integer(2)), customer: customer))
      return true
    }
  }
}
