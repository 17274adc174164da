import Logging
import RopewalkCore
package import RopewalkJournal
import Synchronization

extension JetStreamJournal {
  /// Messages in one record; more are written as several.
  private static let maxMessagesPerRecord = 2000
  /// Requests to remove messages that are under way at once.
  private static let maxRemovals = 256

  package func settle(_ settlements: [Settlement], deadLetters: [DeadLetter]) async throws {
    let settled = try await resolve(settlements)
    let letters = try await keep(deadLetters)
    var record = LedgerRecord(letters: letters.new, forgotten: letters.forgotten.map(\.record.id), duplicates: takeDuplicates())
    var rest = settled[...]
    repeat {
      record.settled = Array(rest.prefix(Self.maxMessagesPerRecord))
      rest = rest.dropFirst(Self.maxMessagesPerRecord)
      guard !record.isEmpty else { break }
      do {
        _ = try await write(record)
      } catch {
        giveBack(record.duplicates)
        throw error
      }
      try await recorded(record.letters, of: deadLetters)
      record = LedgerRecord()
    } while !rest.isEmpty
    for letter in letters.forgotten { await remove(letter, because: "there are more than --max-dead-letters allows") }
    await removeCompleted(settled.map(\.position))
    await snapshotIfDue()
  }

  /// Removes now and then what other nodes did not come to remove, beside the work, until the task is cancelled. What it waits for
  /// on a connection ends when that is closed.
  package func sweepUntilCancelled() async {
    while (try? await Task.sleep(for: settings.sweepInterval)) != nil {
      do {
        try await sweep()
      } catch {
        logger.debug("What is settled cannot be swept now; it is tried again later", metadata: ["error": "\(error)"])
      }
    }
  }

  /// Writes down the duplicates that were refused here; closes letters that were sent again; removes every message that is settled and
  /// still there, notes of messages that this node is done with, letters that were kept long enough, and what is left of letters and large payloads.
  func sweep() async throws {
    strikeOutOwed()
    // A node that only takes messages writes nothing else. Where that finds no room, the rest of this makes some.
    var failure: (any Error)?
    do { try await writeDuplicates() } catch { failure = error }
    // Nothing is removed by a ledger that is behind, or cannot be read further.
    try await catchUp()
    try await lookForReplays()
    var listed: [UInt64] = []
    try await forEachOpen { position, _ in listed.append(position) }
    for start in stride(from: 0, to: listed.count, by: Self.maxMessagesPerRecord) {
      try Task.checkCancellation()
      await removeCompleted(Array(listed[start...].prefix(Self.maxMessagesPerRecord)))
    }
    try await removeExpiredLetters()
    try await sweepLetters()
    try await sweepBodies()
    if let failure { throw failure }
  }

  /// What the settlements say that is not known yet, by message; messages that are not there are left out.
  private func resolve(_ settlements: [Settlement]) async throws -> [LedgerRecord.Settled] {
    var order: [UInt64] = []
    var ends: [UInt64: [LedgerRecord.Settled.End]] = [:]
    for settlement in settlements {
      let position = settlement.position.value
      if ends[position] == nil { order.append(position) }
      ends[position, default: []].append(.init(destination: settlement.destination, outcome: settlement.outcome))
    }
    var settled: [LedgerRecord.Settled] = []
    for position in order {
      guard let entry = try await openEntry(position) else { continue }
      var seen: Set<String> = []
      let new = follower.read { ledger in
        (ends[position] ?? []).filter {
          entry.destinations.contains($0.destination) && !ledger.hasEnded(position, at: $0.destination)
            && seen.insert($0.destination).inserted
        }
      }
      guard !new.isEmpty else { continue }
      settled.append(
        .init(position: position, line: entry.line, destinations: entry.destinations, replayOf: entry.replayOf, ends: new)
      )
    }
    return settled
  }

  /// What is known of a message that is open, as far as this node can tell; nil when it is settled or was never there.
  func openEntry(_ position: UInt64) async throws -> OpenEntry? {
    if let entry = state.withLock({ $0.open[position] }) { return entry }
    guard !follower.read({ $0.completed.contains(position) }),
      let stored = try await jetStream.message(position, of: names.accepted)
    else { return nil }
    return OpenEntry(try EntryNote(text: stored.note))
  }

  private func takeDuplicates() -> [LedgerRecord.Duplicates] {
    state.withLock { state in
      defer { state.duplicates = [:] }
      return state.duplicates.map { .init(line: $0.key, count: $0.value) }
    }
  }

  private func giveBack(_ duplicates: [LedgerRecord.Duplicates]) {
    state.withLock { state in
      for line in duplicates { state.duplicates[line.line, default: 0] += line.count }
    }
  }

  /// Writes the duplicates down that were refused here.
  func writeDuplicates() async throws {
    let duplicates = takeDuplicates()
    guard !duplicates.isEmpty else { return }
    do {
      _ = try await write(LedgerRecord(duplicates: duplicates))
    } catch {
      giveBack(duplicates)
      throw error
    }
  }

  /// Gives back what this node has, and writes down what only it knows, before it leaves. What cannot be written is missing from the
  /// ledger, which is said.
  package func leave() async {
    giveBackAll()
    do {
      try await writeDuplicates()
    } catch {
      let count = state.withLock { $0.duplicates.values.reduce(0, +) }
      let metadata: Logger.Metadata = ["count": "\(count)", "error": "\(error)"]
      logger.warning("Duplicates that were refused last are not counted in the ledger", metadata: metadata)
    }
  }

  /// Removes from the stream what has no open pair any more.
  func removeCompleted(_ positions: [UInt64]) async {
    let completed = follower.read { ledger in positions.filter { ledger.completed.contains($0) } }
    let strays = state.withLock { state in
      defer { state.strays = [] }
      return state.strays.union(completed).sorted()
    }
    let failed = await withTaskGroup(of: UInt64?.self) { group in
      var failed: [UInt64] = []
      for (index, stray) in strays.enumerated() {
        if index >= Self.maxRemovals, let result = await group.next(), let sequence = result { failed.append(sequence) }
        group.addTask { await self.remove(stray) ? nil : stray }
      }
      for await result in group { if let result { failed.append(result) } }
      return failed
    }
    state.withLock { $0.strays.formUnion(failed) }
  }

  private func remove(_ position: UInt64) async -> Bool {
    let known = state.withLock { $0.open[position] }
    do {
      var body = known?.body
      if known == nil, let stored = try await jetStream.message(position, of: names.accepted) {
        body = try? EntryNote(text: stored.note).body
      }
      try await jetStream.delete(position, from: names.accepted)
      if let body { await bodies.remove(body) }
      _ = state.withLock { $0.open.removeValue(forKey: position) }
      return true
    } catch {
      logger.debug("A settled message cannot be removed now", metadata: ["ropewalk.position": "\(position)", "error": "\(error)"])
      return false
    }
  }
}
