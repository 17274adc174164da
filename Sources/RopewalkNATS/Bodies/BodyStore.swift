import RopewalkCore

extension ErrorCode {
  static let bodyMissing = ErrorCode("nats.body.missing", .fault)
}

/// Large payloads, cut in chunks, in a stream of their own. Each belongs to one message, hop, letter or snapshot and goes with it.
struct BodyStore: Sendable {
  /// Payloads above this size lie here. 256 KiB.
  static let threshold = 256 * 1024
  /// 128 KiB, well below the 1 MB that servers take by default.
  static let chunkSize = 128 * 1024

  let jetStream: JetStream
  let publisher: JetStreamPublisher
  let names: TenantNames
  /// For how long a body is left alone that nothing names.
  let sweptAfter: Duration

  /// Stores bytes and returns the name under which they lie.
  /// - Throws: ``JetStreamRefusal`` when there is no room, and `nats.disconnected` while no server is connected; then nothing is left
  ///   behind.
  func put(_ bytes: [UInt8], of owner: BodyOwner) async throws -> String {
    try jetStream.connection.expectConnected()
    if let share = owner.share { try await checkRoom(for: bytes.count, within: share) }
    let id = owner.makeID()
    try await store(bytes, as: id)
    return id
  }

  /// - Throws: ``JetStreamRefusal`` when the stream has a bound, and the bytes would take more of it than the share.
  private func checkRoom(for count: Int, within share: Double) async throws {
    let info = try await jetStream.read("STREAM.INFO.\(names.bodies)")
    guard let limit = info["config"]?["max_bytes"]?.int, limit > 0 else { return }
    let used = info["state"]?["bytes"]?.int ?? 0
    guard Double(used) + Double(count) <= Double(limit) * share else { throw JetStreamRefusal.full(names.bodies) }
  }

  /// Stores a body once more when what names it was so long on its way that a sweep may have taken the body for nobody's.
  func renew(_ id: String, _ bytes: [UInt8], storedAt time: ContinuousClock.Instant) async throws {
    if time + sweptAfter / 2 < .now { try await store(bytes, as: id) }
  }

  private func store(_ bytes: [UInt8], as id: String) async throws {
    let starts = stride(from: 0, to: max(1, bytes.count), by: Self.chunkSize)
    let count = bytes.isEmpty ? 1 : (bytes.count + Self.chunkSize - 1) / Self.chunkSize
    let chunks = starts.enumerated().map { index, start in
      NATSOutgoing(
        names.body(id),
        headers: [("Nats-Msg-Id", "\(id)/\(index)"), ("Ropewalk", "\(index)/\(count)")],
        payload: Array(bytes[start..<min(start + Self.chunkSize, bytes.count)])
      )
    }
    for result in try await publisher.publish(chunks) {
      if case .refused(let refusal) = result {
        await remove(id)
        throw refusal
      }
    }
  }

  /// - Throws: `nats.body.missing` when not all of it is there; `nats.timeout` when it is, and is not handed out.
  func get(_ id: String) async throws -> [UInt8] {
    var chunks: [Int: [UInt8]] = [:]
    var (next, count) = (UInt64(1), Int.max)
    while chunks.count < count {
      let part = try await jetStream.messages(of: names.bodies, subject: names.body(id), from: next, limit: 32)
      guard let last = part.last else { break }
      next = last.sequence + 1
      for chunk in part {
        let place = (chunk.note ?? "").split(separator: "/").compactMap { Int($0) }
        guard place.count == 2 else { continue }
        chunks[place[0]] = chunk.payload
        count = place[1]
      }
    }
    guard chunks.count == count else {
      // A server that answers may be behind the stream's leader.
      guard try await jetStream.count(of: names.bodies, subject: names.body(id)) <= chunks.count else {
        throw RopewalkError(.natsTimeout, "NATS does not hand out all of the payload '\(id)' in the stream '\(names.bodies)'")
      }
      throw RopewalkError(.bodyMissing, "the payload '\(id)' is not complete in the stream '\(names.bodies)'; was it purged by hand?")
    }
    return (0..<count).flatMap { chunks[$0] ?? [] }
  }

  /// What the letter says of a message whose body is missing.
  static func damage(_ missing: RopewalkError) -> String { "\(missing.message) Replay the letter with --payload, or discard it" }

  /// What cannot be removed now is left to the sweep.
  func remove(_ id: String) async {
    try? await jetStream.purge(names.bodies, subject: names.body(id))
  }
}
