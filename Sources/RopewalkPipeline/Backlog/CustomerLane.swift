import RopewalkJournal

/// What the run knows of one customer: places taken, what is in memory, how far its lanes have come.
///
/// What varies is used only under the lock of the ``Backlog``.
final class CustomerLane: @unchecked Sendable {
  let customer: String
  let tally: Tally
  /// Pairs accepted and not settled, wherever they are.
  var openPairs = 0
  /// Those of them that an earlier run accepted and this one has not read yet.
  var unreadPairs = 0
  var pendingAppends = 0
  /// Senders that wait for a place.
  var waiting = FIFO<PlaceWaiter>()
  /// Messages in memory, and their bytes.
  var messages = 0
  var bytes = 0
  /// What is in memory for each destination, by its place.
  var held: [Load]
  var rate: SettleRate
  var progress: LaneProgress
  /// For one destination alone, by its place.
  var destinations: [LaneProgress]
  /// Messages to read at a time: doubles from ``firstPage`` as long as pages fit.
  var page = CustomerLane.firstPage

  static let firstPage = 16

  init(customer: String, tally: Tally, destinationCount: Int, now: Duration, isBehind: Bool = false) {
    self.customer = customer
    self.tally = tally
    self.held = Array(repeating: Load(), count: destinationCount)
    self.rate = SettleRate(start: now)
    self.progress = LaneProgress(isBehind: isBehind)
    self.destinations = Array(repeating: LaneProgress(), count: destinationCount)
  }

  /// Whether nothing would be lost by forgetting it.
  var isIdle: Bool {
    openPairs == 0 && pendingAppends == 0 && waiting.isEmpty && messages == 0 && !progress.isListed
      && !destinations.contains(where: \.isListed)
  }

  subscript(destination: Int?) -> LaneProgress {
    get { destination.map { destinations[$0] } ?? progress }
    set {
      if let destination { destinations[destination] = newValue } else { progress = newValue }
    }
  }
}

/// Messages in memory, and their bytes.
struct Load {
  var messages = 0
  var bytes = 0

  mutating func add(_ size: Int) {
    messages += 1
    bytes += size
  }

  mutating func remove(_ size: Int) {
    messages -= 1
    bytes -= size
  }

  /// Whether it is less than what is free; the first message always is.
  func isBelow(_ freeMessages: Int, _ freeBytes: Int) -> Bool {
    messages == 0 || messages < freeMessages && bytes < freeBytes
  }
}
