import Logging
package import RopewalkJournal
import RopewalkSQLite

/// The journal of a data folder, opened to look at it and to deal with its dead letters, beside the process that owns it.
package struct VisitedJournal: Sendable {
  package let journal: any Journal
  /// Whether a process runs integrations on it now.
  package let isOwned: Bool

  /// Opens the journal while `body` uses it.
  /// - Throws: what `body` throws; `RopewalkError` when there is no journal, or it cannot be used.
  package static func with<Result: Sendable>(
    dataDirectory: String,
    _ body: (VisitedJournal) async throws -> Result
  ) async throws -> Result {
    let workspace = Workspace(dataDirectory: dataDirectory, secretsDirectory: nil, logLevel: .warning, logFormat: .text)
    let opened = try workspace.openJournal(for: .visit)
    defer { opened.close(logger: workspace.logger) }
    let owner = JournalOwner.processID(ofJournalIn: workspace.journalFolder)
    return try await body(VisitedJournal(journal: opened.journal, isOwned: owner != nil))
  }
}
