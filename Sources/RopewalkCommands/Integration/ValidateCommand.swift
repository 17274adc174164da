import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkResources

struct ValidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Finds everything that is wrong with integration files.",
    discussion: """
      Reads the files, compiles the logic, and asks each connector about its settings. Opens no connection.

      EXAMPLE
        ropewalk validate orders.yaml
      """
  )

  @OptionGroup var input: IntegrationFiles

  @Flag(help: "Leave references to missing secrets and variables unfilled: for a machine that does not have them.")
  var withoutSecrets = false

  func run() async throws {
    try await reportingFailures(as: input.output.output) {
      let workspace = input.options.workspace
      var integrationNames: [String] = []
      var diagnostics: [Diagnostic] = []
      do {
        let contents = try await workspace.read(input.files, missing: withoutSecrets ? .leave : .refuse)
        integrationNames = contents.integrations.map(\.metadata.name)
        diagnostics = contents.warnings
        diagnostics += try await Assembly.problems(of: contents.integrations, in: workspace)
      } catch let error as DiagnosticsError {
        diagnostics += error.diagnostics
      }
      let isValid = diagnostics.allSatisfy { $0.severity == .warning }
      if isValid {
        for warning in diagnostics { Console.note(warning.description) }
      }
      if input.output.output != .text || isValid {
        try input.output.write(Self.report(integrationNames, diagnostics, valid: isValid)) {
          "valid: \(integrationNames.joined(separator: ", "))"
        }
      }
      if !isValid { throw DiagnosticsError(diagnostics) }
    }
  }

  private static func report(_ names: [String], _ diagnostics: [Diagnostic], valid: Bool) -> JSON {
    [
      "valid": .bool(valid),
      "integrations": .array(names.map { .string($0) }),
      "diagnostics": .array(diagnostics.map(\.json)),
    ]
  }
}

extension Diagnostic {
  var json: JSON {
    var object: JSONObject = ["severity": .string(severity.rawValue), "field": .string(field), "message": .string(message)]
    if !remedy.isEmpty { object["remedy"] = .string(remedy) }
    if let mark {
      object["file"] = .string(mark.file)
      object["line"] = .number(JSONNumber(mark.line))
      object["column"] = .number(JSONNumber(mark.column))
    }
    return .object(object)
  }
}
