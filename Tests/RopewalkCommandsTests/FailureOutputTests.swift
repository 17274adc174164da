import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkCommands

/// How commands fail for programs: the last line of standard error is JSON of one shape, whatever failed.
@Suite(.takesTurns) struct FailureOutputTests {
  /// - Returns: how it ended, and its last line on standard error, null where that is no JSON.
  private func failure(_ arguments: [String], in folder: Folder) async throws -> (exitCode: Int32, report: JSON, output: String) {
    let result = try await Ropewalk.run(arguments, in: folder)
    let line = result.errors.split(separator: "\n").last.map(String.init) ?? ""
    return (result.exitCode, (try? JSON.parse(line)) ?? .null, result.output)
  }

  private static let broken = Declaration.integration("broken", "incoming: { type: stdio }\noutgoing: { type: stdio }\nfiltre: {}")

  struct Case: CustomTestStringConvertible {
    var arguments: [String]
    var exitCode: Int32
    /// Nil for what is wrong with a file or the command line.
    var code: String?
    var message: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(arguments: [
    Case(arguments: ["run", "nowhere.yaml"], exitCode: 66, message: "the file does not exist"),
    Case(arguments: ["run", "--once", "broken.yaml"], exitCode: 65, message: "unknown key"),
    Case(arguments: ["validate", "broken.yaml"], exitCode: 65, message: "unknown key"),
    Case(arguments: ["test", "nowhere.yaml"], exitCode: 66, message: "the file does not exist"),
    Case(arguments: ["plugin", "inspect", "nowhere"], exitCode: 66, code: "plugin.source-unknown", message: "there is no nowhere"),
    Case(arguments: ["plugin", "inspect", "empty.wasm"], exitCode: 65, message: "is not a WASM module"),
    Case(arguments: ["plugin", "build", "nowhere"], exitCode: 66, code: "plugin.source-unknown", message: "there is no nowhere"),
    Case(arguments: ["plugin", "check", "broken.yaml"], exitCode: 66, code: "plugin.source-unknown", message: "is no connector"),
    Case(arguments: ["plugin", "new", "Bad_Name"], exitCode: 64, code: "plugin.name-invalid", message: "cannot name a plugin"),
    Case(arguments: ["dead-letters", "show", "1"], exitCode: 66, code: "journal.missing", message: "there is no journal"),
    Case(arguments: ["audit"], exitCode: 66, code: "journal.missing", message: "there is no journal"),
    Case(arguments: ["get", "integrations", "--kubeconfig", "x"], exitCode: 65, code: "client.config", message: "there is no kubeconfig"),
    Case(arguments: ["test"], exitCode: 64, message: "<files>"),
    Case(arguments: ["audit", "--nope"], exitCode: 64, message: "--nope"),
    Case(arguments: ["dead-letters", "list", "--limit", "0"], exitCode: 64, message: "--limit is 1 to 100000."),
  ])
  func isOneLineOfJSONWhateverFails(each: Case) async throws {
    try await Folder.with { folder in
      try folder.write("broken.yaml", Self.broken)
      try folder.write("empty.wasm", "")
      // A line of JSON is YAML too.
      for format in ["json", "yaml"] {
        let failed = try await failure(each.arguments + ["--output", format], in: folder)
        #expect(failed.exitCode == each.exitCode)
        #expect(failed.report["exitCode"]?.int == Int(each.exitCode), "\(failed.report)")
        let diagnostics = failed.report["diagnostics"]?.array ?? []
        #expect(diagnostics.contains { $0["message"]?.string?.contains(each.message) == true }, "\(failed.report)")
        #expect(diagnostics.allSatisfy { $0["severity"] == "error" && $0["code"]?.string == each.code })
      }
      let text = try await failure(each.arguments, in: folder)
      #expect(text.exitCode == each.exitCode && text.report == .null, "\(text.report)")
    }
  }

  /// What is wrong with files stands there as `validate` has it in its report, which is printed as before.
  @Test func namesThePlaceAsTheReportOfValidateDoes() async throws {
    try await Folder.with { folder in
      try folder.write("broken.yaml", Self.broken)
      let validated = try await failure(["validate", "broken.yaml", "--output", "json"], in: folder)
      let report = try JSON.parse(validated.output)
      #expect(report["valid"] == false && report["diagnostics"]?.array?.count == 1)
      #expect(validated.report["diagnostics"] == report["diagnostics"])
      let run = try await failure(["run", "broken.yaml", "--output", "json"], in: folder)
      #expect(run.report == validated.report && run.output.isEmpty)
      let diagnostic = try #require(run.report["diagnostics"]?.array?.first)
      #expect(diagnostic["file"] == "broken.yaml" && diagnostic["line"] == 8 && diagnostic["column"] == 3, "\(diagnostic)")
    }
  }

  @Test func aReportDoesNotStandAmongMessages() async throws {
    try await Folder.with { folder in
      try folder.write("in.txt", "one\ntwo\n")
      let spec = "incoming: { type: file, config: { path: ./in.txt } }\noutgoing: { type: stdio }"
      try folder.write("lines.yaml", Declaration.integration("lines", spec))
      let refused = try await failure(["run", "--once", "lines.yaml", "--output", "json"], in: folder)
      #expect(refused.exitCode == 64 && refused.output.isEmpty)
      let diagnostic = try #require(refused.report["diagnostics"]?.array?.first)
      #expect(diagnostic["file"] == "lines.yaml" && diagnostic["line"] == 7 && diagnostic["remedy"]?.string?.contains("a 'file'") == true)
      #expect(diagnostic["message"] == "'stdio' writes messages to the standard output, where --output json writes the report")
      let delivered = try await Ropewalk.run("run", "--once", "lines.yaml", in: folder)
      #expect(delivered.exitCode == 0 && Set(delivered.output.split(separator: "\n")) == ["one", "two"], "\(delivered.errors)")
    }
  }

  @Test(arguments: [
    (["audit", "--output", "json"], OutputFormat.json), (["audit", "-o", "yaml"], .yaml), (["audit", "--output=json", "--nope"], .json),
    (["audit"], .text), (["audit", "--output"], .text), (["audit", "--output", "xml"], .text),
    (["plugin", "check", "x", "--", "--output", "json"], .text), (["audit", "-o", "json", "-o", "text"], .text),
  ])
  func theFormatIsKnownWhereTheCommandLineIsWrong(_ arguments: [String], _ format: OutputFormat) {
    #expect(OutputFormat.asked(in: arguments) == format)
  }
}
