import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkProcess

struct PluginCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Tries whether a connector keeps the contract, whatever it is written in.",
    discussion: """
      Starts the connector as a host does and goes through its life: metadata, bad settings, sending, receiving, being
      killed, stopping. check.yaml says with which settings, and which of Ropewalk's own connectors stand around it.
      Ends with 76 when a check fails.

      EXAMPLE
        ropewalk plugin check warehouse
        ropewalk plugin check ./build/connector --config check.yaml --output json
      """
  )

  @Argument(help: "A connector's program, or its project's folder.", completion: .file())
  var path: String

  @Option(name: .customLong("config"), help: "The settings; by default the check.yaml beside the connector.", completion: .file())
  var settings: String?

  @Argument(parsing: .postTerminator, help: "After --: arguments of the program.")
  var arguments: [String] = []

  @OptionGroup var options: IntegrationOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let source = try PluginSource(path: path)
      guard source.isConnector else {
        throw RopewalkError(.pluginSourceUnknown, "\(path) is no connector; name its program, or its project's folder")
      }
      let trial = ConnectorTrial(
        executable: source.program,
        arguments: source.arguments + arguments,
        settingsFile: settings ?? source.checkFile,
        in: options.workspace
      )
      let results = try await trial.withPlan { plan in
        try await ConnectorCheck(plan).run { result in
          if output.output == .text { Console.print(Self.text(result)) }
        }
      }
      let failed = results.count { $0.outcome == .failed }
      try output.write(Self.json(results)) { Self.summary(results) }
      if failed > 0 { throw ExitCode(ErrorCode.Kind.rejected.exitCode) }
    }
  }

  private static func text(_ result: CheckResult) -> String {
    let sign = [.passed: "✓", .failed: "✗", .skipped: "–"][result.outcome] ?? " "
    let time = "\(Int((result.duration.seconds * 1000).rounded())) ms"
    return "\(sign) \(result.title)  (\(time))\n    \(result.detail.replacing("\n", with: "\n    "))"
  }

  private static func summary(_ results: [CheckResult]) -> String {
    func count(_ outcome: CheckResult.Outcome) -> Int { results.count { $0.outcome == outcome } }
    return "\n\(count(.passed)) passed, \(count(.failed)) failed, \(count(.skipped)) left out"
  }

  private static func json(_ results: [CheckResult]) -> JSON {
    [
      "passed": .bool(!results.contains { $0.outcome == .failed }),
      "checks": .array(results.map(\.json)),
    ]
  }
}
