import DequeModule

/// The message ids by which duplicates are recognised. On disk each block is a row of the table `recent_ids`.
struct RecentIDs {
  /// The ids that were accepted with one transaction.
  private struct Block {
    /// Of the last message.
    let position: Int64
    let time: Int64
    var digests: ArraySlice<IDDigest>
  }

  private let maxCount: Int
  private let duration: Int64
  private var digests: Set<IDDigest> = []
  private var blocks: Deque<Block> = []
  private var present: [IDDigest] = []

  /// - Parameters:
  ///   - maxCount: beyond, the oldest is forgotten.
  ///   - duration: how long an id is remembered, in nanoseconds.
  init(maxCount: Int, duration: Int64) {
    self.maxCount = maxCount
    self.duration = duration
  }

  func contains(_ digest: IDDigest) -> Bool {
    digests.contains(digest)
  }

  /// Adds an id to the present transaction.
  mutating func remember(_ digest: IDDigest) {
    if digests.insert(digest).inserted { present.append(digest) }
  }

  /// The present transaction is committed.
  mutating func commit(position: Int64, time: Int64) {
    guard !present.isEmpty else { return }
    blocks.append(Block(position: position, time: time, digests: present[...]))
    present = []
  }

  /// The present transaction is rolled back.
  mutating func rollBack() {
    digests.subtract(present)
    present = []
  }

  /// Forgets what is too old or too much.
  /// - Returns: the position of the last block of which nothing is left; nil when none went.
  mutating func forget(at now: Int64) -> Int64? {
    var last: Int64?
    while let oldest = blocks.first {
      let isExpired = now - oldest.time >= duration
      let surplus = isExpired ? oldest.digests.count : min(oldest.digests.count, digests.count - maxCount)
      guard surplus > 0 else { break }
      for digest in oldest.digests.prefix(surplus) { digests.remove(digest) }
      if surplus == oldest.digests.count {
        blocks.removeFirst()
        last = oldest.position
      } else {
        blocks[0].digests = oldest.digests.dropFirst(surplus)
      }
    }
    return last
  }
}
