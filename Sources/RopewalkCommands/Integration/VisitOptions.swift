import ArgumentParser
import RopewalkDaemon

/// What every command that reads a journal takes.
struct VisitOptions: ParsableArguments {
  @Option(name: .customLong("data-dir"), help: "The folder with the journal, as 'ropewalk run' was given it.")
  var dataDirectory = DataDirectoryOption.standard

  @OptionGroup(title: "Cluster: its journal is read instead of the folder's") var cluster: ClusterOptions

  @Option(help: "The tenant, in a cluster.")
  var tenant = "default"

  /// The options as they were given, with a space before each, for commands that a person is told to enter next.
  var given: String {
    guard cluster.servers.isEmpty else { return cluster.given + (tenant == "default" ? "" : " --tenant \(ShellText.quoted(tenant))") }
    return DataDirectoryOption.given(dataDirectory)
  }

  /// Opens the journal to look at it, beside whoever owns it.
  /// - Throws: what `body` throws, and what keeps the journal from being opened.
  func withJournal<Result: Sendable>(_ body: (VisitedJournal) async throws -> Result) async throws -> Result {
    guard cluster.servers.isEmpty else { return try await VisitedJournal.with(cluster: cluster.settings, tenant: tenant, body) }
    return try await VisitedJournal.with(dataDirectory: dataDirectory, body)
  }
}
