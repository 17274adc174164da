import ArgumentParser
import RopewalkCore
import RopewalkResources

/// What commands take that work on integration files.
struct IntegrationFiles: ParsableArguments {
  @Argument(help: "Integration files.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String]

  @OptionGroup var options: IntegrationOptions
  @OptionGroup var output: OutputOptions

  /// Sees to it that a report will stand alone on the standard output.
  /// - Throws: `DiagnosticsError`, for the command line, with every destination that would write its messages there too.
  func keepReportApart(from integrations: [Integration]) throws(DiagnosticsError) {
    guard output.output != .text else { return }
    let writers = integrations.flatMap(\.spec.outgoing).map(\.connection).filter { $0.type == "stdio" && $0.runtime == .embedded }
    let problems = writers.map { connection in
      var problem = Diagnostic(
        at: connection.ownPlaces.mark(for: ["type"]),
        field: connection.ownPlaces.field(for: ["type"]),
        "'stdio' writes messages to the standard output, where --output \(output.output.rawValue) writes the report",
        remedy: "deliver to a 'file', or leave --output out: the counts are on standard error too"
      )
      problem.kind = .usage
      return problem
    }
    guard problems.isEmpty else { throw DiagnosticsError(problems) }
  }
}
