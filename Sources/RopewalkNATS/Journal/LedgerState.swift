import RopewalkCore
import RopewalkJournal

/// The ledger: what all records up to one amount to. A fold, the same on every node, so that a pair counts once however many
/// nodes settle it and however often.
struct LedgerState: Equatable, Sendable {
  struct Sums: Equatable, Sendable {
    /// Pairs of messages all of whose pairs have ended.
    var completed = 0
    var delivered = 0
    var filtered = 0
    var deadLettered = 0
    var duplicates = 0
  }

  /// A message some of whose pairs have ended.
  struct Partial: Equatable, Sendable {
    var line: LedgerRecord.Line
    var destinations: Int
    var ended: Set<String>
  }

  struct Letter: Equatable, Sendable {
    var record: LedgerRecord.Letter
    var state: DeadLetter.State = .open
    /// The record that closed it.
    var closedBy: UInt64 = 0
    /// When the record that named it was stored, by the server's clock. Nil for one of a snapshot that does not say so.
    var recordedAt: Timestamp?
  }

  /// The last record that is in it.
  var sequence: UInt64 = 0
  /// When its first record was stored, by the server's clock; what a snapshot does not say of its letters counts from then.
  var since: Timestamp?
  var lines: [LedgerRecord.Line: Sums] = [:]
  var partials: [UInt64: Partial] = [:]
  /// Messages all of whose pairs have ended.
  var completed = SequenceSet()
  var letters: [String: Letter] = [:]
  var openLetters = 0
  let maxLines: Int

  init(maxLines: Int) {
    self.maxLines = maxLines
  }

  /// - Parameter time: when it was stored, by the server's clock.
  mutating func apply(_ record: LedgerRecord, at sequence: UInt64, _ time: Timestamp) {
    guard sequence > self.sequence else { return }
    self.sequence = sequence
    for letter in record.letters { enter(letter, time) }
    for settled in record.settled { apply(settled) }
    for replayed in record.replayed { close(replayed.letterID, .replayed(at: replayed.time, as: JournalPosition(replayed.position))) }
    for discarded in record.discarded { close(discarded.letterID, .discarded(at: discarded.time, reason: discarded.reason)) }
    for id in record.forgotten where letters[id]?.state != .open { letters[id] = nil }
    for duplicates in record.duplicates { lines[key(duplicates.line), default: Sums()].duplicates += duplicates.count }
  }

  /// How long a letter has been in the ledger.
  func age(of letter: Letter, at now: Timestamp) -> Duration {
    .nanoseconds(now.nanoseconds - (letter.recordedAt ?? since ?? now).nanoseconds)
  }

  func hasEnded(_ position: UInt64, at destination: String) -> Bool {
    completed.contains(position) || partials[position]?.ended.contains(destination) == true
  }

  /// The line that a customer's messages are counted on.
  func key(_ line: LedgerRecord.Line) -> LedgerRecord.Line { key(line, among: lines) }

  /// - Parameter lines: those that there are by now.
  func key<Value>(_ line: LedgerRecord.Line, among lines: [LedgerRecord.Line: Value]) -> LedgerRecord.Line {
    if lines[line] != nil || lines.count < maxLines { return line }
    return LedgerRecord.Line(integration: line.integration, customer: LedgerEntry.furtherCustomers)
  }

  /// One that is named again lies where the later record says.
  private mutating func enter(_ letter: LedgerRecord.Letter, _ time: Timestamp) {
    if letters[letter.id] == nil { openLetters += 1 }
    letters[letter.id, default: Letter(record: letter, recordedAt: time)].record = letter
  }

  private mutating func apply(_ settled: LedgerRecord.Settled) {
    guard !completed.contains(settled.position) else { return }
    var partial =
      partials[settled.position] ?? Partial(line: key(settled.line), destinations: Set(settled.destinations).count, ended: [])
    for end in settled.ends where settled.destinations.contains(end.destination) && partial.ended.insert(end.destination).inserted {
      count(end.outcome, on: partial.line)
    }
    if partial.ended.count < partial.destinations {
      partials[settled.position] = partial
      return
    }
    partials[settled.position] = nil
    completed.insert(settled.position)
    lines[partial.line, default: Sums()].completed += partial.destinations
    // The record that closed the letter of a replay may never have been written.
    if let id = settled.replayOf { close(id, .replayed(at: Timestamp(nanoseconds: 0), as: JournalPosition(settled.position))) }
  }

  private mutating func count(_ outcome: Settlement.Outcome, on line: LedgerRecord.Line) {
    switch outcome {
    case .delivered: lines[line, default: Sums()].delivered += 1
    case .filtered: lines[line, default: Sums()].filtered += 1
    case .deadLettered: lines[line, default: Sums()].deadLettered += 1
    }
  }

  private mutating func close(_ id: String, _ state: DeadLetter.State) {
    guard letters[id]?.state == .open else { return }
    letters[id]?.state = state
    letters[id]?.closedBy = sequence
    openLetters -= 1
  }
}
