import Logging
import RopewalkCore
import RopewalkJournal

extension JournalWriter {
  /// Letters and settled messages that are removed with one transaction, so that others do not wait long.
  static let maxRemovals = 100

  /// Removes what has been kept long enough, a little at a time.
  /// - Returns: whether there may be more of it.
  func removeExpired() throws -> Bool {
    var count = 0
    for letter in try oldest(Self.maxRemovals, statements.oldestLetters) {
      guard now - letter.kept >= settings.deadLetterRetention.wholeNanoseconds else { break }
      try remove(letter, because: "its retention has ended")
      letterCount = nil
      count += 1
    }
    for (position, time) in try oldestSettled() {
      guard now - time >= settings.settledRetention.wholeNanoseconds else { break }
      try removeSettled(position)
      count += 1
    }
    return count >= Self.maxRemovals
  }

  struct OldLetter {
    let number: Int64
    let id: String
    let state: LetterState
    let integration: String
    let customer: String
    let stage: String
    let code: String
    let kept: Int64
  }

  /// - Parameter statement: one that takes a limit and answers rows of the table `letters`.
  func oldest(_ count: Int, _ statement: PreparedStatement) throws -> [OldLetter] {
    statement.bind(Int64(count), at: 1)
    var letters: [OldLetter] = []
    try statement.rows { row in
      letters.append(
        OldLetter(
          number: row.integer(0),
          id: row.text(1),
          state: LetterState(rawValue: row.integer(2)) ?? .open,
          integration: row.text(3),
          customer: row.text(4),
          stage: row.text(5),
          code: row.text(6),
          kept: row.integer(9)
        )
      )
      return true
    }
    return letters
  }

  func remove(_ letter: OldLetter, because reason: String) throws {
    try giveBackFiles(ofLetter: letter.number)
    for statement in [statements.removeLetter, statements.removeLetterBody] {
      statement.bind(letter.number, at: 1)
      try statement.run()
    }
    removedLetters.append((letter, reason))
  }

  /// Says which letters are gone, once that is so.
  func reportRemovedLetters() {
    for (letter, reason) in removedLetters {
      logger.log(
        level: letter.state == .open ? .warning : .notice,
        "A dead letter was removed",
        metadata: [
          "ropewalk.letter": "\(letter.id)", "ropewalk.integration": "\(letter.integration)", "ropewalk.customer": "\(letter.customer)",
          "ropewalk.stage": "\(letter.stage)", "code": "\(letter.code)", "state": "\(letter.state)", "reason": "\(reason)",
        ]
      )
    }
    removedLetters.removeAll()
  }

  private func oldestSettled() throws -> [(position: Int64, time: Int64)] {
    statements.oldestSettled.bind(Int64(Self.maxRemovals), at: 1)
    var found: [(Int64, Int64)] = []
    try statements.oldestSettled.rows { row in
      found.append((row.integer(0), row.integer(1)))
      return true
    }
    return found
  }

  private func removeSettled(_ position: Int64) throws {
    try giveBackFile(ofMessage: position)
    for statement in [statements.removeMessage, statements.removeSettled] {
      statement.bind(position, at: 1)
      try statement.run()
    }
  }
}
