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
      With --once the exit code is 76 when messages failed or could not be taken. A webhook never ends, a timer only with a count.

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
    try await reportingFailures(as: input.output.output) {
      let workspace = input.options.workspace
      let contents = try await workspace.read(input.files)
      for warning in contents.warnings { Console.note(warning.description) }
      try input.keepReportApart(from: contents.integrations)
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
      let counts = host.counts()
      if input.output.output != .text { try input.output.write(counts.report) { "" } }
      if once { try expectNoFailures(in: counts) }
    }
  }

  /// Who runs a finite source to its end wants to hear when not all of it has come through.
  private func expectNoFailures(in counts: [CountsSnapshot]) throws {
    let total = counts.reduce(Counts()) { $0 + $1.total }
    guard total.deadLettered + total.invalid > 0 else { return }
    if total.deadLettered > 0 {
      let place =
        journal.kind == .memory ? "\(input.options.dataDirectory)/dead-letters.jsonl" : "ropewalk dead-letters list\(input.options.given)"
      Console.note("\(total.deadLettered) failed: see \(place)")
    }
    if total.invalid > 0 { Console.note("\(total.invalid) could not be taken at all: the log above says which") }
    throw ExitCode(ErrorCode.Kind.rejected.exitCode)
  }
}
