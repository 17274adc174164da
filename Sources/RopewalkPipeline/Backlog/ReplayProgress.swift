import RopewalkJournal

/// How far the replays of dead letters have been handed over. They are few, so those of all customers are read as one lane.
struct ReplayProgress {
  let limit: Int
  /// Those in memory, and their bytes.
  private(set) var held = 0
  private(set) var bytes = 0
  /// Bytes of the next one, where it was read and found no room: until there is some it is of no use to read it again. Otherwise 0.
  private(set) var wanted = 0
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

  mutating func take(_ position: JournalPosition, size: Int) {
    through = max(through, position)
    held += 1
    bytes += size
    wanted = 0
  }

  mutating func wait(forSpaceOf size: Int) {
    wanted = size
  }

  /// One leaves memory.
  mutating func end(size: Int) {
    held -= 1
    bytes -= size
  }

  mutating func reachedEnd() {
    isEndKnown = true
    isDue = false
  }
}
