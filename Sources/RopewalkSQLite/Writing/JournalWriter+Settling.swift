import RopewalkCore
import RopewalkJournal

extension JournalWriter {
  func settle(_ settlement: Settlement) throws {
    guard let position = Int64(exactly: settlement.position.value), let message = try openMessage(at: position),
      let destination = try findName(settlement.destination), try removePair(destination, of: message)
    else { return }
    accountChanges[message.account, default: AccountChange()].count(settlement.outcome)
    if try !hasPairs(message, without: destination) { try remove(message) }
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
    let file: Int64?
    let destinations: [Int64]
  }

  private func openMessage(at position: Int64) throws -> OpenMessage? {
    statements.readMessage.bind(position, at: 1)
    return try statements.readMessage.first { row in
      OpenMessage(
        position: position,
        account: row.integer(0),
        lane: row.integer(1),
        size: row.integer(2),
        file: row.optionalInteger(3),
        destinations: try ByteReader.numbers(in: row.bytes(4))
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

  private func hasPairs(_ message: OpenMessage, without settled: Int64) throws -> Bool {
    try message.destinations.contains { destination in
      guard destination != settled else { return false }
      statements.findPair.bind(message.lane, at: 1)
      statements.findPair.bind(destination, at: 2)
      statements.findPair.bind(message.position, at: 3)
      return try statements.findPair.first { _ in true } ?? false
    }
  }

  private func remove(_ message: OpenMessage) throws {
    totals.openMessages -= 1
    totals.openBytes -= message.size
    if settings.settledRetention > .zero {
      statements.insertSettled.bind(message.position, at: 1)
      statements.insertSettled.bind(now, at: 2)
      try statements.insertSettled.run()
    } else {
      statements.removeMessage.bind(message.position, at: 1)
      try statements.removeMessage.run()
      if let file = message.file { try giveBack(file: file) }
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

extension ByteReader {
  static func numbers(in bytes: [UInt8]) throws(SQLiteFailure) -> [Int64] {
    var reader = ByteReader(bytes)
    var numbers: [Int64] = []
    while !reader.isAtEnd { numbers.append(Int64(truncatingIfNeeded: try reader.number())) }
    return numbers
  }
}
