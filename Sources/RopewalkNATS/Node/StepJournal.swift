package import RopewalkCore
package import RopewalkJournal
import Synchronization

/// What a run on a node has for a journal: it holds what the node took from JetStream, which has it on disk, and tells the
/// cluster's journal how each pair ended. Only then is the message acknowledged.
package struct StepJournal: Journal {
  let desk: StepDesk

  package func append(_ entries: [JournalEntry]) async throws -> [AppendResult] {
    desk.table.withLock { table in
      entries.map { table.enter(StepTable.Key($0.message)).map { .accepted(JournalPosition($0)) } ?? .duplicate }
    }
  }

  package func settle(_ settlements: [Settlement], deadLetters: [DeadLetter]) async throws {
    var ends: [Settlement] = []
    desk.table.withLock { table in
      for settlement in settlements where isEnd(settlement.outcome) {
        guard let entry = table.entries[settlement.position.value], entry.open.contains(settlement.destination) else { continue }
        desk.cluster.remember(entry.position, JetStreamJournal.OpenEntry(entry.note, isHop: !desk.step.isLogic))
        ends.append(
          Settlement(position: JournalPosition(entry.position), destination: settlement.destination, outcome: settlement.outcome)
        )
      }
    }
    var letters: [DeadLetter] = []
    for letter in deadLetters { letters.append(try await completed(letter)) }
    if !ends.isEmpty || !letters.isEmpty {
      defer { for end in ends { desk.cluster.forget(end.position) } }
      try await desk.cluster.settle(ends, deadLetters: letters)
    }
    let finished = desk.table.withLock { table in
      settlements.compactMap { table.finish($0.position.value, at: $0.destination) }
    }
    for entry in finished { await desk.finish(entry.delivered) }
    if !finished.isEmpty { desk.tellRoom() }
  }

  /// For the logic, "delivered" means that the next step has it.
  private func isEnd(_ outcome: Settlement.Outcome) -> Bool { !(desk.step.isLogic && outcome == .delivered) }

  /// A letter as the cluster keeps it: with the message as it was accepted, and only the destinations that this was about.
  private func completed(_ letter: DeadLetter) async throws -> DeadLetter {
    guard let entry = desk.table.withLock({ $0.entry(StepTable.Key(letter)) }) else { return letter }
    var letter = letter
    letter.destinations = letter.destinations.filter(entry.open.contains)
    letter.replayOf = entry.note.replay?.letterID
    if !desk.step.isLogic, let original = try await desk.cluster.original(entry.position) { letter.came(as: original) }
    return letter
  }

  package func unsettled(
    in lane: JournalLane,
    after position: JournalPosition?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> UnsettledPage {
    desk.table.withLock { table in
      let first = (position?.value ?? 0) + 1
      let positions = table.entries.keys.filter { $0 >= first && table.entries[$0]?.isIn(lane) == true }.sorted()
      var (entries, size): ([UnsettledEntry], Int) = ([], 0)
      for position in positions {
        guard entries.count < limit, size < maxSize.bytes || entries.isEmpty else { return UnsettledPage(entries, isEnd: false) }
        guard let entry = table.entries[position] else { continue }
        entries.append(
          UnsettledEntry(
            position: JournalPosition(position),
            message: entry.message,
            destinations: entry.open.sorted(),
            replay: entry.isReplay ? entry.note.replay : nil
          )
        )
        size += entry.size
      }
      return UnsettledPage(entries, isEnd: true)
    }
  }

  /// Empty: what other nodes have is not this run's to bring back.
  package func ledger() async throws -> [LedgerEntry] { [] }

  package func deadLetters(matching query: DeadLetterQuery, after id: String?, limit: Int) async throws -> [DeadLetter] {
    try await desk.cluster.deadLetters(matching: query, after: id, limit: limit)
  }

  package func discard(deadLetters ids: [String], reason: String) async throws -> Int {
    try await desk.cluster.discard(deadLetters: ids, reason: reason)
  }
}

extension StepTable.Entry {
  fileprivate func isIn(_ lane: JournalLane) -> Bool {
    switch lane {
    case .accepted(_, let customer, let destination):
      !isReplay && message.metadata.customerID == customer && (destination.map(open.contains) ?? true)
    case .replays: isReplay
    }
  }
}
