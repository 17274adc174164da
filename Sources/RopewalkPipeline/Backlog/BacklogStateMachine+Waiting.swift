import RopewalkCore

/// Senders that wait a moment for a place in their customer's queue.
extension BacklogStateMachine {
  /// The longest that a sender waits.
  static let maxWait: Duration = .milliseconds(100)
  /// Senders of one customer that wait at once.
  static let maxWaiting = 64

  /// As ``enter(_:at:)``; but a sender whose customer gets places back so fast that it has one soon may wait for it, so that
  /// who sends more than is settled is slowed down to that, instead of being refused and asking again.
  /// - Returns: nil when the sender waits. The answer is among ``answered`` then, at the latest after ``maxWait``.
  mutating func enterOrWait(_ customer: String, at now: Duration, _ continuation: PlaceWaiter.Continuation) -> Entrance? {
    let entrance = enter(customer, at: now)
    guard case .customerFull = entrance, let lane = customers[customer] else { return entrance }
    let places = lane.rate.perSecond(at: now) * Self.maxWait.seconds / Double(destinationCount)
    guard lane.waiting.count < Self.maxWaiting, Double(lane.waiting.count) < places else { return entrance }
    lane.waiting.append(PlaceWaiter(continuation: continuation, deadline: now + Self.maxWait))
    customersWaiting.insert(customer)
    return nil
  }

  /// Answers those who have waited long enough.
  /// - Returns: whether others wait still.
  mutating func endWaits(at now: Duration) -> Bool {
    customersWaiting = customersWaiting.filter { customer in
      // Once they have their places a customer may be idle, and forgotten.
      guard let lane = customers[customer] else { return false }
      while let waiter = lane.waiting.first, isClosed || waiter.deadline <= now {
        _ = lane.waiting.popFirst()
        answered.append((waiter, isClosed ? .closed : .customerFull(retryAfter: lane.rate.retryAfter(queue: places(of: lane), at: now))))
      }
      return !lane.waiting.isEmpty
    }
    return !customersWaiting.isEmpty
  }

  /// Takes the answers out.
  mutating func takeAnswered() -> [(PlaceWaiter, Entrance)] {
    if answered.isEmpty { return [] }
    defer { answered = [] }
    return answered
  }

  /// Lets those in who wait for places of this customer, as far as there are any.
  mutating func letIn(_ lane: CustomerLane) {
    while !lane.waiting.isEmpty, !isClosed, hasPlace(lane), let waiter = lane.waiting.popFirst() {
      answered.append((waiter, .open(takePlace(lane))))
    }
  }
}
