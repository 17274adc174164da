import RopewalkJournal

/// How far the replays of dead letters have been handed over. They are few, so those of all customers are read as one lane.
struct ReplayProgress {
  let limit: Int
  /// Those in memory.
  var held = 0
  private(set) var through = JournalPosition(0)
  /// Whether the end of the lane was seen once.
  private(set) var isEndKnown = false
  private var isDue = true

  init(limit: Int) {
    self.limit = limit
  }

  /// Messages to read now; nil for none.
  var nextPage: Int? { isDue && held <= limit / 2 ? max(1, limit - held) : nil }

  /// There may be new ones.
  mutating func look() {
    isDue = true
  }

  mutating func take(_ position: JournalPosition) {
    through = max(through, position)
    held += 1
  }

  mutating func reachedEnd() {
    isEndKnown = true
    isDue = false
  }
}
