import Logging
import RopewalkNATS

extension VisitedJournal {
  /// Opens the journal of a cluster's tenant while `body` uses it; its nodes go on meanwhile.
  /// - Throws: what `body` throws; `RopewalkError` when NATS cannot be used, or has no journal of that tenant.
  package static func with<Result: Sendable>(
    cluster settings: ClusterSettings,
    tenant: String,
    _ body: (VisitedJournal) async throws -> Result
  ) async throws -> Result {
    let workspace = Workspace(dataDirectory: ".ropewalk", secretsDirectory: nil, logLevel: .warning, logFormat: .text)
    let connection = try await NATSConnection.connect(try settings.options(name: "ropewalk"))
    defer { connection.close() }
    let journal = try await JetStreamJournal.open(connection, tenant: tenant, isThere: true, logger: workspace.logger)
    return try await body(VisitedJournal(journal: journal, isOwned: true))
  }
}
