import ArgumentParser
import RopewalkCore
import RopewalkDaemon

struct DeadLettersListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists dead letters, the oldest first.",
    discussion: """
      EXAMPLE
        ropewalk dead-letters list
        ropewalk dead-letters list --integration orders --since 3d --state all --output json
      """
  )

  @OptionGroup var filter: LetterFilter

  @Option(help: "What became of the letters: open, replayed, discarded or all.")
  var state: LetterFilter.State = .open

  @Option(help: "Letters that are listed at most.")
  var limit = 50

  @OptionGroup var options: VisitOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...100_000).contains(limit) else { throw ValidationError("--limit is 1 to 100000.") }
  }

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let list = try await options.withJournal { try await LetterList(filter.query(state: state), limit: limit, in: $0.journal) }
      if output.output == .text, list.letters.isEmpty { return Console.note(emptiness) }
      try output.write(list.json) { list.text(width: Terminal.width, showsState: state == .all) }
      if list.hasMore { Console.note("there are more than these \(limit); --limit shows more of them, a filter fewer") }
    }
  }

  private var emptiness: String {
    let kind = state == .all ? "" : "\(state.rawValue) "
    return filter.isGiven ? "no \(kind)dead letters match" : "there are no \(kind)dead letters"
  }
}
