import RopewalkCore
import RopewalkJournal

extension JournalWriter {
  func settle(_ settlement: Settlement) throws {
    guard let position = Int64(exactly: settlement.position.value), let message = try openMessage(at: position),
      let destination = try findName(settlement.destination), try removePair(destination, of: message)
    else { return }
    accountChanges[message.account, default: AccountChange()].count(settlement.outcome)
    if try !hasPairs(message) { try remove(message) }
  }

  func note(_ failed: FailedAttempts) throws {
    guard let position = Int64(exactly: failed.position.value), let message = try openMessage(at: position),
      let destination = try findName(failed.destination)
    else { return }
    statements.notePair.bind(AttemptList.encode(failed.attempts), at: 1)
    statements.notePair.bind(message.lane, at: 2)
    statements.notePair.bind(destination, at: 3)
    statements.notePair.bind(message.position, at: 4)
    try statements.notePair.run()
  }

  private struct OpenMessage {
    let position: Int64
    let account: Int64
    let lane: Int64
    let size: Int64
    let hasFile: Bool
  }

  private func openMessage(at position: Int64) throws -> OpenMessage? {
    statements.readMessage.bind(position, at: 1)
    return try statements.readMessage.first { row in
      OpenMessage(
        position: position,
        account: row.integer(0),
        lane: row.integer(1),
        size: row.integer(2),
        hasFile: row.integer(3) != 0
      )
    }
  }

  /// Returns false when that pair has its end.
  private func removePair(_ destination: Int64, of message: OpenMessage) throws -> Bool {
    statements.removePair.bind(message.lane, at: 1)
    statements.removePair.bind(destination, at: 2)
    statements.removePair.bind(message.position, at: 3)
    return try statements.removePair.run() == 1
  }

  /// Whether anything of a message is in flight. Asks the pairs of each destination at which anything of its lane is, not the message:
  /// its own list may be damaged.
  private func hasPairs(_ message: OpenMessage) throws -> Bool {
    var last: Int64? = 0
    while let destination = last {
      statements.nextPair.bind(message.lane, at: 1)
      statements.nextPair.bind(destination, at: 2)
      statements.nextPair.bind(message.position, at: 3)
      let next = try statements.nextPair.first { (destination: $0.integer(0), isOfMessage: $0.integer(1) != 0) }
      if let next, next.isOfMessage { return true }
      last = next?.destination
    }
    return false
  }

  private func remove(_ message: OpenMessage) throws {
    totals.openMessages -= 1
    totals.openBytes -= message.size
    if settings.settledRetention > .zero {
      statements.insertSettled.bind(message.position, at: 1)
      statements.insertSettled.bind(now, at: 2)
      try statements.insertSettled.run()
    } else {
      if message.hasFile { try giveBackFile(ofMessage: message.position) }
      statements.removeMessage.bind(message.position, at: 1)
      try statements.removeMessage.run()
    }
  }
}

extension AccountChange {
  mutating func count(_ outcome: Settlement.Outcome) {
    switch outcome {
    case .delivered: delivered += 1
    case .filtered: filtered += 1
    case .deadLettered: deadLettered += 1
    }
  }
}
