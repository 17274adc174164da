/// The message ids by which duplicates are recognised, oldest first. Used only under the journal's lock.
struct RecentIDs {
  private struct Entry {
    let account: MemoryJournalAccount
    let id: String
    let expiry: Duration
  }

  private var entries: [Entry?] = []
  /// Everything in front of it is forgotten.
  private var first = 0

  private var count: Int { entries.count - first }

  mutating func remember(_ id: String, in account: MemoryJournalAccount, until expiry: Duration, atMost limit: Int) {
    account.recentIDs.insert(id)
    entries.append(Entry(account: account, id: id, expiry: expiry))
    if count > limit { forgetOldest() }
  }

  mutating func forget(expiredBy now: Duration) {
    while first < entries.count, let oldest = entries[first], oldest.expiry <= now { forgetOldest() }
  }

  private mutating func forgetOldest() {
    if let oldest = entries[first] { oldest.account.recentIDs.remove(oldest.id) }
    entries[first] = nil
    first += 1
    // Moving the rest to the front costs a constant on average, because it is done only when at least half is free.
    if first > 1000, first * 2 > entries.count {
      entries.removeFirst(first)
      first = 0
    }
  }
}
