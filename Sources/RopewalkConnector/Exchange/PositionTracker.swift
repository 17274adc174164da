/// Finds the position from which a source may go on: that of the last message before which every one is the host's.
///
/// A message that was refused holds the position back until it is offered again, under the same id, and taken.
struct PositionTracker: Sendable {
  private struct Entry {
    var sequence: UInt64
    var position: [UInt8]
    var isDone = false
  }

  /// In the order in which they were offered; the first is never done.
  private var entries: [Entry] = []
  /// What was refused, by message id: the sequences that wait for it.
  private var refused: [String: [UInt64]] = [:]
  /// What is offered again, by its new sequence: the sequences that it makes good.
  private var offeredAgain: [UInt64: [UInt64]] = [:]
  private var idsByOpenSequence: [UInt64: String] = [:]
  private let limit: Int

  /// At most `limit` positions are held back.
  init(limit: Int) {
    self.limit = limit
  }

  /// A message without a position is outside the order, and holds nothing back.
  mutating func offered(_ sequence: UInt64, id: String, position: [UInt8]) throws(ProtocolViolation) {
    guard !position.isEmpty else { return }
    if let earlier = refused.removeValue(forKey: id) {
      // It has its place in the order already.
      offeredAgain[sequence] = earlier
      idsByOpenSequence[sequence] = id
      return
    }
    guard entries.count < limit else {
      throw ProtocolViolation("\(limit) positions are held back by messages that were refused and are not offered again")
    }
    idsByOpenSequence[sequence] = id
    entries.append(Entry(sequence: sequence, position: position))
  }

  /// The host has it, or it can never be taken. Returns the new position when there is one.
  mutating func settled(_ sequence: UInt64) -> [UInt8]? {
    guard idsByOpenSequence.removeValue(forKey: sequence) != nil else { return nil }
    finish(sequence)
    for earlier in offeredAgain.removeValue(forKey: sequence) ?? [] { finish(earlier) }
    return advance()
  }

  /// It is to be offered again.
  mutating func refused(_ sequence: UInt64) {
    guard let id = idsByOpenSequence.removeValue(forKey: sequence) else { return }
    refused[id, default: []].append(contentsOf: offeredAgain.removeValue(forKey: sequence) ?? [sequence])
  }

  private mutating func finish(_ sequence: UInt64) {
    // Sequences ascend, so the entry is found by halving.
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].sequence < sequence { low = middle + 1 } else { high = middle }
    }
    guard low < entries.count, entries[low].sequence == sequence else { return }
    entries[low].isDone = true
    guard low > 0 else { return }
    // Of neighbours that are done only the last one's position matters, so that no two stay beside each other.
    let start = entries[low - 1].isDone ? low - 1 : low
    let end = low + 1 < entries.count && entries[low + 1].isDone ? low + 1 : low
    entries.removeSubrange(start..<end)
  }

  private mutating func advance() -> [UInt8]? {
    let done = entries.prefix(while: \.isDone)
    guard let last = done.last else { return nil }
    entries.removeFirst(done.count)
    return last.position
  }
}
