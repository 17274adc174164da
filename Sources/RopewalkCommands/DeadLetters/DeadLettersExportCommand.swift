import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkJournal

struct DeadLettersExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes dead letters as lines of JSON, the oldest first.",
    discussion: """
      Payloads are left out unless asked for. Values of headers that carry secrets are always written as ***.

      EXAMPLE
        ropewalk dead-letters export --since 1d > letters.jsonl
        ropewalk dead-letters export --payloads --state all | jq .message
      """
  )

  /// Letters that are in memory at once.
  private static let page = 64

  @OptionGroup var filter: LetterFilter

  @Option(help: "What became of the letters: open, replayed, discarded or all.")
  var state: LetterFilter.State = .open

  @Flag(help: "With the payloads, as they failed and as they came.")
  var payloads = false

  @OptionGroup var options: VisitOptions

  func run() async throws {
    try await reportingFailures {
      let count = try await options.withJournal { opened in
        var count = 0
        var last: String?
        while true {
          let letters = try await opened.journal.deadLetters(matching: filter.query(state: state), after: last, limit: Self.page)
          for letter in letters { Console.print(letter.json(withPayloads: payloads).text()) }
          count += letters.count
          guard letters.count == Self.page else { return count }
          last = letters.last?.id
        }
      }
      Console.note(count == 1 ? "1 dead letter" : "\(PayloadText.grouped(count)) dead letters")
    }
  }
}
