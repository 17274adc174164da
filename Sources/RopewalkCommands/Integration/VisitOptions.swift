import ArgumentParser
import RopewalkDaemon

/// What every command that reads a journal takes.
struct VisitOptions: ParsableArguments {
  @Option(name: .customLong("data-dir"), help: "The folder with the journal, as 'ropewalk run' was given it.")
  var dataDirectory = ".ropewalk"

  @OptionGroup(title: "Cluster, instead of a data folder") var cluster: ClusterOptions

  @Option(help: "With --nats, the tenant whose journal is meant, as 'spec.tenant' names it.")
  var tenant = "default"

  /// Opens the journal to look at it, beside whoever owns it.
  /// - Throws: what `body` throws, and what keeps the journal from being opened.
  func withJournal<Result: Sendable>(_ body: (VisitedJournal) async throws -> Result) async throws -> Result {
    if cluster.servers.isEmpty {
      try await VisitedJournal.with(dataDirectory: dataDirectory, body)
    } else {
      try await VisitedJournal.with(cluster: cluster.settings, tenant: tenant, body)
    }
  }
}
