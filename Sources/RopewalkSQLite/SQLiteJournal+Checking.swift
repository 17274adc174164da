import RopewalkCore
import RopewalkJournal

extension ErrorCode {
  static let journalEntryInvalid = ErrorCode("journal.entry.invalid", .invalid)
  static let journalVisited = ErrorCode("journal.visited", .denied)
}

extension SQLiteJournal {
  /// - Throws: when the journal does not take such an entry, or not from a visitor.
  func check(_ entry: JournalEntry) throws(RopewalkError) {
    guard (1...Message.maxIDLength).contains(entry.message.id.utf8.count) else {
      throw RopewalkError(
        .journalEntryInvalid,
        "a message id has 1 to \(Message.maxIDLength) bytes, this one has \(entry.message.id.utf8.count)"
      )
    }
    let count = entry.destinations.count
    guard count == 1 || count > 1 && Set(entry.destinations).count == count else {
      throw RopewalkError(.journalEntryInvalid, "the destinations of message '\(entry.message.id)' are none, or one is named twice")
    }
    if entry.replay == nil { try requireOwner() }
  }

  func requireOwner() throws(RopewalkError) {
    guard role == .owner else {
      throw RopewalkError(
        .journalVisited,
        "the journal '\(folder.path)' was opened to look at it and to replay dead letters, not to take messages"
      )
    }
  }
}
