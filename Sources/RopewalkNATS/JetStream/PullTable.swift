/// What was asked of a consumer, and what came. Time comes in as a parameter.
struct PullTable {
  typealias Instant = ContinuousClock.Instant

  struct Request: Equatable {
    var id: UInt64
    var count: Int
  }

  private struct Open {
    var left: Int
    let expiry: Instant
  }

  /// Messages asked for and not yet taken, at most.
  let window: Int
  private let expires: Duration
  private var buffer: [Delivered] = []
  private var taken = 0
  private var open: [UInt64: Open] = [:]
  private var asked = 0
  private var lastID: UInt64 = 0
  /// No request is made before.
  private var pause: Instant?

  init(window: Int, expires: Duration) {
    self.window = window
    self.expires = expires
  }

  var waiting: Int { buffer.count - taken }

  /// A message does not say which request it answers; servers fill the oldest first.
  mutating func arrived(_ message: Delivered) {
    buffer.append(message)
    guard let request = open.keys.min() else { return }
    asked -= 1
    open[request]?.left -= 1
    if open[request]?.left == 0 { open[request] = nil }
  }

  /// The server is through with a request.
  mutating func ended(_ request: UInt64, pauseUntil: Instant? = nil) {
    if let ended = open.removeValue(forKey: request) { asked -= ended.left }
    if let pauseUntil { pause = pauseUntil }
  }

  /// Whatever was asked for on the connection that broke does not come any more.
  mutating func forgetRequests() {
    open = [:]
    asked = 0
    pause = nil
  }

  mutating func take(_ limit: Int) -> [Delivered] {
    let end = taken + min(waiting, limit)
    let part = Array(buffer[taken..<end])
    taken = end
    if taken == buffer.count {
      buffer.removeAll(keepingCapacity: true)
      taken = 0
    } else if taken > window {
      buffer.removeFirst(taken)
      taken = 0
    }
    return part
  }

  /// What to ask for now, when half of the window is free.
  mutating func nextRequest(at now: Instant) -> Request? {
    for (id, request) in open where request.expiry < now { ended(id) }
    let free = window - waiting - asked
    guard free * 2 >= window, pause.map({ $0 <= now }) ?? true else { return nil }
    pause = nil
    lastID += 1
    open[lastID] = Open(left: free, expiry: now + expires + expires / 4)
    asked += free
    return Request(id: lastID, count: free)
  }
}
