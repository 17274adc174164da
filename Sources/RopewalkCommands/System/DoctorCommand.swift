import ArgumentParser
import RopewalkCore
import RopewalkDaemon

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Says whether this machine has what Ropewalk needs.",
    discussion: """
      Ends with 69 when something is missing that integrations need.

      EXAMPLE
        ropewalk doctor
      """
  )

  @OptionGroup var options: IntegrationOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let examination = await Examination(options.workspace)
      try output.write(Self.json(examination)) { Self.text(examination) }
      if !examination.isHealthy { throw ExitCode(ErrorCode.Kind.unavailable.exitCode) }
    }
  }

  private static func text(_ examination: Examination) -> String {
    examination.findings.map { finding in
      let sign =
        switch finding.verdict {
        case .ok: "ok      "
        case .warning: "warning "
        case .missing: "MISSING "
        }
      return "\(sign) \(finding.subject): \(finding.detail)" + (finding.remedy.isEmpty ? "" : "\n         \(finding.remedy)")
    }.joined(separator: "\n")
  }

  private static func json(_ examination: Examination) -> JSON {
    [
      "healthy": .bool(examination.isHealthy),
      "findings": .array(
        examination.findings.map {
          [
            "subject": .string($0.subject), "verdict": .string($0.verdict.rawValue), "detail": .string($0.detail),
            "remedy": .string($0.remedy),
          ]
        }
      ),
    ]
  }
}
