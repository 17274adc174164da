package import RopewalkCore
package import RopewalkJournal
import Synchronization

extension JetStreamJournal {
  package func unsettled(
    in lane: JournalLane,
    after position: JournalPosition?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> UnsettledPage {
    guard limit > 0 else { return UnsettledPage([], isEnd: false) }
    try await catchUp()
    let (subject, destination): (String, String?) =
      switch lane {
      case .accepted(let integration, let customer, let destination):
        (names.incoming(LedgerRecord.Line(integration: integration, customer: customer)), destination)
      case .replays(let integration): (names.allReplays(integration), nil)
      }
    var entries: [UnsettledEntry] = []
    var (next, size) = ((position?.value ?? 0) + 1, 0)
    while entries.count < limit {
      let page = try await jetStream.messages(of: names.accepted, subject: subject, from: next, limit: limit - entries.count)
      guard let last = page.last else { return UnsettledPage(entries, isEnd: true) }
      next = last.sequence + 1
      for message in page {
        guard let entry = try await unsettled(message), destination.map(entry.destinations.contains) ?? true else { continue }
        entries.append(entry)
        size += entry.message.payload.count
        if size >= maxSize.bytes { return UnsettledPage(entries, isEnd: false) }
      }
    }
    return UnsettledPage(entries, isEnd: false)
  }

  /// What a stored message still has to do; nil when it is settled and only waits for its removal.
  private func unsettled(_ stored: StoredMessage) async throws -> UnsettledEntry? {
    let note = try EntryNote(text: stored.note)
    let open = follower.read { ledger in note.destinations.filter { !ledger.hasEnded(stored.sequence, at: $0) } }
    guard !open.isEmpty else { return nil }
    state.withLock { $0.open[stored.sequence] = OpenEntry(note) }
    var entry = UnsettledEntry(position: JournalPosition(stored.sequence), message: note.message, destinations: open, replay: note.replay)
    do {
      entry.message.payload = if let body = note.body { try await bodies.get(body) } else { stored.payload }
    } catch let error as RopewalkError where error.code == .bodyMissing {
      entry.damage = BodyStore.damage(error)
    }
    return entry
  }

  /// A message as it was accepted; nil when it is settled.
  func original(_ position: UInt64) async throws -> Message? {
    guard let stored = try await jetStream.message(position, of: names.accepted) else { return nil }
    let note = try EntryNote(text: stored.note)
    var message = note.message
    message.payload = if let body = note.body { try await bodies.get(body) } else { stored.payload }
    return message
  }

  /// Messages that are gone without an end make the lines not balance whose they were, as far as anybody knows whose.
  package func ledger() async throws -> [LedgerEntry] {
    try await writeDuplicates()
    var open: [UInt64: EntryNote] = [:]
    // First what is open, then what has ended: what ends in between counts as ended.
    let last = try await forEachOpen { open[$0] = $1 }
    try await catchUp()
    let strays = follower.read { ledger in open.keys.filter { ledger.completed.contains($0) } }
    if !strays.isEmpty { await removeCompleted(strays) }
    return follower.read { ledger in Self.lines(ledger, open, through: last) }
  }

  package func inFlight(of integration: String) async throws -> [String: Int] {
    var open: [UInt64: EntryNote] = [:]
    try await forEachOpen { if $1.line.integration == integration { open[$0] = $1 } }
    try await catchUp()
    return follower.read { ledger in
      var pairs: [String: Int] = [:]
      for (position, note) in open {
        let left = Set(note.destinations).count { !ledger.hasEnded(position, at: $0) }
        if left > 0 { pairs[note.line.customer, default: 0] += left }
      }
      return pairs
    }
  }

  private static func lines(_ ledger: LedgerState, _ open: [UInt64: EntryNote], through last: UInt64) -> [LedgerEntry] {
    var lines: [LedgerRecord.Line: LedgerEntry] = [:]
    func update(_ line: LedgerRecord.Line, _ body: (inout LedgerEntry) -> Void) {
      body(&lines[line, default: LedgerEntry(integrationID: line.integration, customerID: line.customer)])
    }
    for (line, sums) in ledger.lines {
      update(line) {
        $0.accepted = sums.completed
        $0.delivered = sums.delivered
        $0.filtered = sums.filtered
        $0.deadLettered = sums.deadLettered
        $0.duplicates = sums.duplicates
      }
    }
    for (position, partial) in ledger.partials where open[position] == nil {
      update(partial.line) {
        $0.accepted += partial.destinations
        // Accepted after the list was read, and ended in part since. An earlier one would be in the list: the rest of it is lost.
        if position > last { $0.inFlight += partial.destinations - partial.ended.count }
      }
    }
    // In the order of acceptance, so that every node gives the same customers a line.
    for (position, note) in open.sorted(by: { $0.key < $1.key }) where !ledger.completed.contains(position) {
      let partial = ledger.partials[position]
      let destinations = Set(note.destinations).count
      update(partial?.line ?? ledger.key(note.line, among: lines)) {
        $0.accepted += destinations
        $0.inFlight += destinations - (partial?.ended.count ?? 0)
        $0.oldestInFlight = min($0.oldestInFlight ?? note.message.timestamp, note.message.timestamp)
      }
    }
    // Each accepted message has its place in the stream: one that is neither there nor has any end is lost.
    let gaps = ledger.completed.gaps(through: last, besides: Array(open.keys) + ledger.partials.keys)
    let lost = gaps.reduce(0) { $0 + $1.count }
    if lost > 0 { update(.init(integration: LedgerEntry.unknown, customer: LedgerEntry.unknown)) { $0.accepted += lost } }
    return lines.values.sorted { ($0.integrationID, $0.customerID) < ($1.integrationID, $1.customerID) }
  }

  /// Everything in the stream of accepted messages, without payloads, as it was when this was called. Returns the last
  /// sequence of that time.
  @discardableResult
  func forEachOpen(_ body: (UInt64, EntryNote) throws -> Void) async throws -> UInt64 {
    try await jetStream.forEachMessage(of: names.accepted) { message in
      try body(message.sequence, EntryNote(text: message.note))
    }.lastSequence
  }
}
