import DequeModule
import HeapModule

/// Which keys wait to be worked on.
///
/// A key waits once however often it is added, is never handed out twice at once, and when it is added while it is worked
/// on it waits once more afterwards. So whoever looks at a key's state when it is handed out misses no change of it.
struct KeyedQueueStateMachine<Key: Hashable & Sendable> {
  enum Next: Equatable {
    case work(Key)
    /// Nothing is ready; nil when nothing waits for a time either.
    case wait(until: Duration?)
    /// Shut down, and nothing is left to do.
    case finished
  }

  /// How the work on a key ended.
  enum Outcome: Hashable, Sendable {
    /// The key's failures are forgotten.
    case done
    /// The key waits longer after each failure in a row.
    case failed
    /// The key's failures are forgotten, and it is ready again after that time.
    case after(Duration)
  }

  private struct Entry {
    var isReady = false
    var workingSince: Duration?
    /// Whether it was added while it is worked on.
    var isDirty = false
    var dueAt: Duration?
    var failures = 0

    var isForgettable: Bool { !isReady && workingSince == nil && dueAt == nil && failures == 0 }
  }

  private struct Delay: Comparable {
    let dueAt: Duration
    let number: Int
    let key: Key

    static func == (left: Delay, right: Delay) -> Bool { left.number == right.number }
    static func < (left: Delay, right: Delay) -> Bool { (left.dueAt, left.number) < (right.dueAt, right.number) }
  }

  let limits: QueueLimits
  private var entries: [Key: Entry] = [:]
  private var ready = Deque<Key>()
  /// An element counts only while its key is due at its time.
  private var delays = Heap<Delay>()
  private var lastDelay = 0
  private(set) var working = 0
  private(set) var isSuspended = false
  private(set) var isShutDown = false

  init(limits: QueueLimits = QueueLimits()) {
    self.limits = limits
  }

  /// Keys that are ready to be worked on.
  var readyCount: Int { ready.count }
  /// Keys that wait for a time, or are known for failures.
  var delayedCount: Int { entries.values.count { $0.dueAt != nil } }
  /// When the work that has been under way for longest began.
  var oldestStart: Duration? { working == 0 ? nil : entries.values.lazy.compactMap(\.workingSince).min() }

  func failures(of key: Key) -> Int { entries[key]?.failures ?? 0 }

  /// The key is to be worked on, now. Returns whether there is something ready that was not before.
  mutating func add(_ key: Key) -> Bool {
    guard !isShutDown else { return false }
    return makeReady(key)
  }

  /// The key is to be worked on after a time; sooner when something else asks for that.
  mutating func add(_ key: Key, after delay: Duration, at now: Duration) {
    guard !isShutDown else { return }
    wait(key, until: now + delay)
  }

  /// What to do next. Keys whose time has come are ready.
  mutating func next(at now: Duration) -> Next {
    _ = ripen(at: now)
    guard !isSuspended else { return isShutDown && working == 0 ? .finished : .wait(until: nil) }
    guard let key = ready.popFirst() else {
      return isShutDown && working == 0 ? .finished : .wait(until: earliestDelay)
    }
    entries[key]?.isReady = false
    entries[key]?.workingSince = now
    working += 1
    return .work(key)
  }

  /// The work on a key that was handed out has ended. Returns whether there is something ready that was not before.
  mutating func finish(_ key: Key, _ outcome: Outcome, at now: Duration) -> Bool {
    guard var entry = entries[key], entry.workingSince != nil else { return false }
    working -= 1
    let isDirty = entry.isDirty
    entry.workingSince = nil
    entry.isDirty = false
    switch outcome {
    case .done, .after: entry.failures = 0
    case .failed: entry.failures += 1
    }
    if isDirty || outcome == .done, entry.isForgettable { entries[key] = nil } else { entries[key] = entry }
    if isDirty { return makeReady(key) }
    guard !isShutDown else {
      entries[key] = nil
      return false
    }
    switch outcome {
    case .done: return false
    case .failed: wait(key, until: now + limits.backoff(afterFailures: entry.failures))
    case .after(let delay): wait(key, until: now + delay)
    }
    return false
  }

  /// Makes keys ready whose time has come; returns how many.
  mutating func ripen(at now: Duration) -> Int {
    var count = 0
    while let delay = delays.min, delay.dueAt <= now {
      delays.removeMin()
      if entries[delay.key]?.dueAt == delay.dueAt, makeReady(delay.key) { count += 1 }
    }
    return count
  }

  /// When the next key's time comes.
  var earliestDelay: Duration? {
    mutating get {
      while let delay = delays.min {
        if entries[delay.key]?.dueAt == delay.dueAt { return delay.dueAt }
        delays.removeMin()
      }
      return nil
    }
  }

  /// Hands nothing out until ``resume()``; takes keys as before. Shut down meanwhile, it is finished without them.
  mutating func suspend() { isSuspended = true }
  mutating func resume() { isSuspended = false }

  /// Takes nothing more. What is ready is still handed out, what waits for a time is not.
  mutating func shutDown() {
    isShutDown = true
    delays = Heap()
    for key in entries.keys {
      entries[key]?.dueAt = nil
      if entries[key]?.isReady == false, entries[key]?.workingSince == nil { entries[key] = nil }
    }
  }

  /// Forgets what is ready.
  mutating func clear() {
    for key in ready where entries[key]?.workingSince == nil { entries[key] = nil }
    ready = []
  }

  private mutating func makeReady(_ key: Key) -> Bool {
    var entry = entries[key] ?? Entry()
    guard !entry.isReady else { return false }
    entry.dueAt = nil
    if entry.workingSince != nil {
      entry.isDirty = true
    } else {
      entry.isReady = true
      ready.append(key)
    }
    entries[key] = entry
    return entry.isReady
  }

  private mutating func wait(_ key: Key, until dueAt: Duration) {
    var entry = entries[key] ?? Entry()
    guard !entry.isReady, dueAt < entry.dueAt ?? .seconds(Int64.max) else { return }
    entry.dueAt = dueAt
    entries[key] = entry
    lastDelay += 1
    delays.insert(Delay(dueAt: dueAt, number: lastDelay, key: key))
  }
}
