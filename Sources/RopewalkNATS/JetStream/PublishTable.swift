import RopewalkCore

/// Published messages without an answer yet. Time comes in as a parameter.
struct PublishTable {
  typealias Instant = ContinuousClock.Instant

  struct Pending {
    let message: NATSOutgoing
    let batch: UInt64
    let place: Int
    /// When it is sent again.
    var due: Instant
    /// After which it is given up, if it is certain that it was not stored.
    let deadline: Instant
    /// It was sent, and nothing was heard yet.
    var isOut = true
    /// It was sent again without having heard anything, so that it may lie in the stream.
    var isUncertain = false
  }

  struct Batch {
    var results: [PublishResult?]
    var left: Int
    let continuation: CheckedContinuation<[PublishResult], any Error>
  }

  private(set) var pending: [UInt64: Pending] = [:]
  private var batches: [UInt64: Batch] = [:]
  private(set) var size = 0
  private var lastID: UInt64 = 0

  var count: Int { pending.count }

  /// Enters messages. Returns their ids, in order.
  mutating func enter(
    _ messages: [NATSOutgoing],
    due: Instant,
    deadline: Instant,
    _ continuation: CheckedContinuation<[PublishResult], any Error>
  ) -> ClosedRange<UInt64> {
    let first = lastID + 1
    for (place, message) in messages.enumerated() {
      lastID += 1
      size += message.payload.count
      pending[lastID] = Pending(message: message, batch: first, place: place, due: due, deadline: deadline)
    }
    batches[first] = Batch(results: Array(repeating: nil, count: messages.count), left: messages.count, continuation: continuation)
    return first...lastID
  }

  /// Records an answer. Returns the batch when it was its last one.
  mutating func answer(_ id: UInt64, _ result: PublishResult) -> Batch? {
    guard let entry = pending.removeValue(forKey: id) else { return nil }
    size -= entry.message.payload.count
    var result = result
    if case .stored(let sequence, let isDuplicate, _) = result {
      result = .stored(sequence, isDuplicate: isDuplicate, mayBeOurs: isDuplicate && entry.isUncertain)
    }
    batches[entry.batch]?.results[entry.place] = result
    batches[entry.batch]?.left -= 1
    return batches[entry.batch]?.left == 0 ? batches.removeValue(forKey: entry.batch) : nil
  }

  /// Nobody was there to store it. It is sent again a little later, until its deadline.
  mutating func nobodyAnswered(_ id: UInt64, at now: Instant, again: Duration, _ refusal: JetStreamRefusal) -> Batch? {
    guard let entry = pending[id] else { return nil }
    if now >= entry.deadline, !entry.isUncertain { return answer(id, .refused(refusal)) }
    pending[id]?.due = now + again
    pending[id]?.isOut = false
    return nil
  }

  /// What is to be sent again now, in the order in which it came.
  mutating func takeDue(at now: Instant, all: Bool, next: Instant) -> [(id: UInt64, message: NATSOutgoing)] {
    var due: [(id: UInt64, message: NATSOutgoing)] = []
    for (id, entry) in pending where all || entry.due <= now {
      due.append((id, entry.message))
      pending[id]?.due = next
      if entry.isOut { pending[id]?.isUncertain = true }
      pending[id]?.isOut = true
    }
    return due.sorted { $0.id < $1.id }
  }

  /// Empties the table. Returns everyone who waits.
  mutating func removeAll() -> [CheckedContinuation<[PublishResult], any Error>] {
    defer {
      pending = [:]
      batches = [:]
      size = 0
    }
    return batches.values.map(\.continuation)
  }
}

/// What became of a published message.
package enum PublishResult: Sendable, Equatable {
  /// It lies in the stream at that place. Of a duplicate, `mayBeOurs` says that it was sent twice by us, so that the first
  /// of the two may have been this one.
  case stored(UInt64, isDuplicate: Bool = false, mayBeOurs: Bool = false)
  case refused(JetStreamRefusal)
}
