import RopewalkCore
import RopewalkJournal

/// Everything that a person needs to know of one dead letter, and what they can do about it.
struct LetterSheet {
  let letter: DeadLetter
  /// The options that commands need to find the letter, with a space before them.
  var options = ""
  var now: Timestamp = .now

  var text: String {
    var parts = ["Dead letter \(letter.id), \(state)", TerminalText.indented(facts, by: 2)]
    parts.append("Why\n\n" + TerminalText.indented(why, by: 2))
    parts.append("Attempts\n\n" + TerminalText.indented(attempts, by: 2))
    if !letter.headers.fields.isEmpty { parts.append("Headers\n\n" + TerminalText.indented(headers(letter.headers), by: 2)) }
    parts += payloads
    parts.append("What to do\n\n" + TerminalText.indented(advice, by: 2))
    return parts.joined(separator: "\n\n")
  }

  private var state: String {
    switch letter.state {
    case .open: "open"
    case .replayed(let time, let position): "replayed \(ago(time)) as entry \(position.value)"
    case .discarded(let time, let reason): "discarded \(ago(time)): \(TerminalText.safe(reason))"
    }
  }

  private var facts: String {
    var facts = [("integration", letter.integration), ("customer", letter.customer)]
    if letter.tenant != "default", !letter.tenant.isEmpty { facts.append(("tenant", letter.tenant)) }
    facts.append(("stage", letter.stage))
    if !letter.plugin.isEmpty { facts.append(("plugin", "\(letter.plugin) \(letter.pluginVersion)")) }
    facts += [
      (letter.destinations.count == 1 ? "destination" : "destinations", letter.destinations.joined(separator: ", ")),
      ("received", "\(letter.receivedAt), \(ago(letter.receivedAt))"),
      ("failed", "\(letter.failedAt), \(ago(letter.failedAt))"),
      ("source", letter.source), ("message", letter.messageID),
    ]
    if letter.correlationID != letter.messageID { facts.append(("correlation", letter.correlationID)) }
    facts.append(("trace", letter.traceID))
    if let previous = letter.replayOf { facts.append(("replay of", previous)) }
    return columns(facts.filter { !$0.1.isEmpty })
  }

  private var why: String {
    let code = letter.guestCode.isEmpty ? letter.code : "\(letter.guestCode) (\(letter.code))"
    return ([code, letter.message] + letter.backtrace.map { "  \($0)" }).filter { !$0.isEmpty }.map(TerminalText.safe).joined(
      separator: "\n"
    )
  }

  private var attempts: String {
    guard !letter.attempts.isEmpty else { return "none: it was given up before any" }
    var table = Table("#", "TIME", "ERROR")
    for (number, attempt) in letter.attempts.enumerated() {
      let cause = attempt.error.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      table.add("\(number + 1)", attempt.time.description, TerminalText.line(cause, width: 200))
    }
    return table.text()
  }

  private var payloads: [String] {
    if let damage = letter.damage { return ["Payload\n\n" + TerminalText.indented(TerminalText.safe(damage), by: 2)] }
    let failed = PayloadText.description(letter.payload, contentType: letter.contentType)
    let shown = TerminalText.indented(PayloadText.text(letter.payload), by: 2)
    guard letter.originalPayload != letter.payload else { return ["Payload, as it came and when it failed: \(failed)\n\n\(shown)"] }
    let original = PayloadText.description(letter.originalPayload, contentType: letter.originalContentType)
    let came = letter.firstStage.map { "as the replay began at \($0)" } ?? "as it came"
    return [
      "Payload when it failed: \(failed)\n\n\(shown)",
      "Payload \(TerminalText.safe(came)): \(original)\n\n" + TerminalText.indented(PayloadText.text(letter.originalPayload), by: 2),
    ]
  }

  private var advice: String {
    guard letter.state == .open else { return "Nothing: the letter is closed. A replay that fails is a letter of its own." }
    let stage = letter.stage == DeadLetter.startStage ? "the first step" : TerminalText.safe(letter.stage)
    return columns([
      ("ropewalk dead-letters replay \(letter.id)\(options)", "send it again from \(stage)"),
      ("ropewalk dead-letters replay \(letter.id)\(options) --from-start", "as it came, from the first step"),
      ("ropewalk dead-letters replay \(letter.id)\(options) --edit", "change the payload first"),
      ("ropewalk dead-letters discard \(letter.id)\(options) --reason '…'", "give it up"),
    ])
  }

  private func headers(_ headers: MessageHeaders) -> String {
    columns(headers.fields.map { ($0.name, SecretHeaders.shown($0)) })
  }

  /// Names and values, the values one under the other.
  private func columns(_ pairs: [(String, String)]) -> String {
    let safe = pairs.map { (TerminalText.line($0.0, width: 400), TerminalText.safe($0.1)) }
    let width = safe.map(\.0.count).max() ?? 0
    return safe.map { $0.0 + String(repeating: " ", count: width - $0.0.count + 2) + $0.1 }.joined(separator: "\n")
  }

  private func ago(_ time: Timestamp) -> String { "\(Age.text(of: time, now: now)) ago" }
}
