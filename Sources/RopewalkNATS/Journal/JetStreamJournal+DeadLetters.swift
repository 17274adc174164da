import Logging
import RopewalkCore
package import RopewalkJournal
import Synchronization

extension JetStreamJournal {
  /// Letters that wait for a record, after which they are stored once more for another attempt at it.
  private static let maxUnrecorded = 10_000
  /// Letters that one record removes because they are old.
  private static let maxExpired = 1000

  /// A letter in its stream that no record names yet.
  struct StoredLetter {
    var record: LedgerRecord.Letter
    /// Not after it was stored.
    var time: ContinuousClock.Instant
  }

  struct KeptLetters {
    var new: [LedgerRecord.Letter] = []
    /// Closed ones that make room.
    var forgotten: [LedgerState.Letter] = []
  }

  /// Stores letters. They count once the record that names them is written, and are not stored again when that is tried again.
  /// - Throws: `dead-letters.full` when so many are open that there is no room, or their stream or that of large payloads is full.
  func keep(_ letters: [DeadLetter]) async throws -> KeptLetters {
    let unknown = follower.read { ledger in letters.filter { ledger.letters[$0.id] == nil } }
    guard !unknown.isEmpty else { return KeptLetters() }
    var kept = try makeRoom(for: unknown.count)
    for letter in unknown {
      if let stored = state.withLock({ $0.unrecorded[letter.id] }), !mayBeSwept(stored) {
        kept.new.append(stored.record)
        continue
      }
      let stored = try await store(letter)
      state.withLock { state in
        if state.unrecorded.count >= Self.maxUnrecorded { state.unrecorded = [:] }
        state.unrecorded[letter.id] = stored
      }
      kept.new.append(stored.record)
    }
    return kept
  }

  /// A record names these letters. Those whose record was so long on its way that a sweep may have taken them for nobody's are stored
  /// once more, and a second record says where.
  func recorded(_ records: [LedgerRecord.Letter], of letters: [DeadLetter]) async throws {
    guard !records.isEmpty else { return }
    let stored = state.withLock { state in records.compactMap { state.unrecorded.removeValue(forKey: $0.id) } }
    let late = Set(stored.filter(mayBeSwept).map(\.record.id))
    guard !late.isEmpty else { return }
    var again = LedgerRecord()
    for letter in letters where late.contains(letter.id) { again.letters.append(try await store(letter).record) }
    _ = try await write(again)
  }

  private func mayBeSwept(_ letter: StoredLetter) -> Bool {
    letter.time + settings.bodiesSweptAfter / 2 < .now
  }

  private func store(_ letter: DeadLetter) async throws -> StoredLetter {
    let line = LedgerRecord.Line(integration: letter.integration, customer: letter.customer)
    let bytes = letter.bytes
    let start = ContinuousClock.now
    // What is stored once more is another message, which a sweep leaves alone for as long again.
    let id = "\(TenantNames.token(letter.id))/\(nextMark())"
    var message = NATSOutgoing(names.dead(line), headers: [("Nats-Msg-Id", id)], payload: bytes)
    var body: String?
    if bytes.count > BodyStore.threshold {
      do {
        let id = try await bodies.put(bytes, of: .letter)
        (message.payload, body) = ([], id)
        message.headers.append(("Ropewalk", id))
      } catch let refusal as JetStreamRefusal {
        throw unkept(refusal, names.bodies)
      }
    }
    switch try await publisher.publish(message) {
    case .stored(let sequence, _, _):
      if let body { try await bodies.renew(body, bytes, storedAt: start) }
      let record = LedgerRecord.Letter(
        id: letter.id,
        sequence: sequence,
        line: line,
        stage: letter.stage,
        code: letter.code,
        guestCode: letter.guestCode,
        failedAt: letter.failedAt
      )
      return StoredLetter(record: record, time: start)
    case .refused(let refusal):
      if let body { await bodies.remove(body) }
      throw unkept(refusal, names.dead)
    }
  }

  /// A stream that is full holds up the messages of such letters alone: whoever settles goes on with everything else.
  private func unkept(_ refusal: JetStreamRefusal, _ stream: String) -> RopewalkError {
    guard refusal.isFull else { return unwritable(refusal, stream) }
    return RopewalkError(
      .deadLettersFull,
      "the stream '\(stream)' has no room for dead letters; replay or discard some and let their retention end, or raise its limits with 'nats stream edit \(stream)'",
      cause: refusal
    )
  }

  private func makeRoom(for count: Int) throws(RopewalkError) -> KeptLetters {
    let limit = settings.limits.maxDeadLetters
    var kept = KeptLetters()
    let (surplus, isFull) = follower.read { ($0.letters.count + count - limit, $0.openLetters + count > limit) }
    guard !isFull else {
      throw RopewalkError(
        .deadLettersFull,
        "there are \(limit) open dead letters (--max-dead-letters); replay or discard some, then their messages are settled"
      )
    }
    guard surplus > 0 else { return kept }
    kept.forgotten = follower.read { ledger in
      Array(ledger.letters.values.filter { $0.state != .open }.sorted { $0.record.id < $1.record.id }.prefix(surplus))
    }
    return kept
  }

  /// Removes letters that were kept long enough.
  func removeExpiredLetters() async throws {
    guard let retention = settings.deadLetterRetention else { return }
    try await catchUp()
    let now = follower.time
    let expired = follower.read { ledger in
      let old = ledger.letters.values.filter { ledger.age(of: $0, at: now) >= retention }
      return Array(old.sorted { $0.record.id < $1.record.id }.prefix(Self.maxExpired))
    }
    guard !expired.isEmpty else { return }
    let reason = "its retention has ended"
    // Only closed letters are forgotten, so that one that is being replayed is not.
    let open = expired.filter { $0.state == .open }.map { LedgerRecord.Discarded(letterID: $0.record.id, reason: reason, time: now) }
    _ = try await write(LedgerRecord(discarded: open, forgotten: expired.map(\.record.id)))
    for letter in expired { await remove(letter, because: reason) }
  }

  /// Removes what is in the stream of letters and the ledger does not know, and will not: a node died between storing a letter and
  /// its record, or between a record that forgot one and its removal, which may also have failed. Several nodes may do so at once.
  /// With it its large payload is nobody's.
  ///
  /// Who has just forgotten a letter has until the next sweep to remove it, and to say so.
  func sweepLetters() async throws {
    // Each letter that the ledger knows is there, so that otherwise there is nothing to look for.
    guard try await jetStream.state(of: names.dead).messages > follower.read({ $0.letters.count }) else { return }
    var stored: [UInt64: Timestamp] = [:]
    try await jetStream.forEachMessage(of: names.dead) { stored[$0.sequence] = $0.time }
    let now = follower.time
    let old = stored.filter { $0.value.advanced(by: settings.bodiesSweptAfter) < now }
    guard !old.isEmpty else { return }
    try await catchUp()
    let strays = follower.read { ledger in
      let known = Set(ledger.letters.values.map(\.record.sequence))
      // What was there before the ledger may be of another one, which somebody has removed.
      return Set(old.filter { !known.contains($0.key) && $0.value >= ledger.since ?? now }.keys)
    }
    let seen = state.withLock { state in
      defer { state.strayLetters = strays }
      return state.strayLetters
    }
    let left = strays.intersection(seen).sorted()
    guard !left.isEmpty else { return }
    for sequence in left {
      try Task.checkCancellation()
      try await jetStream.delete(sequence, from: names.dead)
    }
    logger.notice("What was left of dead letters that the ledger does not know was removed", metadata: ["count": "\(left.count)"])
  }

  /// Removes a letter that the ledger has forgotten, and says so, unless another node was first.
  func remove(_ letter: LedgerState.Letter, because reason: String) async {
    do {
      guard let stored = try await jetStream.message(letter.record.sequence, of: names.dead) else { return }
      try await jetStream.delete(letter.record.sequence, from: names.dead)
      if let body = stored.note { await bodies.remove(body) }
    } catch {
      // It shows nowhere any more; what is left of it is swept.
      let metadata: Logger.Metadata = ["ropewalk.letter": "\(letter.record.id)", "error": "\(error)"]
      logger.debug("A forgotten dead letter cannot be removed now; it is tried again later", metadata: metadata)
    }
    logger.log(
      level: letter.state == .open ? .warning : .notice,
      "A dead letter was removed",
      metadata: [
        "ropewalk.letter": "\(letter.record.id)", "ropewalk.integration": "\(letter.record.line.integration)",
        "ropewalk.customer": "\(letter.record.line.customer)", "ropewalk.stage": "\(letter.record.stage)",
        "code": "\(letter.record.code)", "state": "\(letter.state.name)", "reason": "\(reason)",
      ]
    )
  }

  package func deadLetters(matching query: DeadLetterQuery, after id: String?, limit: Int) async throws -> [DeadLetter] {
    try await deadLetters(matching: query, after: id, limit: limit, maxSize: ByteCount(.max)).letters
  }

  /// A letter as it was stored; nil when it is not there any more. Of one that cannot be read, what the ledger knows of it, and why.
  func read(_ letter: LedgerState.Letter) async throws -> DeadLetter? {
    guard let stored = try await jetStream.message(letter.record.sequence, of: names.dead) else { return nil }
    do {
      let bytes = if let body = stored.note { try await bodies.get(body) } else { stored.payload }
      return try DeadLetter(bytes: bytes, state: letter.state)
    } catch let error as RopewalkError where error.code == .bodyMissing || error.code == .recordUnreadable {
      // Whoever removes a letter removes its body after it.
      guard try await jetStream.message(letter.record.sequence, of: names.dead) != nil else { return nil }
      // The others are still to be seen, and this one to be discarded.
      let isGone = error.code == .bodyMissing
      let words = isGone ? "\(error.message) Nothing else is left of the letter, so that it can only be discarded" : error.message
      var rest = letter.summary
      (rest.message, rest.damage) = (words, words)
      return rest
    }
  }

  package func discard(deadLetters ids: [String], reason: String) async throws -> Int {
    try await catchUp()
    let open = follower.read { ledger in ids.filter { ledger.letters[$0]?.state == .open } }
    guard !open.isEmpty else { return 0 }
    let now = Timestamp.now
    let sequence = try await write(LedgerRecord(discarded: open.map { .init(letterID: $0, reason: reason, time: now) }))
    // Another node may have closed some in between.
    return follower.read { ledger in Set(open).count { ledger.letters[$0]?.closedBy == sequence } }
  }
}

extension LedgerState.Letter {
  /// The letter as far as the ledger knows it, which is what queries ask for.
  var summary: DeadLetter {
    var letter = DeadLetter(
      id: record.id,
      messageID: "",
      integration: record.line.integration,
      customer: record.line.customer,
      destinations: [],
      stage: record.stage,
      payload: [],
      originalPayload: [],
      receivedAt: record.failedAt,
      failedAt: record.failedAt
    )
    (letter.code, letter.guestCode, letter.state) = (record.code, record.guestCode, state)
    return letter
  }
}
