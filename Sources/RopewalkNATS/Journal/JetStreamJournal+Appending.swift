import RopewalkCore
package import RopewalkJournal
import Synchronization

extension JetStreamJournal {
  package func append(_ entries: [JournalEntry]) async throws -> [AppendResult] {
    guard !entries.isEmpty else { return [] }
    if entries.contains(where: { $0.replay != nil }) { return try await appendOneByOne(entries) }
    return try await store(entries)
  }

  private func appendOneByOne(_ entries: [JournalEntry]) async throws -> [AppendResult] {
    var results: [AppendResult] = []
    for entry in entries {
      if let replay = entry.replay {
        results.append(try await append(entry, replaying: replay.letterID))
      } else {
        results += try await store([entry])
      }
    }
    return results
  }

  func store(_ entries: [JournalEntry]) async throws -> [AppendResult] {
    var notes: [EntryNote] = []
    var messages: [NATSOutgoing] = []
    let start = ContinuousClock.now
    for entry in entries {
      var note = EntryNote(entry, mark: nextMark())
      var payload = entry.message.payload
      if payload.count > BodyStore.threshold {
        do {
          note.body = try await bodies.put(payload, of: .accepted)
        } catch let refusal as JetStreamRefusal {
          for body in notes.compactMap(\.body) { await bodies.remove(body) }
          guard refusal.isFull else { throw unwritable(refusal, names.bodies) }
          return entries.map { _ in .full }
        }
        payload = []
      }
      let subject = note.replay == nil ? names.incoming(note.line) : names.replay(note.line)
      messages.append(NATSOutgoing(subject, headers: [("Nats-Msg-Id", note.identity), ("Ropewalk", note.text)], payload: payload))
      notes.append(note)
    }
    let answers = try await publisher.publish(messages)
    var results: [AppendResult?] = []
    for (index, note) in notes.enumerated() {
      let result = try await result(of: answers[index], note)
      results.append(result)
      if case .accepted = result, let body = note.body {
        try await bodies.renew(body, entries[index].message.payload, storedAt: start)
      }
    }
    return try settled(results, answers)
  }

  /// What an answer means for an entry; nil when it was refused for another reason than being full.
  private func result(of answer: PublishResult, _ note: EntryNote) async throws -> AppendResult? {
    switch answer {
    case .stored(let sequence, let isDuplicate, let mayBeOurs):
      if isDuplicate {
        guard mayBeOurs, try await isOurs(sequence, note) else {
          if note.replay == nil { state.withLock { $0.duplicates[note.line, default: 0] += 1 } }
          if let body = note.body { await bodies.remove(body) }
          return .duplicate
        }
      }
      state.withLock { $0.open[sequence] = OpenEntry(note) }
      return .accepted(JournalPosition(sequence))
    case .refused(let refusal):
      if let body = note.body { await bodies.remove(body) }
      return refusal.isFull ? .full : nil
    }
  }

  /// Whether the message that was there already was stored by this very call, whose first answer was lost.
  func isOurs(_ sequence: UInt64, _ note: EntryNote) async throws -> Bool {
    guard let stored = try await jetStream.message(sequence, of: names.accepted) else { return false }
    return (try? EntryNote(text: stored.note).mark) == note.mark
  }

  /// Throws only when nothing was accepted; beside accepted entries, one that was refused is one that found no room.
  private func settled(_ results: [AppendResult?], _ answers: [PublishResult]) throws -> [AppendResult] {
    if results.contains(nil), !results.contains(where: { if case .accepted = $0 { true } else { false } }) {
      for case .refused(let refusal) in answers where !refusal.isFull { throw unwritable(refusal, names.accepted) }
    }
    return results.map { $0 ?? .full }
  }
}

extension EntryNote {
  /// By which the server knows a message again; the lengths keep ids apart whatever they contain.
  var identity: String {
    if let replay { return "replay:" + TenantNames.token(replay.letterID) }
    let (integration, customer) = (line.integration.utf8.count, line.customer.utf8.count)
    let name = "\(integration):\(customer):\(line.integration)\(line.customer)\(message.id)"
    return name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) ? name : TenantNames.token(name)
  }
}
