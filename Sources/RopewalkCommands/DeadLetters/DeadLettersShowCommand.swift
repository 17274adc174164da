import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkJournal

struct DeadLettersShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows everything about one dead letter.",
    discussion: """
      Values of headers that carry secrets are shown as ***.

      EXAMPLE
        ropewalk dead-letters show 01KAJ3ZQ4M00006Y1V8W2T5RXK
      """
  )

  @Argument(help: "The letter's id.")
  var id: String

  @OptionGroup var options: VisitOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let letter = try await options.withJournal { try await $0.journal.deadLetter(id) }
      try output.write(letter.json()) { LetterSheet(letter: letter, options: options.given).text }
    }
  }
}

extension ErrorCode {
  static let deadLetterUnknown = ErrorCode("dead-letters.unknown", .notFound)
}

extension Journal {
  /// - Throws: `dead-letters.unknown` when there is none of that id.
  func deadLetter(_ id: String) async throws -> DeadLetter {
    if let letter = try await deadLetters(matching: DeadLetterQuery(ids: [id], state: nil), after: nil, limit: 1).first { return letter }
    throw RopewalkError(
      .deadLetterUnknown,
      "there is no dead letter '\(id)'; 'ropewalk dead-letters list --state all' names those there are"
    )
  }
}
