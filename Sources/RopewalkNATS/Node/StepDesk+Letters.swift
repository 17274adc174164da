import RopewalkCore
import RopewalkJournal

/// Makes dead letters of messages that this step cannot go on with.
extension StepDesk {
  func giveUp(_ note: EntryNote, _ message: Message, at position: UInt64, _ destinations: [String], _ failures: Int) async throws {
    var message = message
    do {
      // Its payload may be what kills nodes; it is only passed on.
      message.payload = try await originalPayload(position)
    } catch let error as RopewalkError where error.code == .bodyMissing {
      return try await lose(note, message, at: position, destinations, BodyStore.damage(error))
    }
    let open = try await stillOpen(destinations, at: position)
    guard !open.isEmpty else { return }
    var letter = letter(message, note, open)
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
    let open = try await stillOpen(destinations, at: position)
    guard !open.isEmpty else { return }
    var letter = letter(message, note, open)
    letter.code = ErrorCode.payloadLost.name
    (letter.message, letter.damage) = (words, words)
    try await settle(letter, at: position)
  }

  /// The payload as it was accepted.
  /// - Throws: `nats.body.missing` when it is not there any more; what else hindered the reading says nothing of it.
  private func originalPayload(_ position: UInt64) async throws -> [UInt8] {
    guard let original = try await cluster.original(position) else {
      throw RopewalkError(.bodyMissing, "the message is not in the stream '\(cluster.names.accepted)'; was it removed by hand?")
    }
    return original.payload
  }

  /// Those at which the message has no end. It may just have ended on another node, and its payload went with it: so this is asked
  /// once it is known what there is of that.
  private func stillOpen(_ destinations: [String], at position: UInt64) async throws -> [String] {
    try await cluster.catchUp()
    return cluster.follower.read { ledger in destinations.filter { !ledger.hasEnded(position, at: $0) } }
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
