import Logging
import RopewalkCore

extension JetStreamJournal {
  /// Writes a snapshot of the ledger when enough records have come since the last one, unless another node just has.
  ///
  /// Records are removed one snapshot later than they could be, so that a node that was away for a moment finds them.
  func snapshotIfDue() async {
    guard let (ledger, previous) = follower.snapshotIfDue(after: settings.snapshotInterval) else { return }
    do {
      let old = previous == 0 ? nil : try await jetStream.message(previous, of: names.ends)
      try await write(ledger, expecting: previous)
      guard let old else { return }
      let (last, body) = try Self.content(old)
      if last > 0 { try await jetStream.purge(names.ends, subject: names.settled, through: last) }
      try await jetStream.purge(names.ends, subject: names.snapshot, through: old.sequence)
      if let body { await bodies.remove(body) }
    } catch {
      logger.warning("The ledger's snapshot cannot be written; it is tried again later", metadata: ["error": "\(error)"])
    }
  }

  private func write(_ ledger: LedgerState, expecting previous: UInt64) async throws {
    let bytes = ledger.bytes
    let start = ContinuousClock.now
    var (payload, note) = (bytes, "\(ledger.sequence)")
    var body: String?
    if bytes.count > BodyStore.threshold {
      let id = try await bodies.put(bytes, of: .snapshot)
      (payload, note, body) = ([], note + "/" + id, id)
    }
    let headers: [NATSOutgoing.Header] = [("Ropewalk", note), ("Nats-Expected-Last-Subject-Sequence", "\(previous)")]
    let result = try await publisher.publish(NATSOutgoing(names.snapshot, headers: headers, payload: payload))
    guard case .refused(let refusal) = result else {
      if let body { try await bodies.renew(body, bytes, storedAt: start) }
      return
    }
    // Another node was first; or this was, and it is the answer to having sent it twice.
    let isThere = try await jetStream.lastMessage(of: names.ends, subject: names.snapshot)?.note == note
    if let body, !isThere { await bodies.remove(body) }
    if refusal.errorCode != JetStreamRefusal.wrongLastSequence { throw refusal }
  }

  /// The body of the last snapshot; nil when it has none.
  func snapshotBody() async throws -> String? {
    try await jetStream.lastMessage(of: names.ends, subject: names.snapshot).flatMap { try Self.content($0).body }
  }

  /// The last record in a snapshot, and its body when that lies elsewhere.
  fileprivate static func content(_ snapshot: StoredMessage) throws(RopewalkError) -> (last: UInt64, body: String?) {
    let parts = (snapshot.note ?? "").split(separator: "/", maxSplits: 1)
    guard let last = parts.first.flatMap({ UInt64($0) }) else {
      throw RopewalkError(.recordUnreadable, "the snapshot \(snapshot.sequence) of the ledger is damaged")
    }
    return (last, parts.count > 1 ? String(parts[1]) : nil)
  }
}

extension BodyStore {
  /// The last snapshot of the ledger and where it lies; an empty one and 0 when there is none.
  func snapshot(maxLines: Int) async throws -> (LedgerState, UInt64) {
    var incomplete: UInt64?
    while let stored = try await jetStream.lastMessage(of: names.ends, subject: names.snapshot) {
      do {
        let body = try JetStreamJournal.content(stored).body
        let bytes = if let body { try await get(body) } else { stored.payload }
        return (try LedgerState(bytes: bytes, maxLines: maxLines), stored.sequence)
      } catch let error as RopewalkError where error.code == .bodyMissing && incomplete != stored.sequence {
        // Another one may have taken its place meanwhile, and its payload went with it.
        incomplete = stored.sequence
      }
    }
    return (LedgerState(maxLines: maxLines), 0)
  }
}
