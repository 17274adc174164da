import RopewalkCore
import RopewalkJournal

extension JournalWriter {
  func append(_ prepared: PreparedEntry) throws -> AppendResult {
    let entry = prepared.entry
    let account = try account(for: entry.message.metadata)
    if let replay = entry.replay {
      guard try isOpen(letter: replay.letterID) else { return .duplicate }
    } else if recentIDs.contains(prepared.digest) {
      accountChanges[account.number, default: AccountChange()].duplicates += 1
      return .duplicate
    }
    guard totals.openMessages < settings.limits.maxEntries,
      totals.openBytes + Int64(prepared.size) <= settings.limits.maxSize.bytes
    else { return .full }
    totals.lastPosition += 1
    totals.openMessages += 1
    totals.openBytes += Int64(prepared.size)
    accountChanges[account.number, default: AccountChange()].accepted += Int64(entry.destinations.count)
    if let replay = entry.replay {
      try close(letter: replay.letterID, replayedAs: totals.lastPosition)
    } else {
      remember(prepared, in: account)
    }
    try insert(prepared, account: account)
    return .accepted(JournalPosition(UInt64(totals.lastPosition)))
  }

  private func remember(_ prepared: PreparedEntry, in account: Account) {
    recentIDs.remember(prepared.digest)
    newIDs.write(UInt64(account.number))
    newIDs.write(account.isShared ? prepared.entry.message.metadata.customerID : "")
    newIDs.write(prepared.entry.message.id)
  }

  private func insert(_ prepared: PreparedEntry, account: Account) throws {
    let (entry, message) = (prepared.entry, prepared.entry.message)
    let position = totals.lastPosition
    let lane = try lane(of: entry, account: account)
    var destinations = ByteWriter(capacity: 2 * entry.destinations.count)
    let time = message.timestamp.nanoseconds
    for name in entry.destinations {
      let destination = try number(of: name)
      destinations.write(UInt64(destination))
      let pair = statements.insertPair
      pair.bind(lane, at: 1)
      pair.bind(destination, at: 2)
      pair.bind(position, at: 3)
      pair.bind(account.number, at: 4)
      pair.bind(time, at: 5)
      try pair.run()
    }
    let statement = statements.insertMessage
    statement.bind(position, at: 1)
    statement.bind(account.number, at: 2)
    statement.bind(lane, at: 3)
    statement.bind(Int64(prepared.size), at: 4)
    statement.bind(time, at: 5)
    statement.bind(try prepared.file.map { try use($0) }, at: 6)
    statement.bind(destinations.bytes, at: 7)
    statement.bind(entry.replay?.letterID, at: 8)
    statement.bind(entry.replay?.stage, at: 9)
    statement.bind(message.id, at: 10)
    statement.bind(prepared.detail, at: 11)
    statement.bind(prepared.file == nil ? message.payload : nil, at: 12)
    statement.bind(RowSum.ofMessage(prepared.sum, destinations: destinations.bytes), at: 13)
    statement.bind(prepared.payloadSum, at: 14)
    try statement.run()
  }

  private func lane(of entry: JournalEntry, account: Account) throws -> Int64 {
    let metadata = entry.message.metadata
    if entry.replay != nil { return -(try number(of: metadata.integrationID)) }
    guard account.isShared else { return account.number }
    return SharedLane.number(integration: metadata.integrationID, customer: metadata.customerID)
  }
}
