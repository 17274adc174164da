import RopewalkCore
package import RopewalkJournal

extension JetStreamJournal {
  struct KeptLetters {
    var new: [LedgerRecord.Letter] = []
    /// Closed ones that make room.
    var forgotten: [String] = []
    var forgottenSequences: [UInt64] = []
  }

  /// Stores letters. They count once the record that names them is written.
  /// - Throws: `dead-letters.full` when so many are open that there is no room.
  func keep(_ letters: [DeadLetter]) async throws -> KeptLetters {
    let unknown = follower.read { ledger in letters.filter { ledger.letters[$0.id] == nil } }
    guard !unknown.isEmpty else { return KeptLetters() }
    var kept = try makeRoom(for: unknown.count)
    for letter in unknown {
      let line = LedgerRecord.Line(integration: letter.integration, customer: letter.customer)
      var payload = letter.bytes
      var headers = [NATSOutgoing.Header("Nats-Msg-Id", TenantNames.token(letter.id))]
      if payload.count > BodyStore.threshold {
        do {
          headers.append(("Ropewalk", try await bodies.put(payload)))
        } catch let refusal as JetStreamRefusal {
          throw unwritable(refusal, names.bodies)
        }
        payload = []
      }
      switch try await publisher.publish(NATSOutgoing(names.dead(line), headers: headers, payload: payload)) {
      case .stored(let sequence, _, _):
        kept.new.append(
          .init(
            id: letter.id,
            sequence: sequence,
            line: line,
            stage: letter.stage,
            code: letter.code,
            guestCode: letter.guestCode,
            failedAt: letter.failedAt
          )
        )
      case .refused(let refusal): throw unwritable(refusal, names.dead)
      }
    }
    return kept
  }

  private func makeRoom(for count: Int) throws(RopewalkError) -> KeptLetters {
    let limit = settings.limits.maxDeadLetters
    var kept = KeptLetters()
    let (surplus, isFull) = follower.read { ($0.letters.count + count - limit, $0.openLetters + count > limit) }
    guard !isFull else {
      throw RopewalkError(
        .deadLettersFull,
        "there are \(limit) open dead letters (maxDeadLetters); replay or discard some, then their messages are settled"
      )
    }
    guard surplus > 0 else { return kept }
    let oldest = follower.read { ledger in
      ledger.letters.values.filter { $0.state != .open }.map(\.record).sorted { $0.id < $1.id }.prefix(surplus)
    }
    kept.forgotten = oldest.map(\.id)
    kept.forgottenSequences = oldest.map(\.sequence)
    return kept
  }

  package func deadLetters(matching query: DeadLetterQuery, after id: String?, limit: Int) async throws -> [DeadLetter] {
    guard limit > 0 else { return [] }
    try await catchUp()
    let matching = follower.read { ledger in
      ledger.letters.values.filter { letter in
        (id.map { letter.record.id > $0 } ?? true) && query.matches(letter.summary)
      }.sorted { $0.record.id < $1.record.id }.prefix(limit)
    }
    var letters: [DeadLetter] = []
    for letter in matching {
      guard let stored = try await jetStream.message(letter.record.sequence, of: names.dead) else { continue }
      let bytes = if let body = stored.note { try await bodies.get(body) } else { stored.payload }
      letters.append(try DeadLetter(bytes: bytes, state: letter.state))
    }
    return letters
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
  fileprivate var summary: DeadLetter {
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
