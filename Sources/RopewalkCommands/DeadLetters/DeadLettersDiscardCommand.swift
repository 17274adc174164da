import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkJournal
import RopewalkPipeline

struct DeadLettersDiscardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discard",
    abstract: "Closes dead letters without sending them again.",
    discussion: """
      They stay readable, with the reason, until their retention ends (--state discarded lists them).

      EXAMPLE
        ropewalk dead-letters discard 01KAJ3ZQ4M00006Y1V8W2T5RXK --reason "a test order"
        ropewalk dead-letters discard --integration orders --until 30d --reason "too old to matter"
      """
  )

  /// Letters that are closed with one write.
  private static let batch = 500

  @OptionGroup var choice: LetterChoice

  @Option(help: "Why, for whoever asks later.")
  var reason: String

  @OptionGroup var options: VisitOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard reason.contains(where: { !$0.isWhitespace }) else { throw ValidationError("--reason says why; it cannot be empty.") }
  }

  func run() async throws {
    try await reportingFailures(as: output.output) {
      try await options.withJournal { opened in
        guard let selection = try await choice.select(in: opened.journal, to: "Discard") else {
          return Console.note("nothing was discarded")
        }
        let discarded = try await Self.discard(selection.ids, reason: reason, in: opened.journal)
        let report: JSON = ["discarded": .number(JSONNumber(discarded))]
        try output.write(report) { discarded == 1 ? "discarded 1 dead letter" : "discarded \(PayloadText.grouped(discarded)) dead letters" }
      }
    }
  }

  private static func discard(_ ids: [String], reason: String, in journal: any Journal) async throws -> Int {
    var discarded = 0
    var rest = ids[...]
    while !rest.isEmpty {
      discarded += try await journal.discard(deadLetters: Array(rest.prefix(batch)), reason: reason)
      rest = rest.dropFirst(batch)
    }
    return discarded
  }
}
