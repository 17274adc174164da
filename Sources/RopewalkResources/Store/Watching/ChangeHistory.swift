import DequeModule

/// The latest changes of each collection, and who waits for the next.
///
/// The history is every watcher's queue: a watcher has a place in it and nothing else, so that a thousand watchers cost
/// no more memory than one, and one that does not read falls off the old end without anybody waiting for it.
struct ChangeHistory {
  /// Is told whether it is to wake the others of its crowd.
  typealias Waiter = CheckedContinuation<Bool, Never>

  /// Of one collection; more are woken together, and not for each change.
  private static let crowd = 64

  struct Woken {
    var waiters: [Waiter] = []
    /// Wakes the others a little later.
    var leader: Waiter?
  }

  struct Collection {
    var changes: Deque<ResourceChange> = []
    /// The latest change that is not kept any more.
    var dropped: StoreVersion
    var waiting: [Int: Waiter] = [:]
    /// One of a crowd was woken, and has not woken the others yet.
    var hasLeader = false
  }

  enum Reading {
    case changes([ResourceChange])
    /// There are none after the place, up to this version.
    case nothing(upTo: StoreVersion, round: Int)
    /// Changes after the place are not kept any more.
    case behind(oldest: StoreVersion)
  }

  let maxChanges: Int
  /// Where the history begins.
  private(set) var start: StoreVersion
  private(set) var last: StoreVersion
  private(set) var collections: [ResourceCollection: Collection] = [:]
  private var lastWaiter = 0
  /// Grows whenever everybody is to hear how far the store is.
  private(set) var round = 0
  private(set) var isClosed = false

  init(after start: StoreVersion, maxChanges: Int) {
    self.start = start
    self.last = start
    self.maxChanges = maxChanges
  }

  /// Adds a change, which must be later than every one before. Returns who waits for it and is woken now.
  mutating func append(_ change: ResourceChange) -> Woken {
    last = change.version
    var collection = collections[change.key.collection] ?? Collection(dropped: start)
    // Frees the dictionary's copy, so that the change is made in place.
    collections[change.key.collection] = nil
    collection.changes.append(change)
    if collection.changes.count > maxChanges, let oldest = collection.changes.popFirst() { collection.dropped = oldest.version }
    let woken = Self.wake(&collection)
    collections[change.key.collection] = collection
    return woken
  }

  private static func wake(_ collection: inout Collection) -> Woken {
    guard collection.waiting.count > crowd else {
      defer { collection.waiting.removeAll(keepingCapacity: true) }
      return Woken(waiters: Array(collection.waiting.values))
    }
    guard !collection.hasLeader, let id = collection.waiting.keys.first else { return Woken() }
    collection.hasLeader = true
    return Woken(leader: collection.waiting.removeValue(forKey: id))
  }

  /// Those whom a leader is to wake.
  mutating func takeCrowd(of collection: ResourceCollection) -> [Waiter] {
    collections[collection]?.hasLeader = false
    defer { collections[collection]?.waiting.removeAll(keepingCapacity: true) }
    return collections[collection].map { Array($0.waiting.values) } ?? []
  }

  /// Says that nothing else happened up to `version`.
  mutating func advance(to version: StoreVersion) {
    last = max(last, version)
  }

  /// Says that changes up to `version` went by unseen: whoever is before it is behind. Returns who is woken to find out.
  mutating func lose(upTo version: StoreVersion) -> [Waiter] {
    (start, last) = (version, max(last, version))
    let woken = takeAllWaiters()
    collections = collections.mapValues { _ in Collection(dropped: version) }
    return woken
  }

  func read(_ collection: ResourceCollection, after place: StoreVersion, limit: Int) -> Reading {
    guard let kept = collections[collection] else {
      return place < start ? .behind(oldest: start) : .nothing(upTo: max(last, place), round: round)
    }
    guard place >= kept.dropped else { return .behind(oldest: kept.dropped) }
    let first = kept.firstIndex(after: place)
    guard first < kept.changes.count else { return .nothing(upTo: max(last, place), round: round) }
    return .changes(Array(kept.changes[first..<min(kept.changes.count, first + limit)]))
  }

  /// The changes after `version`, oldest first; nil when they are not all kept.
  func changes(of collection: ResourceCollection, after version: StoreVersion) -> Deque<ResourceChange>.SubSequence? {
    guard let kept = collections[collection] else { return version < start ? nil : Deque()[...] }
    guard version >= kept.dropped else { return nil }
    return kept.changes[kept.firstIndex(after: version)...]
  }

  // MARK: Waiting

  mutating func nextWaiter() -> Int {
    lastWaiter += 1
    return lastWaiter
  }

  /// Returns false when there is something to read already, or nothing will come any more.
  mutating func add(_ waiter: Waiter, _ id: Int, for collection: ResourceCollection, after place: StoreVersion, round: Int) -> Bool {
    guard !isClosed, case .nothing(_, round) = read(collection, after: place, limit: 1) else { return false }
    collections[collection, default: Collection(dropped: start)].waiting[id] = waiter
    return true
  }

  mutating func takeWaiter(_ id: Int, for collection: ResourceCollection) -> Waiter? {
    collections[collection]?.waiting.removeValue(forKey: id)
  }

  /// Begins a round of bookmarks.
  mutating func beginRound() -> [Waiter] {
    round += 1
    return takeAllWaiters()
  }

  private mutating func takeAllWaiters() -> [Waiter] {
    var waiters: [Waiter] = []
    for key in collections.keys {
      waiters += collections[key]?.waiting.values.map { $0 } ?? []
      collections[key]?.waiting.removeAll()
    }
    return waiters
  }

  mutating func close() -> [Waiter] {
    isClosed = true
    return takeAllWaiters()
  }
}

extension ChangeHistory.Collection {
  /// Where the changes after `version` begin; `changes.count` when there are none.
  func firstIndex(after version: StoreVersion) -> Int {
    var low = 0
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].version <= version { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
