import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkJournal

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Shows what became of every message: the ledger of the delivery law.",
    discussion: """
      Each line counts pairs of message and destination: accepted = delivered + filtered + dead-lettered + in flight.
      A replay is accepted once more. Ends with 79 when a line does not balance.

      EXAMPLE
        ropewalk audit
        ropewalk audit --integration orders --output json
      """
  )

  @Option(help: "Only lines of this integration.")
  var integration: String?

  @Option(help: "Only lines of this customer; '*' are those beyond the ledger's lines.")
  var customer: String?

  @OptionGroup var options: VisitOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let entries = try await options.withJournal { try await $0.journal.ledger() }
      let report = LedgerReport(entries.filter(isAskedFor))
      try output.write(report.json()) { report.text() }
      guard report.unbalanced.isEmpty else {
        throw RopewalkError(.ledgerUnbalanced, report.complaint)
      }
    }
  }

  /// What nobody knows whose it was may be of those that were asked for.
  private func isAskedFor(_ entry: LedgerEntry) -> Bool {
    entry.isOfUnknown || (entry.integrationID == integration ?? entry.integrationID && entry.customerID == customer ?? entry.customerID)
  }
}

extension ErrorCode {
  static let ledgerUnbalanced = ErrorCode("audit.unbalanced", .unbalanced)
}
