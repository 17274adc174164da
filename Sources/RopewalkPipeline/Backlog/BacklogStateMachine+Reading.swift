import RopewalkCore
import RopewalkJournal
import RopewalkResources

/// One page to read from the journal.
struct BacklogRead {
  enum Source {
    case lane(LaneTurn, noted: JournalPosition)
    case replays
  }

  let source: Source
  let after: JournalPosition
  let limit: Int
  /// Bytes of payloads that there is room for; a page is larger by one message at most.
  let maxSize: ByteCount
}

/// A message that was read from the journal and goes on from memory.
struct BacklogEntry {
  let entry: UnsettledEntry
  let lane: CustomerLane
  /// The places of the destinations that it goes to now.
  let destinations: [Int]
  /// Those that the integration no longer has.
  let gone: [String]
  let size: Int
}

extension BacklogStateMachine {
  /// Begins with what earlier runs left: their customers are behind from the beginning.
  /// - Parameter inFlight: their pairs, by customer.
  mutating func resume(_ inFlight: [String: Int], at now: Duration) {
    for (customer, pairs) in inFlight.sorted(by: { $0.key < $1.key }) {
      let lane = lane(of: customer, at: now, isBehind: true)
      openPairs += pairs
      lane.openPairs += pairs
      lane.unreadPairs += pairs
      lane.tally.accepted.count(pairs)
      enlist(lane, nil)
    }
  }

  /// Whether anything may be to read. Cheap, unlike ``nextRead(pageSize:)``.
  var mayRead: Bool { !isReadingStopped && (!line.isEmpty || mayReadReplays) }

  private var mayReadReplays: Bool { replays.nextPage != nil && hasSpace(forReplayOf: replays.wanted) }

  /// How far the lane of a read has come.
  func through(_ read: BacklogRead) -> JournalPosition {
    switch read.source {
    case .replays: replays.through
    case .lane(let turn, _): turn.lane[turn.destination].through
    }
  }

  /// Whether the next message of a read's lane was read and found no room.
  func waitsForSpace(_ read: BacklogRead) -> Bool {
    switch read.source {
    case .replays: replays.wanted > 0
    case .lane(let turn, _): turn.lane[turn.destination].wanted > 0
    }
  }

  /// The next page that there is room for; lanes take turns.
  mutating func nextRead(pageSize: Int) -> BacklogRead? {
    guard !isReadingStopped else { return nil }
    if let replays = nextReplays(pageSize: pageSize) { return replays }
    for _ in 0..<line.count {
      guard let turn = line.popFirst() else { return nil }
      let (lane, destination) = (turn.lane, turn.destination)
      guard lane[destination].isBehind else {
        lane[destination].isListed = false
        continue
      }
      line.append(turn)
      guard lane[destination].hasMore, horizon.decided > lane[destination].through else { continue }
      let limit = min(readable(lane, destination), pageSize, lane.page)
      guard limit > 0 else { continue }
      return BacklogRead(
        source: .lane(turn, noted: lane[destination].noted),
        after: lane[destination].through,
        limit: limit,
        maxSize: ByteCount(max(1, space(of: lane)))
      )
    }
    return nil
  }

  /// The next page of replays; nil where none are to be looked for, and where there is no room for the next one.
  func nextReplays(pageSize: Int) -> BacklogRead? {
    guard let page = replays.nextPage, mayReadReplays else { return nil }
    return BacklogRead(
      source: .replays,
      after: replays.through,
      limit: min(page, pageSize),
      maxSize: ByteCount(max(1, spaceOfReplays))
    )
  }

  /// Room for a page: none until half of what can be had is free, so that pages are worth their reading.
  private func readable(_ lane: CustomerLane, _ destination: Int?) -> Int {
    let room = room(of: lane)
    guard room > 0, hasSpace(lane, size: max(lane.bytes / 2, lane[destination].wanted)) else { return 0 }
    let wanted = destination.map { $0..<$0 + 1 } ?? 0..<destinationCount
    return wanted.contains { room >= lane.held[$0].messages && hasRoom(lane, destination: $0) } ? room : 0
  }

  /// What of a page goes on from memory, in order. ``finish(_:isEnd:)`` must follow once it has.
  ///
  /// Returns with `isEnd` whether the page showed that nothing else is left.
  mutating func take(
    _ page: UnsettledPage,
    of read: BacklogRead,
    places: [String: Int],
    sizes: (UnsettledEntry) -> Int,
    at now: Duration
  ) -> (entries: [BacklogEntry], isEnd: Bool) {
    switch read.source {
    case .replays: takeReplays(page, places, sizes, at: now)
    case .lane(let turn, _): take(page, turn, places, sizes)
    }
  }

  /// Ends a read whose messages were handed over.
  mutating func finish(_ read: BacklogRead, isEnd: Bool) {
    switch read.source {
    case .replays:
      if isEnd {
        replays.reachedEnd()
        for lane in customers.values { forgetUnread(lane) }
      }
    case .lane(let turn, let noted):
      guard isEnd else { return }
      turn.lane[turn.destination].reachedEnd(noted: noted)
      forgetUnread(turn.lane)
    }
  }

  private mutating func take(
    _ page: UnsettledPage,
    _ turn: LaneTurn,
    _ places: [String: Int],
    _ sizes: (UnsettledEntry) -> Int
  ) -> (entries: [BacklogEntry], isEnd: Bool) {
    let (lane, destination) = (turn.lane, turn.destination)
    var entries: [BacklogEntry] = []
    let decided = horizon.decided
    lane[destination].wanted = 0
    for entry in page.entries {
      guard entry.position <= decided else { return (entries, false) }
      // What the customer's own lane has not come to yet goes to this destination with the others.
      if destination != nil, entry.position > lane[destination].noted { return (entries, true) }
      let size = sizes(entry)
      guard destination.map({ fits(lane, size: size, at: $0) }) ?? hasRoom(lane, size: size) else {
        // Pages had better be as large as what fits.
        lane.page = max(1, entries.count)
        lane[destination].wanted = size
        return (entries, false)
      }
      lane[destination].take(entry.position)
      let taken: BacklogEntry
      if let destination {
        keep(lane, size: size, for: [destination])
        taken = BacklogEntry(entry: entry, lane: lane, destinations: [destination], gone: [], size: size)
      } else {
        taken = hold(entry, of: lane, size: size, places)
      }
      if !taken.destinations.isEmpty || !taken.gone.isEmpty { entries.append(taken) }
    }
    lane.page = min(lane.page * 2, limits.memory.messagesPerCustomer)
    return (entries, page.isEnd)
  }

  private func fits(_ lane: CustomerLane, size: Int, at destination: Int) -> Bool {
    room(of: lane) > 0 && hasSpace(lane, size: size) && hasRoom(lane, destination: destination)
  }

  private mutating func hold(_ entry: UnsettledEntry, of lane: CustomerLane, size: Int, _ places: [String: Int]) -> BacklogEntry {
    count(entry, of: lane)
    let known = entry.destinations.compactMap { places[$0] }
    let gone = entry.destinations.filter { places[$0] == nil }
    var destinations = hold(entry.position, of: lane, size: size, for: known)
    if destinations.isEmpty, !gone.isEmpty {
      // In memory until its letters are written.
      keepAlone(lane, size: size)
      destinations = []
    }
    return BacklogEntry(entry: entry, lane: lane, destinations: destinations, gone: gone, size: size)
  }

  private mutating func takeReplays(
    _ page: UnsettledPage,
    _ places: [String: Int],
    _ sizes: (UnsettledEntry) -> Int,
    at now: Duration
  ) -> (entries: [BacklogEntry], isEnd: Bool) {
    var entries: [BacklogEntry] = []
    for entry in page.entries {
      let size = sizes(entry)
      guard hasSpace(forReplayOf: size) else {
        replays.wait(forSpaceOf: size)
        return (entries, false)
      }
      let lane = lane(of: entry.message.metadata.customerID, at: now)
      count(entry, of: lane)
      replays.take(entry.position, size: size)
      let known = entry.destinations.compactMap { places[$0] }
      if known.isEmpty { keepAlone(lane, size: size) } else { keep(lane, size: size, for: known) }
      let gone = entry.destinations.filter { places[$0] == nil }
      entries.append(BacklogEntry(entry: entry, lane: lane, destinations: known, gone: gone, size: size))
    }
    return (entries, page.isEnd)
  }

  private mutating func keepAlone(_ lane: CustomerLane, size: Int) {
    messages += 1
    bytes += size
    lane.messages += 1
    lane.bytes += size
  }

  /// What an earlier run accepted was counted at the start; what came from elsewhere since then counts now.
  private mutating func count(_ entry: UnsettledEntry, of lane: CustomerLane) {
    if entry.replay == nil, let firstOfRun, entry.position >= firstOfRun { return }
    lane.tally.messages.count()
    let known = min(lane.unreadPairs, entry.destinations.count)
    lane.unreadPairs -= known
    let new = entry.destinations.count - known
    guard new > 0 else { return }
    openPairs += new
    lane.openPairs += new
    lane.tally.accepted.count(new)
  }

  /// Pairs that the ledger named and that neither lane has, because they were settled elsewhere meanwhile.
  private mutating func forgetUnread(_ lane: CustomerLane) {
    guard lane.unreadPairs > 0, lane.progress.isEndKnown, replays.isEndKnown else { return }
    openPairs -= lane.unreadPairs
    lane.openPairs -= lane.unreadPairs
    lane.tally.accepted.count(-lane.unreadPairs)
    lane.unreadPairs = 0
  }
}
