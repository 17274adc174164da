import RopewalkCore
import RopewalkJournal

/// Makes dead letters of messages that this step cannot go on with.
extension StepDesk {
  func giveUp(_ note: EntryNote, _ message: Message, at position: UInt64, _ destinations: [String], _ failures: Int) async throws {
    var message = message
    // Its payload may be what kills nodes; it is only passed on.
    message.payload = (try? await cluster.original(position)?.payload) ?? []
    var letter = letter(message, note, destinations)
    // With the payload as it came, whichever step had it.
    letter.stage = note.firstStage
    letter.code = ErrorCode.redelivered.name
    letter.message =
      "the last \(failures) nodes that took it ended with it; look at the nodes' logs for what ended them, and replay the letter"
    try await settle(letter, at: position)
  }

  func giveUpGone(_ note: EntryNote, _ message: Message, at position: UInt64, _ destinations: [String]) async throws {
    var letter = letter(message, note, destinations)
    letter.isOfGoneDestinations()
    try await settle(letter, at: position)
  }

  /// The payload was purged by hand, unless the message has just ended on another node, and its payload went with it.
  func lose(_ note: EntryNote, _ message: Message, at position: UInt64, _ destinations: [String], _ words: String) async throws {
    try await cluster.catchUp()
    let open = cluster.follower.read { ledger in destinations.filter { !ledger.hasEnded(position, at: $0) } }
    guard !open.isEmpty else { return }
    var letter = letter(message, note, open)
    letter.code = ErrorCode.payloadLost.name
    (letter.message, letter.damage) = (words, words)
    try await settle(letter, at: position)
  }

  func settle(_ letter: DeadLetter, at position: UInt64) async throws {
    let ends = letter.destinations.map { Settlement(position: JournalPosition(position), destination: $0, outcome: .deadLettered) }
    try await cluster.settle(ends, deadLetters: [letter])
  }

  func letter(_ message: Message, _ note: EntryNote, _ destinations: [String]) -> DeadLetter {
    let stage = step.isLogic ? note.firstStage : DeadLetter.deliveryStage
    var letter = DeadLetter(of: message, at: stage, destinations: destinations, failedAt: .now)
    letter.replayOf = note.replay?.letterID
    return letter
  }
}

extension EntryNote {
  /// Where the message begins.
  fileprivate var firstStage: String { replay?.stage ?? DeadLetter.startStage }
}
