import RopewalkCore

/// What a ``MemoryJournal`` holds; time comes in as a parameter.
struct MemoryJournalContents {
  private struct Pending {
    let message: Message
    var destinations: [String]
    let size: Int
    let replay: Replay?
    let account: MemoryJournalAccount
    var attempts: [String: [DeadLetter.Attempt]] = [:]

    func isIn(_ lane: JournalLane) -> Bool {
      let metadata = message.metadata
      return switch lane {
      case .accepted(let integration, let customer, let destination):
        replay == nil && metadata.integrationID == integration && metadata.customerID == customer
          && (destination.map(destinations.contains) ?? true)
      case .replays(let integration):
        replay != nil && metadata.integrationID == integration
      }
    }
  }

  private let limits: JournalLimits
  private var pending: [UInt64: Pending] = [:]
  private var size = 0
  private var lastPosition: UInt64 = 0
  private var accounts: [MemoryJournalAccount.Key: MemoryJournalAccount] = [:]
  /// Of replays, by integration.
  private var replays: [String: MemoryJournalPositions] = [:]
  private var window = RecentIDs()
  var letters: KeptLetters

  init(limits: JournalLimits) {
    self.limits = limits
    self.letters = KeptLetters(limit: limits.maxDeadLetters)
  }

  /// - Parameters:
  ///   - now: on the clock of the window.
  ///   - time: what a letter that is sent again says.
  mutating func append(_ entry: JournalEntry, at now: Duration, time: Timestamp) -> AppendResult {
    window.forget(expiredBy: now)
    let account = account(for: entry.message.metadata)
    let identity = account.identity(of: entry.message)
    if let replay = entry.replay {
      guard letters.isOpen(replay.letterID) else { return .duplicate }
    } else if account.recentIDs.contains(identity) {
      account.line.duplicates += 1
      return .duplicate
    }
    let entrySize = entry.message.journalSize
    guard pending.count < limits.maxEntries, size + entrySize <= limits.maxSize.bytes else { return .full }
    lastPosition += 1
    if let replay = entry.replay {
      _ = letters.close(replay.letterID, as: .replayed(at: time, as: JournalPosition(lastPosition)))
    } else {
      window.remember(identity, in: account, until: now + limits.windowDuration, atMost: limits.windowCount)
    }
    size += entrySize
    account.line.accepted += entry.destinations.count
    account.line.inFlight += entry.destinations.count
    pending[lastPosition] = Pending(
      message: entry.message,
      destinations: entry.destinations,
      size: entrySize,
      replay: entry.replay,
      account: account
    )
    if entry.replay == nil {
      account.append(lastPosition, of: entry.message.metadata.customerID)
    } else {
      replays[entry.message.metadata.integrationID, default: MemoryJournalPositions()].append(lastPosition)
    }
    return .accepted(JournalPosition(lastPosition))
  }

  mutating func settle(_ settlement: Settlement) {
    guard let slot = pending.index(forKey: settlement.position.value),
      let destination = pending.values[slot].destinations.firstIndex(of: settlement.destination)
    else { return }
    pending.values[slot].account.settle(settlement.outcome)
    if pending.values[slot].destinations.count == 1 {
      let settled = pending.remove(at: slot).value
      size -= settled.size
      if settled.replay == nil {
        settled.account.settleOne(of: settled.message.metadata.customerID) { pending[$0] != nil }
      } else {
        replays[settled.message.metadata.integrationID]?.settleOne { pending[$0] != nil }
      }
    } else {
      pending.values[slot].destinations.remove(at: destination)
      pending.values[slot].attempts[settlement.destination] = nil
    }
  }

  mutating func note(_ failed: FailedAttempts) {
    guard let slot = pending.index(forKey: failed.position.value), pending.values[slot].destinations.contains(failed.destination) else {
      return
    }
    pending.values[slot].attempts[failed.destination] = failed.attempts
  }

  mutating func keep(_ deadLetters: [DeadLetter]) throws(RopewalkError) {
    if !deadLetters.isEmpty { try letters.keep(deadLetters) }
  }

  func unsettled(in lane: JournalLane, after position: JournalPosition?, limit: Int, maxSize: ByteCount) -> UnsettledPage {
    guard limit > 0 else { return UnsettledPage([], isEnd: false) }
    var found: [UnsettledEntry] = []
    var size = 0
    for key in positions(of: lane)?.after(position?.value ?? 0) ?? [] {
      guard let entry = pending[key], entry.isIn(lane) else { continue }
      found.append(
        UnsettledEntry(
          position: JournalPosition(key),
          message: entry.message,
          destinations: entry.destinations,
          replay: entry.replay,
          attempts: entry.attempts
        )
      )
      size += entry.message.payload.count
      if found.count == limit || size >= maxSize.bytes { return UnsettledPage(found, isEnd: false) }
    }
    return UnsettledPage(found, isEnd: true)
  }

  private func positions(of lane: JournalLane) -> MemoryJournalPositions? {
    switch lane {
    case .replays(let integration): replays[integration]
    case .accepted(let integration, let customer, _):
      (accounts[.init(integrationID: integration, customerID: customer)]
        ?? accounts[.init(integrationID: integration, customerID: LedgerEntry.furtherCustomers)])?.positions(of: customer)
    }
  }

  func inFlight(of integration: String) -> [String: Int] {
    pending.values.reduce(into: [:]) { pairs, entry in
      let metadata = entry.message.metadata
      if metadata.integrationID == integration { pairs[metadata.customerID, default: 0] += entry.destinations.count }
    }
  }

  /// By integration and customer, in alphabetical order.
  var ledger: [LedgerEntry] {
    var oldest: [ObjectIdentifier: Timestamp] = [:]
    for entry in pending.values {
      oldest[ObjectIdentifier(entry.account)] = min(
        oldest[ObjectIdentifier(entry.account)] ?? entry.message.timestamp,
        entry.message.timestamp
      )
    }
    return accounts.values.map { account in
      var line = account.line
      line.oldestInFlight = oldest[ObjectIdentifier(account)]
      return line
    }.sorted { ($0.integrationID, $0.customerID) < ($1.integrationID, $1.customerID) }
  }

  private mutating func account(for metadata: MessageMetadata) -> MemoryJournalAccount {
    var key = MemoryJournalAccount.Key(integrationID: metadata.integrationID, customerID: metadata.customerID)
    if let account = accounts[key] { return account }
    if accounts.count >= limits.maxLedgerLines {
      key.customerID = LedgerEntry.furtherCustomers
      if let account = accounts[key] { return account }
    }
    let account = MemoryJournalAccount(key)
    accounts[key] = account
    return account
  }
}

extension Message {
  fileprivate var journalSize: Int {
    headers.fields.reduce(payload.count + id.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count }
  }
}
