import ArgumentParser
import RopewalkDaemon

/// What every command that reads a journal takes.
struct VisitOptions: ParsableArguments {
  @Option(name: .customLong("data-dir"), help: "The folder with the journal, as 'ropewalk run' was given it.")
  var dataDirectory = ".ropewalk"

  @OptionGroup(title: "Cluster: its journal is read instead of the folder's") var cluster: ClusterOptions

  @Option(help: "The tenant, in a cluster.")
  var tenant = "default"

  /// Opens the journal to look at it, beside whoever owns it.
  /// - Throws: what `body` throws, and what keeps the journal from being opened.
  func withJournal<Result: Sendable>(_ body: (VisitedJournal) async throws -> Result) async throws -> Result {
    guard cluster.servers.isEmpty else { return try await VisitedJournal.with(cluster: cluster.settings, tenant: tenant, body) }
    return try await VisitedJournal.with(dataDirectory: dataDirectory, body)
  }
}
