import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkJournal
import RopewalkPipeline

struct DeadLettersReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Sends dead letters again, in the order in which their messages were accepted.",
    discussion: """
      Each letter becomes a new entry of the journal, which closes it with the same write; whoever runs the
      integration takes it from there. While nobody runs it, the replays wait in the journal. What fails again is
      a dead letter again. Ctrl-C stops after the letter at hand.

      EXAMPLE
        ropewalk dead-letters replay 01KAJ3ZQ4M00006Y1V8W2T5RXK --edit
        ropewalk dead-letters replay --integration orders --stage delivery --rate 50/s
        ropewalk dead-letters replay --all --from-start --yes
      """
  )

  @OptionGroup var choice: LetterChoice

  @Flag(help: "Begin with the first step and the payload as it came, instead of where the letter failed.")
  var fromStart = false

  @Option(help: "Send the contents of this file instead of the payload; for one letter.", completion: .file())
  var payload: String?

  @Flag(help: "Open the payload in $VISUAL or $EDITOR first, and send what is saved; for one letter.")
  var edit = false

  @Option(
    name: .customLong("version"),
    help: "Run a step in the version that a letter names: check=sha256:… ; can be given for several steps."
  )
  var versions: [StepVersionArgument] = []

  @Option(help: "How many in a second at most: 50/s, 600/m, or unlimited.")
  var rate = ReplayRate.standard

  @OptionGroup var options: VisitOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let short = versions.first(where: { !$0.isWhole }) {
      throw ValidationError(
        "--version \(short.step)=\(short.version): write the version as a letter names it, with all 64 digits of its sha256."
      )
    }
    guard payload != nil || edit else { return }
    guard choice.ids.count == 1 else { throw ValidationError("--payload and --edit are for one letter, named by its id.") }
    guard payload == nil || !edit else { throw ValidationError("--payload says what is sent; there is nothing to --edit.") }
  }

  func run() async throws {
    try await reportingFailures(as: output.output) {
      try await options.withJournal { opened in
        guard let selection = try await choice.select(in: opened.journal, to: "Replay") else { return Console.note("nothing was replayed") }
        guard !selection.ids.isEmpty else { return try report(Replayer.Progress(total: 0)) }
        let start: ReplayRequest.Start = fromStart ? .firstStep : .failedStage
        var request = ReplayRequest(choice.filter.query(ids: choice.ids, state: .open), start: start, rate: rate.perSecond)
        request.versions = Dictionary(versions.map { ($0.step, $0.version) }) { $1 }
        request.payload = try await newPayload(in: opened.journal)
        let progress = try await replay(selection, as: request, in: opened.journal)
        try report(progress)
        tellWhoTakesThem(progress, opened)
        if progress.done < progress.total { throw ExitCode(130) }
        if progress.replayed == 0, !(progress.withoutOriginal + progress.damaged).isEmpty {
          throw ExitCode(ErrorCode.Kind.notFound.exitCode)
        }
      }
    }
  }

  private func newPayload(in journal: any Journal) async throws -> [UInt8]? {
    if let payload { return try PayloadFile.read(payload) }
    guard edit else { return nil }
    let letter = try await journal.deadLetter(choice.ids[0])
    if let damage = letter.damage { throw RopewalkError(.payloadGone, damage) }
    guard fromStart else { return try await PayloadEditor(letter.payload, contentType: letter.contentType).edit() }
    guard let first = try await journal.first(of: letter) else {
      throw RopewalkError(.originalGone, "the message of \(letter.id) as it came is not kept any more; leave out --from-start")
    }
    return try await PayloadEditor(first.originalPayload, contentType: first.originalContentType).edit()
  }

  private func replay(_ selection: LetterSelection, as request: ReplayRequest, in journal: any Journal) async throws -> Replayer.Progress {
    let replayer = Replayer(journal)
    var line = ProgressLine(isTerminal: StandardStream.error.isTerminal)
    defer { line.finish() }
    return try await Interruption.handled {
      replayer.stop()
    } during: {
      try await replayer.replay(selection, as: request) { progress in
        line.show(of: progress.done, progress.total, progress.isWaiting ? "the journal is full, waiting" : nil)
      }
    }
  }

  private func report(_ progress: Replayer.Progress) throws {
    let left = progress.total - progress.done
    let report: JSON = [
      "replayed": .number(JSONNumber(progress.replayed)),
      "skipped": .number(JSONNumber(progress.skipped)),
      "withoutOriginal": .array(progress.withoutOriginal.map(JSON.string)),
      "damaged": .array(progress.damaged.map(JSON.string)),
      "left": .number(JSONNumber(left)),
    ]
    try output.write(report) {
      var text = progress.total == 0 ? "no open dead letters match" : "replayed \(PayloadText.grouped(progress.replayed))"
      if progress.skipped > 0 { text += ", skipped \(PayloadText.grouped(progress.skipped)) that others closed meanwhile" }
      if left > 0 { text += "; stopped, \(PayloadText.grouped(left)) are still open" }
      return text
    }
    for id in progress.withoutOriginal {
      Console.note("\(id) stays open: its message as it came is not kept any more; replay it without --from-start")
    }
    for id in progress.damaged {
      Console.note("\(id) stays open: its payload is gone ('ropewalk dead-letters show \(id)\(options.given)' says more)")
    }
  }

  private func tellWhoTakesThem(_ progress: Replayer.Progress, _ opened: VisitedJournal) {
    guard progress.replayed > 0, !opened.isOwned else { return }
    Console.note("nothing runs on this data folder now: the replays wait in the journal until 'ropewalk run' does")
  }
}
