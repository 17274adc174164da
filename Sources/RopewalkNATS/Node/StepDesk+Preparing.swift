import RopewalkCore
import RopewalkJournal
import Synchronization

/// Makes ready for the run what JetStream handed out, as far as anything is left to do with it.
extension StepDesk {
  /// The payloads of messages of one subject, by their sequences; those that are gone are left out.
  func payloads(of messages: [Delivered], in stream: String) async throws -> [UInt64: [UInt8]] {
    guard let first = messages.first else { return [:] }
    let jetStream = cluster.jetStream
    var payloads: [UInt64: [UInt8]] = [:]
    for stored in try await jetStream.messages(of: stream, subject: first.subject, from: first.sequence, limit: messages.count) {
      payloads[stored.sequence] = stored.payload
    }
    for message in messages where payloads[message.sequence] == nil {
      payloads[message.sequence] = try await jetStream.message(message.sequence, of: stream)?.payload
    }
    return payloads
  }

  /// Makes ready what was handed out; nil when there is nothing to do with it any more.
  func prepare(_ delivered: Delivered) async throws -> StepTable.Entry? {
    let note = try EntryNote(text: delivered.note)
    let (position, open) = openPairs(of: delivered, note)
    var destinations = open
    guard !destinations.isEmpty else { return nil }
    var message = note.message
    if let failures = try await failures(of: delivered) {
      try await giveUp(note, message, at: position, destinations, failures)
      return nil
    }
    try await begin(delivered)
    do {
      message.payload = if let body = note.body { try await cluster.bodies.get(body) } else { delivered.payload }
    } catch let error as RopewalkError where error.code == .bodyMissing {
      try await lose(note, message, at: position, destinations, BodyStore.damage(error))
      return nil
    }
    if case .logic(let known) = step {
      let gone = destinations.filter { !known.contains($0) }
      if !gone.isEmpty { try await giveUpGone(note, message, at: position, gone) }
      destinations.removeAll { gone.contains($0) }
      guard !destinations.isEmpty else { return nil }
    }
    return StepTable.Entry(
      delivered: delivered,
      note: note,
      position: position,
      message: message,
      open: Set(destinations),
      isReplay: note.replay != nil && step.isLogic
    )
  }

  /// Whether this node has the very message that was handed out once more, and is not done with it.
  func isInWork(_ delivered: Delivered) -> Bool {
    guard delivered.deliveries > 1, let note = try? EntryNote(text: delivered.note) else { return false }
    return table.withLock { $0.held(StepTable.Key(note.message)) }?.sequence == delivered.sequence
  }

  /// Goes on with what is in work here already. A server that restarts hands it out again, which says nothing against the message,
  /// however often it happens.
  func keep(_ delivered: Delivered) {
    connection.acknowledge(delivered, .inProgress)
  }

  /// Whether the ledger says that nothing is left to do with what was handed out.
  func hasEnded(_ delivered: Delivered) -> Bool {
    guard let note = try? EntryNote(text: delivered.note) else { return false }
    return openPairs(of: delivered, note).destinations.isEmpty
  }

  /// Where the message was accepted, and those of this step's destinations at which it has no end.
  private func openPairs(of delivered: Delivered, _ note: EntryNote) -> (position: UInt64, destinations: [String]) {
    let (position, destinations): (UInt64, [String]) =
      switch step {
      case .logic: (delivered.sequence, note.destinations)
      case .outgoing(let destination): (note.position ?? 0, [destination])
      }
    return (position, cluster.follower.read { ledger in destinations.filter { !ledger.hasEnded(position, at: $0) } })
  }
}
