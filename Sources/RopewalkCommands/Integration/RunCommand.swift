import ArgumentParser
import RopewalkCore
import RopewalkDaemon
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
        group.addTask { await LiveCounts.show { host.counts() } }
        defer { group.cancelAll() }
        try await host.run { Console.note("draining; once more stops at once") }
      }
      if input.output.output != .text { try input.output.write(host.counts().report) { "" } }
    }
  }
}
