import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkPipeline
import RopewalkResources

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs integrations from files in the foreground.",
    discussion: """
      Ctrl-C drains: nothing new is taken, what is under way is finished. A second Ctrl-C stops at once.

      EXAMPLE
        ropewalk run Examples/invoice-sync/integration.yaml Examples/invoice-sync/sink.yaml
        ropewalk run --once import.yaml          # ends when a finite source is delivered
      """
  )

  @OptionGroup var input: IntegrationFiles

  @Flag(help: "End when every source has ended and everything is settled.")
  var once = false

  @OptionGroup(title: "Journal") var journal: JournalOptions

  func run() async throws {
    try await reportingFailures {
      let workspace = input.options.workspace
      let contents = try await workspace.read(input.files)
      for warning in contents.warnings { Console.note(warning.description) }
      let host = try await IntegrationHost(
        contents.integrations,
        in: workspace,
        journal: journal.settings,
        endsWhenSourcesEnd: once
      ) { name in
        Console.note("\(name) is ready")
      }
      try await withThrowingTaskGroup { group in
        group.addTask { await showCounts(of: host) }
        defer { group.cancelAll() }
        try await host.run { Console.note("draining; once more stops at once") }
      }
      if input.output.output != .text { try input.output.write(Self.report(host.counts())) { "" } }
    }
  }

  /// Keeps the counts on the screen until cancelled, and leaves the last ones standing.
  private func showCounts(of host: IntegrationHost) async {
    var live = LiveCounts(isTerminal: StandardStream.error.isTerminal)
    while !Task.isCancelled {
      live.show(host.counts())
      try? await ContinuousClock().sleep(for: live.interval)
    }
    live.show(host.counts())
  }

  /// The sums of all integrations, and each one's own.
  private static func report(_ snapshots: [CountsSnapshot]) -> JSON {
    var report = snapshots.reduce(Counts()) { $0 + $1.total }.json.object ?? JSONObject()
    report["alerts"] = .number(JSONNumber(snapshots.reduce(0) { $0 + $1.alerts }))
    report["integrations"] = .object(JSONObject(snapshots.map { JSONObject.Member(key: $0.integration, value: $0.json) }))
    return .object(report)
  }
}
