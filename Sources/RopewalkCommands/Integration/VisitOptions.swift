import ArgumentParser
import RopewalkDaemon

/// What every command that reads a journal takes.
struct VisitOptions: ParsableArguments {
  @Option(name: .customLong("data-dir"), help: "The folder with the journal, as 'ropewalk run' was given it.")
  var dataDirectory = ".ropewalk"

  /// Opens the journal to look at it, beside whoever owns it.
  /// - Throws: what `body` throws, and what keeps the journal from being opened.
  func withJournal<Result: Sendable>(_ body: (VisitedJournal) async throws -> Result) async throws -> Result {
    try await VisitedJournal.with(dataDirectory: dataDirectory, body)
  }
}
