import GRDB
import RopewalkCore
import RopewalkJournal

/// Finds dead letters on one connection.
struct LetterReader {
  private static let letters = """
    SELECT l.id, l.state, l.integration, l.customer, l.stage, l.code, l.guest_code, l.failed, l.closed, l.reason, l.replay,
        b.detail, b.payload, b.original, p.name, o.name, p.size, o.size, b.sum, b.payload_sum
      FROM letters l JOIN letter_bodies b ON b.number = l.number
        LEFT JOIN files p ON p.number = b.payload_file LEFT JOIN files o ON o.number = b.original_file
    """

  private let database: Database

  init(_ database: Database) {
    self.database = database
  }

  /// A letter, with the names of its payloads' files where they have one, and the bytes of both payloads; a damaged one without them.
  typealias Found = (letter: DeadLetter, payloadFile: String?, originalFile: String?, size: Int, damage: RowDamage?)

  struct Page: Sendable {
    var letters: [Found] = []
    var isEnd = true
    /// Bytes of the payloads, wherever they are.
    var size = 0

    /// Returns whether there is room for another one.
    mutating func append(_ letter: Found, limit: Int, maxSize: ByteCount) -> Bool {
      letters.append(letter)
      size += letter.size
      isEnd = letters.count < limit && size < maxSize.bytes
      return isEnd
    }
  }

  /// In the order of their ids.
  func read(_ query: DeadLetterQuery, after id: String?, limit: Int, maxSize: ByteCount) throws -> Page {
    guard limit > 0 else { return Page(isEnd: false) }
    guard let ids = query.ids else { return try search(query, after: id, limit: limit, maxSize: maxSize) }
    var page = Page()
    for wanted in Set(ids).sorted() where wanted > id ?? "" {
      guard let letter = try find(wanted), query.matches(letter.letter) else { continue }
      guard page.append(letter, limit: limit, maxSize: maxSize) else { break }
    }
    return page
  }

  private func find(_ id: String) throws -> Found? {
    let statement = try PreparedStatement("\(Self.letters) WHERE l.id = ?", on: database)
    statement.bind(id, at: 1)
    return try statement.first(letter)
  }

  private func search(_ query: DeadLetterQuery, after id: String?, limit: Int, maxSize: ByteCount) throws -> Page {
    let statement = try PreparedStatement(
      """
      \(Self.letters)
      WHERE l.id > ?1 AND (?2 IS NULL OR l.integration = ?2) AND (?3 IS NULL OR l.customer = ?3)
        AND (?4 IS NULL OR l.stage = ?4) AND (?5 IS NULL OR l.code = ?5 OR l.guest_code = ?5)
        AND (?6 IS NULL OR l.failed >= ?6) AND (?7 IS NULL OR l.failed < ?7)
        AND (?8 IS NULL OR l.state = ?8 OR ?8 = 0 AND NOT \(LetterState.isClosed))
      ORDER BY l.id LIMIT ?9
      """,
      on: database
    )
    statement.bind(id ?? "", at: 1)
    statement.bind(query.integration, at: 2)
    statement.bind(query.customer, at: 3)
    statement.bind(query.stage, at: 4)
    statement.bind(query.code, at: 5)
    statement.bind(query.since?.nanoseconds, at: 6)
    statement.bind(query.until?.nanoseconds, at: 7)
    statement.bind(query.state.map { LetterState($0).rawValue }, at: 8)
    statement.bind(Int64(limit), at: 9)
    var page = Page()
    try statement.rows { row in page.append(letter(row), limit: limit, maxSize: maxSize) }
    return page
  }

  private func letter(_ row: PreparedStatement) -> Found {
    var letter = DeadLetter(
      id: row.text(0),
      messageID: "",
      integration: row.text(2),
      customer: row.text(3),
      destinations: [],
      stage: row.text(4),
      payload: row.bytes(12),
      originalPayload: row.optionalBytes(13) ?? row.bytes(12),
      receivedAt: Timestamp(nanoseconds: 0),
      failedAt: Timestamp(nanoseconds: row.integer(7))
    )
    letter.code = row.text(5)
    letter.guestCode = row.text(6)
    letter.state = state(row)
    let sizes =
      (row.optionalInteger(16).map { Int($0) } ?? letter.payload.count)
      + (row.optionalInteger(17).map { Int($0) } ?? letter.originalPayload.count)
    let damage = complete(&letter, from: row)
    if damage != nil || letter.damage != nil { (letter.payload, letter.originalPayload) = ([], []) }
    return (letter, row.optionalText(14), row.optionalText(15), sizes, damage)
  }

  /// Adds what is no column of its own, as far as it is what was written.
  private func complete(_ letter: inout DeadLetter, from row: PreparedStatement) -> RowDamage? {
    let detail = row.bytes(11)
    let sum = RowSum.ofLetter(letter, detail: detail)
    var whole = letter
    guard LetterState(rawValue: row.integer(1)) != nil, RowSum.matches(row.optionalInteger(18), sum),
      (try? LetterDetail.decode(detail, into: &whole)) != nil
    else {
      letter.failedAt = Timestamp(nanoseconds: max(0, letter.failedAt.nanoseconds))
      return .letter
    }
    letter = whole
    // One that came damaged has its payload as it was found.
    guard letter.damage == nil else { return nil }
    let payloads = RowSum.ofPayloads(
      row.isNull(12) ? nil : letter.payload,
      file: row.optionalText(14),
      original: row.isNull(13) ? nil : letter.originalPayload,
      originalFile: row.optionalText(15)
    )
    return RowSum.matches(row.optionalInteger(19), payloads) ? nil : .payload
  }

  private func state(_ row: PreparedStatement) -> DeadLetter.State {
    let closed = Timestamp(nanoseconds: row.integer(8))
    return switch LetterState(rawValue: row.integer(1)) {
    case .open, nil: .open
    case .replayed: .replayed(at: closed, as: JournalPosition(UInt64(clamping: row.integer(10))))
    case .discarded: .discarded(at: closed, reason: row.text(9))
    }
  }
}

extension LetterState {
  init(_ state: DeadLetterQuery.State) {
    self =
      switch state {
      case .open: .open
      case .replayed: .replayed
      case .discarded: .discarded
      }
  }
}
