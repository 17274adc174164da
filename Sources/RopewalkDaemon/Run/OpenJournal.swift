package import Logging
package import RopewalkCore
package import RopewalkJournal
import RopewalkSQLite

/// A journal that this process has open.
package struct OpenJournal: Sendable {
  package let journal: any Journal
  private let close: @Sendable () throws -> Void

  init(_ journal: any Journal, close: @escaping @Sendable () throws -> Void = {}) {
    self.journal = journal
    self.close = close
  }

  /// Writes what was begun and ends. Nothing may be appended or settled any more; a failure goes to the log.
  package func close(logger: Logger) {
    do {
      try close()
    } catch {
      logger.warning("The journal was not closed as it should be; nothing is lost", metadata: ["error": "\(error)"])
    }
  }
}

/// What a process wants of a journal.
package enum JournalUse: Sendable {
  /// To take messages and settle them; one process at a time.
  case run
  /// To look at it, discard dead letters and send them again; beside the one that runs, too.
  case visit
}

extension Workspace {
  var journalFolder: String { dataDirectory + "/journal" }

  /// Opens the journal of the data folder.
  /// - Throws: `RopewalkError` that says why it cannot be used: another process runs on it, it is damaged, the disk is full …
  package func openJournal(_ settings: JournalSettings = JournalSettings(), for use: JournalUse) throws(RopewalkError) -> OpenJournal {
    switch (settings.kind, use) {
    case (.memory, .run):
      try makeDataDirectory()
      let letters = try DeadLetterFile(path: dataDirectory + "/dead-letters.jsonl")
      return OpenJournal(MemoryJournal(limits: settings.memory, deadLetterFile: letters))
    case (.memory, .visit):
      throw RopewalkError(.journalUnseen, "a memory journal is seen only by its own process")
    case (.sqlite, .run):
      try makeDataDirectory()
      return try openSQLite(settings, .owner)
    case (.sqlite, .visit):
      return try openSQLite(settings, .visitor)
    }
  }

  private func openSQLite(_ settings: JournalSettings, _ role: JournalRole) throws(RopewalkError) -> OpenJournal {
    let journal = try SQLiteJournal(folder: journalFolder, settings: settings.sqlite, role: role, logger: logger)
    return OpenJournal(journal) { try journal.close() }
  }
}

extension ErrorCode {
  static let journalUnseen = ErrorCode("journal.unseen", .usage)
}
