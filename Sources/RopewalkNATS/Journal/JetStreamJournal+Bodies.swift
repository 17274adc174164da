import RopewalkCore

extension JetStreamJournal {
  /// Removes bodies that nothing names, and nothing will: a node died between storing one and what was to name it, or between an
  /// end and the removal. Several nodes may do so at once.
  ///
  /// What is stored again meanwhile stays: only what was there when it was looked for is removed.
  func sweepBodies() async throws {
    var found: [String: (last: UInt64, time: Timestamp)] = [:]
    try await jetStream.forEachMessage(of: names.bodies) { found[names.bodyID(of: $0.subject)] = ($0.sequence, $0.time) }
    let now = follower.time
    let old = found.filter { $0.value.time.advanced(by: settings.bodiesSweptAfter) < now }
    guard !old.isEmpty else { return }
    let unused = try await unused(old.mapValues { $0.time })
    for (id, body) in old where unused.contains(id) {
      try Task.checkCancellation()
      try await jetStream.purge(names.bodies, subject: names.body(id), through: body.last)
    }
  }

  /// Those of the bodies whose owner is gone. Of what an earlier version stored nobody knows.
  /// - Parameter bodies: when each was stored.
  private func unused(_ bodies: [String: Timestamp]) async throws -> Set<String> {
    try await catchUp()
    let completed = follower.read { $0.completed }
    var (unused, owners): (Set<String>, Set<BodyOwner>) = ([], [])
    for body in bodies.keys {
      guard let owner = BodyOwner(of: body) else { continue }
      // Nobody goes on with a hop whose message has ended.
      if case .hop(let position) = owner, !completed.contains(position) { continue }
      unused.insert(body)
      owners.insert(owner)
    }
    if owners.contains(.accepted) { try await forEachOpen { if let body = $1.body { unused.remove(body) } } }
    if owners.contains(.letter) { try await jetStream.forEachMessage(of: names.dead) { if let body = $0.note { unused.remove(body) } } }
    if owners.contains(.snapshot), let body = try await snapshotBody() { unused.remove(body) }
    // A note may be of any message that was there before it.
    if owners.contains(where: \.isTrial), let oldest = try await oldestAccepted() {
      for (body, time) in bodies where BodyOwner(of: body)?.isTrial == true && oldest < time { unused.remove(body) }
    }
    return unused
  }

  /// When the first of the messages was stored that have not ended; nil when all have.
  private func oldestAccepted() async throws -> Timestamp? {
    var oldest: Timestamp?
    try await jetStream.forEachMessage(of: names.accepted) { oldest = oldest ?? $0.time }
    return oldest
  }
}
