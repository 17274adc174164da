import GRDB
import RopewalkCore
import RopewalkJournal

/// Reads a lane's unsettled messages on one connection.
struct LaneReader {
  private let database: Database
  private let pairsAfter: PreparedStatement
  private let pair: PreparedStatement
  private let message: PreparedStatement

  init(_ database: Database) throws {
    self.database = database
    self.pairsAfter = try PreparedStatement(
      "SELECT position FROM pairs WHERE lane = ? AND destination = ? AND position > ? ORDER BY position LIMIT ?",
      on: database
    )
    self.pair = try PreparedStatement("SELECT attempts FROM pairs WHERE lane = ? AND destination = ? AND position = ?", on: database)
    self.message = try PreparedStatement(
      "SELECT \(MessageRow.columns), m.destinations, m.payload, m.payload_sum, m.lane FROM \(MessageRow.tables) WHERE m.position = ?",
      on: database
    )
  }

  /// An entry, with the name of its payload's file where it has one, and the payload's bytes; a damaged one without either.
  typealias Found = (entry: UnsettledEntry, file: String?, size: Int, damage: RowDamage?)

  struct Page: Sendable {
    var found: [Found] = []
    var isEnd: Bool
    /// Bytes of the payloads, wherever they are.
    var size = 0

    mutating func append(_ entry: Found) {
      found.append(entry)
      size += entry.size
    }
  }

  func read(_ lane: JournalLane, after position: JournalPosition?, limit: Int, maxSize: ByteCount) throws -> Page {
    guard limit > 0 else { return Page(isEnd: false) }
    // A position beyond what the journal can give is after everything.
    let after = position.map { Int64(clamping: $0.value) } ?? 0
    switch lane {
    case .accepted(let integration, let customer, let destination):
      return try readAccepted(integration, customer, destination: destination, after: after, limit, maxSize)
    case .replays(let integration):
      guard let number = try name(integration) else { return Page(isEnd: true) }
      return try read([-number], destination: nil, after: after, limit, maxSize)
    }
  }

  private func readAccepted(
    _ integration: String,
    _ customer: String,
    destination: String?,
    after position: Int64,
    _ limit: Int,
    _ maxSize: ByteCount
  ) throws -> Page {
    let number: Int64?
    if let destination {
      number = try name(destination)
      guard number != nil else { return Page(isEnd: true) }
    } else {
      number = nil
    }
    let lanes = try lanes(of: integration, customer)
    guard lanes.count > 1 else { return try read(lanes, destination: number, after: position, limit, maxSize) }
    return try readShared(lanes, customer, destination: number, after: position, limit, maxSize)
  }

  /// Where a customer's messages may stand: in the lane of its line, in the one that it has while it shares a line, and in that of the
  /// line itself, where earlier versions put those of all who share it.
  private func lanes(of integration: String, _ customer: String) throws -> [Int64] {
    let own = try account(integration, customer)
    guard let shared = try account(integration, LedgerEntry.furtherCustomers) else { return own.map { [$0] } ?? [] }
    // Lines are numbered in turn: who had one before any was shared has shared none.
    if let own, own < shared { return [own] }
    return [own, SharedLane.number(integration: integration, customer: customer), shared].compactMap(\.self)
  }

  /// Customers whose messages stand in one lane are told apart by these.
  private func readShared(
    _ lanes: [Int64],
    _ customer: String,
    destination: Int64?,
    after position: Int64,
    _ limit: Int,
    _ maxSize: ByteCount
  ) throws -> Page {
    var own = Page(isEnd: false)
    var last = position
    while true {
      let page = try read(lanes, destination: destination, after: last, limit, maxSize)
      for found in page.found where found.entry.message.metadata.customerID == customer {
        own.append(found)
        if own.found.count == limit || own.size >= maxSize.bytes { return own }
      }
      guard !page.isEnd, let end = page.found.last else { break }
      last = Int64(clamping: end.entry.position.value)
    }
    own.isEnd = true
    return own
  }

  /// What stands in any of the lanes, in the order of acceptance.
  private func read(_ lanes: [Int64], destination: Int64?, after position: Int64, _ limit: Int, _ maxSize: ByteCount) throws -> Page {
    var (positions, lists): ([Int64], Int) = ([], 0)
    for lane in lanes {
      let destinations = try destination.map { [$0] } ?? self.destinations(of: lane)
      for destination in destinations { positions += try self.positions(lane, destination, after: position, limit: limit) }
      lists += destinations.count
    }
    if lists > 1 { positions = Set(positions).sorted() }
    var page = Page(isEnd: positions.count < limit)
    for position in positions.prefix(limit) {
      page.append(try entry(at: position))
      if page.size >= maxSize.bytes, position != positions.last {
        page.isEnd = false
        break
      }
    }
    return page
  }

  private func positions(_ lane: Int64, _ destination: Int64, after position: Int64, limit: Int) throws -> [Int64] {
    pairsAfter.bind(lane, at: 1)
    pairsAfter.bind(destination, at: 2)
    pairsAfter.bind(position, at: 3)
    pairsAfter.bind(Int64(limit), at: 4)
    var positions: [Int64] = []
    try pairsAfter.rows { row in
      positions.append(row.integer(0))
      return true
    }
    return positions
  }

  /// The destinations at which anything of the lane is open: one seek each.
  private func destinations(of lane: Int64) throws -> [Int64] {
    let next = try PreparedStatement("SELECT min(destination) FROM pairs WHERE lane = ? AND destination > ?", on: database)
    var found: [Int64] = []
    while true {
      next.bind(lane, at: 1)
      next.bind(found.last ?? 0, at: 2)
      guard let number = try next.first({ $0.optionalInteger(0) }) ?? nil else { return found }
      found.append(number)
    }
  }

  private func entry(at position: Int64) throws -> Found {
    message.bind(position, at: 1)
    let found = try message.first { row in
      let end = MessageRow.end
      return (
        row: try MessageRow(row, on: database), destinations: try ByteReader.numbers(in: row.bytes(end)),
        payload: row.isNull(end + 1) ? nil : row.bytes(end + 1), sum: row.optionalInteger(end + 2), lane: row.integer(end + 3)
      )
    }
    guard let found else { throw SQLiteFailure(corrupt: "message \(position) is in flight and not there") }
    let row = found.row
    let isPayloadWhole = RowSum.matches(found.sum, RowSum.ofPayloads(found.payload))
    let damage: RowDamage? = !row.isWhole ? .message : isPayloadWhole ? nil : .payload
    var entry = UnsettledEntry(position: JournalPosition(UInt64(position)), message: row.message, destinations: [], replay: row.replay)
    if let payload = found.payload, damage == nil { entry.message.payload = payload }
    for destination in found.destinations {
      guard let attempts = try attempts(found.lane, destination, position) else { continue }
      let name = try name(destination)
      entry.destinations.append(name)
      if !attempts.isEmpty { entry.attempts[name] = try AttemptList.decode(attempts) }
    }
    return (entry, damage == nil ? row.file?.name : nil, row.file?.size ?? found.payload?.count ?? 0, damage)
  }

  /// What failed for a pair, empty where nothing did; nil when the pair has its end.
  private func attempts(_ lane: Int64, _ destination: Int64, _ position: Int64) throws -> [UInt8]? {
    pair.bind(lane, at: 1)
    pair.bind(destination, at: 2)
    pair.bind(position, at: 3)
    return try pair.first { $0.bytes(0) }
  }

  private func account(_ integration: String, _ customer: String) throws -> Int64? {
    let statement = try PreparedStatement("SELECT number FROM accounts WHERE integration = ? AND customer = ?", on: database)
    statement.bind(integration, at: 1)
    statement.bind(customer, at: 2)
    return try statement.first { $0.integer(0) }
  }

  private func name(_ name: String) throws -> Int64? {
    let statement = try PreparedStatement("SELECT number FROM names WHERE name = ?", on: database)
    statement.bind(name, at: 1)
    return try statement.first { $0.integer(0) }
  }

  private func name(_ number: Int64) throws -> String {
    let statement = try PreparedStatement("SELECT name FROM names WHERE number = ?", on: database)
    statement.bind(number, at: 1)
    guard let name = try statement.first({ $0.text(0) }) else { throw SQLiteFailure(corrupt: "destination \(number) has no name") }
    return name
  }
}
