import RopewalkCore

/// What a ``MemoryJournal`` holds; time comes in as a parameter.
struct MemoryJournalContents {
  private struct Pending {
    let message: Message
    var destinations: [String]
    let size: Int
    let account: MemoryJournalAccount
  }

  private let limits: MemoryJournalLimits
  private var pending: [UInt64: Pending] = [:]
  private var size = 0
  private var lastPosition: UInt64 = 0
  private var accounts: [MemoryJournalAccount.Key: MemoryJournalAccount] = [:]
  private var window = RecentIDs()

  init(limits: MemoryJournalLimits) {
    self.limits = limits
  }

  mutating func append(_ entry: JournalEntry, at now: Duration) -> AppendResult {
    window.forget(expiredBy: now)
    let account = account(for: entry.message.metadata)
    let identity = account.identity(of: entry.message)
    guard !account.recentIDs.contains(identity) else {
      account.line.duplicates += 1
      return .duplicate
    }
    let entrySize = entry.message.journalSize
    guard pending.count < limits.maxEntries, size + entrySize <= limits.maxSize.bytes else { return .full }
    window.remember(identity, in: account, until: now + limits.windowDuration, atMost: limits.windowCount)
    lastPosition += 1
    size += entrySize
    account.line.accepted += entry.destinations.count
    account.line.inFlight += entry.destinations.count
    pending[lastPosition] = Pending(message: entry.message, destinations: entry.destinations, size: entrySize, account: account)
    return .accepted(JournalPosition(lastPosition))
  }

  mutating func settle(_ settlement: Settlement) {
    guard let slot = pending.index(forKey: settlement.position.value),
      let destination = pending.values[slot].destinations.firstIndex(of: settlement.destination)
    else { return }
    pending.values[slot].account.settle(settlement.outcome)
    if pending.values[slot].destinations.count == 1 {
      size -= pending.remove(at: slot).value.size
    } else {
      pending.values[slot].destinations.remove(at: destination)
    }
  }

  func unsettled(after position: JournalPosition?, limit: Int) -> [UnsettledEntry] {
    let first = position.map { $0.value + 1 } ?? 0
    return pending.keys.filter { $0 >= first }.sorted().prefix(max(0, limit)).compactMap { key in
      pending[key].map { UnsettledEntry(position: JournalPosition(key), message: $0.message, destinations: $0.destinations) }
    }
  }

  /// By integration and customer, in alphabetical order.
  var ledger: [LedgerEntry] {
    accounts.values.map(\.line).sorted { ($0.integrationID, $0.customerID) < ($1.integrationID, $1.customerID) }
  }

  private mutating func account(for metadata: MessageMetadata) -> MemoryJournalAccount {
    var key = MemoryJournalAccount.Key(integrationID: metadata.integrationID, customerID: metadata.customerID)
    if let account = accounts[key] { return account }
    if accounts.count >= limits.maxLedgerLines {
      key.customerID = MemoryJournalAccount.sharedCustomerID
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
