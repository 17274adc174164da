import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkJournal
import RopewalkPipeline

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
          let query = filter.query(state: state)
          let page = try await opened.journal.deadLetters(
            matching: query,
            after: last,
            limit: Self.page,
            maxSize: ReplayLimits.pageSize
          )
          for letter in page.letters { Console.print(letter.json(withPayloads: payloads).text()) }
          count += page.letters.count
          guard !page.isEnd, let end = page.letters.last else { return count }
          last = end.id
        }
      }
      Console.note(count == 1 ? "1 dead letter" : "\(PayloadText.grouped(count)) dead letters")
    }
  }
}
