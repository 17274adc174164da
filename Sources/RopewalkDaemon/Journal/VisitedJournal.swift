import Logging
package import RopewalkJournal
import RopewalkNATS
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

  /// Opens a tenant's journal in a cluster while `body` uses it; its nodes count as its owner.
  /// - Throws: what `body` throws; `RopewalkError` when the servers cannot be reached or used.
  package static func with<Result: Sendable>(
    cluster settings: ClusterSettings,
    tenant: String,
    _ body: (VisitedJournal) async throws -> Result
  ) async throws -> Result {
    let workspace = Workspace(dataDirectory: "", secretsDirectory: nil, logLevel: .warning, logFormat: .text)
    let connection = try await NATSConnection.connect(try settings.options(name: "ropewalk"))
    defer { connection.close() }
    let journal = try await JetStreamJournal.open(connection, tenant: tenant, settings: settings.journal, logger: workspace.logger)
    return try await body(VisitedJournal(journal: journal, isOwned: true))
  }
}
