import Logging
import RopewalkCore
import RopewalkJournal

/// A letter on its way into the journal, with the files of its large payloads.
struct PreparedLetter: Sendable {
  let letter: DeadLetter
  let detail: [UInt8]
  var payloadFile: PayloadFile?
  var originalFile: PayloadFile?

  init(_ letter: DeadLetter) {
    self.letter = letter
    self.detail = LetterDetail.encode(letter)
  }
}

extension JournalWriter {
  /// Keeps the letters that are not known yet.
  /// - Throws: `RopewalkError` when so many are open that there is no room; then nothing was changed.
  func keep(_ letters: [PreparedLetter]) throws {
    let unknown = try letters.filter { try !isKnown(letter: $0.letter.id) }
    guard !unknown.isEmpty else { return }
    let count = try countLetters()
    let surplus = count + unknown.count - settings.limits.maxDeadLetters
    if surplus > 0 { try makeRoom(forLetters: surplus) }
    for letter in unknown { try insert(letter) }
    letterCount = count - max(0, surplus) + unknown.count
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
    let body = statements.insertLetterBody
    body.bind(number, at: 1)
    body.bind(try prepared.payloadFile.map { try use($0) }, at: 2)
    body.bind(try prepared.originalFile.map { try use($0) }, at: 3)
    body.bind(prepared.detail, at: 4)
    body.bind(prepared.payloadFile == nil ? letter.payload : nil, at: 5)
    // Most messages fail as they came; then their bytes are kept once.
    body.bind(prepared.originalFile == nil && letter.originalPayload != letter.payload ? letter.originalPayload : nil, at: 6)
    try body.run()
  }

  /// Removes the oldest closed letters.
  private func makeRoom(forLetters count: Int) throws {
    let closed = try oldest(count, statements.closedLetters)
    guard closed.count == count else {
      throw RopewalkError(
        .deadLettersFull,
        "there are \(settings.limits.maxDeadLetters) open dead letters (maxDeadLetters); replay or discard some, then their messages are settled"
      )
    }
    for letter in closed { try remove(letter, because: "there are more than maxDeadLetters") }
  }
}

/// As the table `letters` has it.
enum LetterState: Int64 {
  case open = 0
  case replayed = 1
  case discarded = 2
}
