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
      "SELECT \(MessageRow.columns), m.payload FROM \(MessageRow.tables) WHERE m.position = ?",
      on: database
    )
  }

  /// An entry, with the name of its payload's file where it has one, and the payload's bytes; a damaged one without either.
  typealias Found = (entry: UnsettledEntry, file: String?, size: Int, damage: RowDamage?)

  struct Page: Sendable {
    var found: [Found] = []
    /// Positions in flight whose messages are gone.
    var missing: [Int64] = []
    /// Up to where it was looked; nil where nothing was there.
    var last: Int64?
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
      return try read(.lanes([-number]), destination: nil, after: after, limit, maxSize)
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
    let source = try source(of: integration, customer)
    guard source.isShared else { return try read(source, destination: number, after: position, limit, maxSize) }
    return try readShared(source, customer, destination: number, after: position, limit, maxSize)
  }

  private enum Source {
    case lanes([Int64])
    /// What of a shared line is in none of its customers' lanes, because nobody knows whose it is.
    case restOfLine(Int64, integration: String)

    /// Whether it has other customers' messages, too.
    var isShared: Bool { if case .lanes(let lanes) = self { lanes.count > 1 } else { true } }
  }

  /// Where a customer's messages may stand: in the lane of its line, in the one that it has while it shares a line, and in that of the
  /// line itself, where earlier versions put those of all who share it.
  private func source(of integration: String, _ customer: String) throws -> Source {
    let own = try account(integration, customer)
    guard let shared = try account(integration, LedgerEntry.furtherCustomers) else { return .lanes(own.map { [$0] } ?? []) }
    if customer == LedgerEntry.furtherCustomers { return .restOfLine(shared, integration: integration) }
    // Lines are numbered in turn: who had one before any was shared has shared none.
    if let own, own < shared { return .lanes([own]) }
    return .lanes([own, SharedLane.number(integration: integration, customer: customer), shared].compactMap(\.self))
  }

  /// Customers whose messages stand in one lane are told apart by these.
  private func readShared(
    _ source: Source,
    _ customer: String,
    destination: Int64?,
    after position: Int64,
    _ limit: Int,
    _ maxSize: ByteCount
  ) throws -> Page {
    var own = Page(isEnd: false)
    var last = position
    while true {
      let page = try read(source, destination: destination, after: last, limit, maxSize)
      own.missing += page.missing
      for found in page.found where found.entry.message.metadata.customerID == customer {
        own.append(found)
        own.last = Int64(clamping: found.entry.position.value)
        if own.found.count == limit || own.size >= maxSize.bytes { return own }
      }
      own.last = page.last ?? own.last
      guard !page.isEnd, let end = page.last else { break }
      last = end
    }
    own.isEnd = true
    return own
  }

  /// What stands there, in the order of acceptance.
  private func read(_ source: Source, destination: Int64?, after position: Int64, _ limit: Int, _ maxSize: ByteCount) throws -> Page {
    let positions =
      switch source {
      case .lanes(let lanes): try self.positions(lanes, destination, after: position, limit: limit)
      case .restOfLine(let line, let integration): try rest(of: line, integration, destination, after: position)
      }
    var page = Page(isEnd: positions.count < limit)
    for position in positions.prefix(limit) {
      page.last = position
      if let entry = try entry(at: position) { page.append(entry) } else { page.missing.append(position) }
      if page.size >= maxSize.bytes, position != positions.last {
        page.isEnd = false
        break
      }
    }
    return page
  }

  private func positions(_ lanes: [Int64], _ destination: Int64?, after position: Int64, limit: Int) throws -> [Int64] {
    var (positions, lists): ([Int64], Int) = ([], 0)
    for lane in lanes {
      let destinations = try destination.map { [$0] } ?? self.destinations(of: lane)
      for destination in destinations { positions += try self.positions(lane, destination, after: position, limit: limit) }
      lists += destinations.count
    }
    return lists > 1 ? Set(positions).sorted() : positions
  }

  /// All of them: only damage brings any about. Replays are read as such, whoever's they are.
  private func rest(of line: Int64, _ integration: String, _ destination: Int64?, after position: Int64) throws -> [Int64] {
    var positions: [Int64] = []
    try SharedLine.read(line, of: integration, destination: destination, after: position, on: database) { message in
      if message.lane > 0, message.customer == LedgerEntry.furtherCustomers { positions.append(message.position) }
    }
    return positions.sorted()
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

  /// Nil when there is none: then the position is in flight and its message gone.
  private func entry(at position: Int64) throws -> Found? {
    message.bind(position, at: 1)
    let found = try message.first { row in
      (row: try MessageRow(row, on: database), payload: row.optionalBytes(MessageRow.end))
    }
    guard let found else { return nil }
    let (row, payload) = (found.row, found.payload)
    let isPayloadWhole = row.file != nil || payload != nil && RowSum.matches(row.payloadSum, RowSum.ofPayloads(payload))
    let damage: RowDamage? = !row.isWhole ? .message : isPayloadWhole ? nil : .payload
    var entry = UnsettledEntry(position: JournalPosition(UInt64(position)), message: row.message, destinations: [], replay: row.replay)
    if let payload, damage == nil { entry.message.payload = payload }
    for destination in try row.isWhole ? row.destinations : destinations(of: row.lane) {
      guard let attempts = try attempts(row.lane, destination, position) else { continue }
      let name = try name(destination)
      entry.destinations.append(name)
      // Those that are damaged are tried again.
      if !attempts.isEmpty { entry.attempts[name] = try? AttemptList.decode(attempts) }
    }
    return (entry, damage == nil ? row.file?.name : nil, row.file?.size ?? payload?.count ?? 0, damage)
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
