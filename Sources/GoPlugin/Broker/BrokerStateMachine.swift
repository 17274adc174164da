/// What the other side of a broker has offered, and those who wait for it: each offer, and each wait, has a number.
struct BrokerStateMachine<Offer, Waiter> {
  enum Offered {
    case kept
    case handOver(Offer, to: Waiter)
    /// Nobody waits and too many lie there, or the broker is closed: the offer is forgotten.
    case refused
  }

  enum Awaited {
    case available(Offer)
    case wait
    case fail(GoPluginError)
  }

  private var offers: [UInt32: Offer] = [:]
  private var waiters: [UInt32: Waiter] = [:]
  private var isClosed = false
  private let limit: Int

  /// At most `limit` offers lie unclaimed.
  init(limit: Int) {
    self.limit = limit
  }

  mutating func offered(_ offer: Offer, id: UInt32) -> Offered {
    guard !isClosed else { return .refused }
    if let waiter = waiters.removeValue(forKey: id) { return .handOver(offer, to: waiter) }
    guard offers[id] != nil || offers.count < limit else { return .refused }
    offers[id] = offer
    return .kept
  }

  /// An offer is taken once. A second who waits for the same number is refused.
  mutating func awaits(_ id: UInt32, as waiter: Waiter) -> Awaited {
    if let offer = offers.removeValue(forKey: id) { return .available(offer) }
    if isClosed { return .fail(.brokerClosed) }
    guard waiters[id] == nil else {
      return .fail(GoPluginError(.invalidConfiguration, "connection \(id) is awaited twice"))
    }
    waiters[id] = waiter
    return .wait
  }

  /// Returns the one who waits no longer, or nil when there is none (any more).
  mutating func stopsWaiting(_ id: UInt32) -> Waiter? { waiters.removeValue(forKey: id) }

  /// Returns those to be told that the broker is closed.
  mutating func close() -> [Waiter] {
    isClosed = true
    defer { waiters = [:] }
    offers = [:]
    return Array(waiters.values)
  }
}

extension GoPluginError {
  static let brokerClosed = GoPluginError(.brokerClosed, "the connection between host and plugin has ended")
}
