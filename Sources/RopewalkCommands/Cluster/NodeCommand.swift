import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkResources

struct NodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node",
    abstract: "Runs one role of integrations as a node of a cluster.",
    discussion: """
      Nodes of all roles are given the same files and the same NATS servers, which run JetStream. Nodes of one role share
      the work; add or end them as you like. Ctrl-C drains, a second one stops at once; what is unfinished goes to others.

      EXAMPLE
        ropewalk node --role incoming --nats nats://127.0.0.1:4222 orders.yaml
        ropewalk node --role logic    --nats nats://127.0.0.1:4222 orders.yaml
        ropewalk node --role outgoing --nats nats://127.0.0.1:4222 orders.yaml
      """
  )

  @Option(help: "incoming takes messages, logic runs converters and filters, outgoing delivers; all does everything.")
  var role: NodeRole = .all

  @OptionGroup(title: "Cluster") var cluster: ClusterOptions

  @OptionGroup(title: "Journal, the same for all nodes of a tenant") var journal: NodeJournalOptions

  @OptionGroup var input: IntegrationFiles

  func validate() throws {
    if cluster.servers.isEmpty { throw ValidationError("Name the cluster's NATS server with --nats nats://host:4222.") }
  }

  func run() async throws {
    try await reportingFailures(as: input.output.output) {
      let workspace = input.options.workspace
      let contents = try await workspace.read(input.files)
      for warning in contents.warnings { Console.note(warning.description) }
      if role == .outgoing || role == .all { try input.keepReportApart(from: contents.integrations) }
      let settings = journal.settings(for: cluster.settings)
      let host = try await NodeHost(contents.integrations, role: role, cluster: settings, in: workspace) { part in
        Console.note("\(part) is ready")
      }
      try await withThrowingTaskGroup { group in
        group.addTask { await LiveCounts.show { host.counts() } }
        defer { group.cancelAll() }
        try await host.run { Console.note("draining; once more stops at once") }
      }
      if input.output.output != .text { try input.output.write(host.counts().report) { "" } }
    }
  }
}

extension NodeRole: ExpressibleByArgument {}
