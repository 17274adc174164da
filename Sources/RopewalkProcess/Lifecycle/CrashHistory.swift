/// When a process ended without having been of any use. Time comes in as a parameter.
struct CrashHistory: Sendable, Equatable {
  private let limit: Int
  private let window: Duration
  private var times: [Duration] = []
  /// Ends in a row without a use between, for the length of the next wait.
  private(set) var inARow = 0
  /// Times in a row that there were too many, for the length of the next rest.
  private(set) var rests = 0

  init(limit: Int, window: Duration) {
    self.limit = limit
    self.window = window
  }

  /// Notes an end. Returns whether there are too many now.
  mutating func add(at now: Duration) -> Bool {
    times.removeAll { $0 <= now - window }
    times.append(now)
    inARow += 1
    return times.count >= limit
  }

  /// A process that works for longer than the window, or moves messages, is in no loop, however often it ends.
  mutating func clear() {
    times = []
    (inARow, rests) = (0, 0)
  }

  /// Notes a rest.
  mutating func rest() { rests += 1 }

  /// One more end is too many again.
  mutating func leaveOne(at now: Duration) {
    times = Array(repeating: now, count: max(0, limit - 1))
  }
}
