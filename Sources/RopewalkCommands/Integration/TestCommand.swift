import ArgumentParser
import Logging
import RopewalkCore
import RopewalkDaemon
import RopewalkResources

struct TestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Runs integrations' unit tests.",
    discussion: """
      The integration's own steps run between a played source and played destinations; HTTP calls get the answers that
      the test names, and retries run on a clock that does not wait. No connection is opened. Ends with 76 when a case fails.

      EXAMPLE
        ropewalk test Examples/invoice-sync/integration-test.yaml
      """
  )

  @Argument(help: "Test files.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String]

  @OptionGroup var options: IntegrationOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      var options = options
      // What a step logs while it is tested is noise unless asked for.
      if options.logLevel == .info { options.logLevel = .error }
      let runner = IntegrationTestRunner(options.workspace)
      let tests = try readAll()
      var results: [IntegrationTestRunner.CaseResult] = []
      for test in tests {
        try await runner.run(test) { result in
          results.append(result)
          if output.output == .text { Console.print(Self.text(result)) }
        }
      }
      let failed = results.count { !$0.differences.isEmpty }
      let summary = "\(results.count - failed) passed, \(failed) failed"
      try output.write(Self.json(results, failed: failed)) { summary }
      if failed > 0 { throw ExitCode(ErrorCode.Kind.rejected.exitCode) }
    }
  }

  /// Every file is read before the first test runs, so that all mistakes are reported at once.
  private func readAll() throws -> [IntegrationTest] {
    var tests: [IntegrationTest] = []
    var problems: [Diagnostic] = []
    for file in files {
      do {
        tests += try IntegrationTestFile.read(path: file).tests
      } catch {
        problems += error.diagnostics
      }
    }
    guard problems.isEmpty else { throw DiagnosticsError(problems) }
    return tests
  }

  private static func text(_ result: IntegrationTestRunner.CaseResult) -> String {
    let sign = result.differences.isEmpty ? "✓" : "✗"
    return (["\(sign) \(result.name)"] + result.differences.map { "    \($0)" }).joined(separator: "\n")
  }

  private static func json(_ results: [IntegrationTestRunner.CaseResult], failed: Int) -> JSON {
    [
      "passed": .number(JSONNumber(results.count - failed)),
      "failed": .number(JSONNumber(failed)),
      "cases": .array(
        results.map {
          [
            "name": .string($0.name),
            "passed": .bool($0.differences.isEmpty),
            "differences": .array($0.differences.map(\.json)),
            "milliseconds": JSONNumber($0.duration.seconds * 1000).map { .number($0) } ?? .null,
          ]
        }
      ),
    ]
  }
}
