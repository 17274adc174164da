import Logging
import RopewalkCore
import RopewalkJournal

extension ErrorCode {
  static let journalLetterLate = ErrorCode("journal.letter.late", .conflict)
}

/// A letter on its way into the journal, with the files of its large payloads.
struct PreparedLetter: Sendable {
  let letter: DeadLetter
  let detail: [UInt8]
  var payload: LetterFile?
  var original: LetterFile?
  /// The position of a message that is damaged in its row: the letter takes over its payload and checksum as they are found.
  var damagedMessage: Int64?

  init(_ letter: DeadLetter) {
    self.letter = letter
    self.detail = LetterDetail.encode(letter)
  }

  /// The files that were made for this letter alone.
  var ownFiles: [String] {
    [original, payload].compactMap { $0.flatMap { $0.isShared ? nil : $0.file.name } }
  }
}

extension JournalWriter {
  /// Keeps the letters that are not known yet.
  /// - Returns: the files that were made for the others.
  /// - Throws: `RopewalkError` when so many are open that there is no room, or a shared payload is gone; then nothing was changed.
  func keep(_ letters: [PreparedLetter]) throws -> [String] {
    var (known, unknown): ([PreparedLetter], [PreparedLetter]) = ([], [])
    for letter in letters {
      if try isKnown(letter: letter.letter.id) { known.append(letter) } else { unknown.append(letter) }
    }
    let unused = known.flatMap(\.ownFiles)
    guard !unknown.isEmpty else { return unused }
    try requireSharedPayloads(of: unknown)
    let count = try countLetters()
    let surplus = count + unknown.count - settings.limits.maxDeadLetters
    if surplus > 0 { try makeRoom(forLetters: surplus) }
    for letter in unknown { try insert(letter) }
    letterCount = count - max(0, surplus) + unknown.count
    return unused
  }

  func isOpen(letter id: String) throws -> Bool {
    statements.openLetter.bind(id, at: 1)
    return try statements.openLetter.first { _ in true } ?? false
  }

  func close(letter id: String, replayedAs position: Int64) throws {
    _ = try close(letter: id, state: .replayed, reason: nil, replay: position)
  }

  /// Returns false when it was not open.
  func discard(letter id: String, reason: String) throws -> Bool {
    try close(letter: id, state: .discarded, reason: reason, replay: nil)
  }

  private func close(letter id: String, state: LetterState, reason: String?, replay: Int64?) throws -> Bool {
    let statement = statements.closeLetter
    statement.bind(state.rawValue, at: 1)
    statement.bind(clock.civilTime, at: 2)
    statement.bind(reason, at: 3)
    statement.bind(replay, at: 4)
    statement.bind(id, at: 5)
    return try statement.run() == 1
  }

  private func isKnown(letter id: String) throws -> Bool {
    statements.findLetter.bind(id, at: 1)
    return try statements.findLetter.first { _ in true } ?? false
  }

  private func countLetters() throws -> Int {
    if let letterCount { return letterCount }
    let count = Int(try statements.countLetters.first { $0.integer(0) } ?? 0)
    letterCount = count
    return count
  }

  private func insert(_ prepared: PreparedLetter) throws {
    let letter = prepared.letter
    let statement = statements.insertLetter
    statement.bind(letter.id, at: 1)
    statement.bind(LetterState.open.rawValue, at: 2)
    statement.bind(letter.integration, at: 3)
    statement.bind(letter.customer, at: 4)
    statement.bind(letter.stage, at: 5)
    statement.bind(letter.code, at: 6)
    statement.bind(letter.guestCode, at: 7)
    statement.bind(letter.failedAt.nanoseconds, at: 8)
    statement.bind(now, at: 9)
    for index in Int32(10)...12 { statement.bind(nil as Int64?, at: index) }
    guard let number = try statement.first({ $0.integer(0) }) else { throw SQLiteFailure(corrupt: "an inserted letter is not there") }
    try insertBody(of: prepared, number)
  }

  private func insertBody(of prepared: PreparedLetter, _ number: Int64) throws {
    let (letter, payloadFile, originalFile) = (prepared.letter, prepared.payload?.file, prepared.original?.file)
    let payload = payloadFile == nil ? letter.payload : nil
    // Most messages fail as they came; then their bytes are kept once.
    let original = originalFile == nil && letter.originalPayload != letter.payload ? letter.originalPayload : nil
    let body = statements.insertLetterBody
    body.bind(number, at: 1)
    body.bind(try payloadFile.map { try use($0) }, at: 2)
    body.bind(try originalFile.map { try use($0) }, at: 3)
    body.bind(prepared.detail, at: 4)
    body.bind(payload, at: 5)
    body.bind(original, at: 6)
    body.bind(RowSum.ofLetter(letter, detail: prepared.detail), at: 7)
    body.bind(RowSum.ofPayloads(payload, file: payloadFile?.name, original: original, originalFile: originalFile?.name), at: 8)
    try body.run()
    if let message = prepared.damagedMessage {
      statements.takePayload.bind(message, at: 1)
      statements.takePayload.bind(number, at: 2)
      try statements.takePayload.run()
    }
  }

  /// A message's payload goes with the message when that was settled before.
  private func requireSharedPayloads(of letters: [PreparedLetter]) throws {
    for prepared in letters {
      let isThere =
        if let original = prepared.original, original.isShared {
          try isKnown(file: original.file.name)
        } else if let message = prepared.damagedMessage {
          try isKnown(message: message)
        } else {
          true
        }
      guard isThere else {
        throw RopewalkError(.journalLetterLate, "the message of dead letter '\(prepared.letter.id)' was settled before without it")
      }
    }
  }

  /// Removes the oldest closed letters.
  private func makeRoom(forLetters count: Int) throws {
    let closed = try oldest(count, statements.closedLetters)
    guard closed.count == count else {
      throw RopewalkError(
        .deadLettersFull,
        "there are \(settings.limits.maxDeadLetters) open dead letters (--max-dead-letters); replay or discard some, then their messages are settled"
      )
    }
    for letter in closed { try remove(letter, because: "there are more than --max-dead-letters allows") }
  }
}

/// As the table `letters` has it. A letter with another number is damaged, and open.
enum LetterState: Int64 {
  case open = 0
  case replayed = 1
  case discarded = 2

  /// Whether a row of the table is closed, in SQL.
  static let isClosed = "state IN (\(replayed.rawValue), \(discarded.rawValue))"
}
