/// One lane per customer: elements of one customer are worked on one after another, customers take turns.
///
/// A lane is either waiting for its turn, or held: by a worker, or by an element that is to be tried again later.
struct LaneSchedule<Element: Sendable>: WorkQueue {
  struct Turn: Sendable {
    let customer: String
    let element: Element
  }

  private var lanes: [String: FIFO<Element>] = [:]
  private var turns = FIFO<String>()

  var hasWork: Bool { !turns.isEmpty }
  var isEmpty: Bool { lanes.isEmpty }

  mutating func append(_ element: Element, for customer: String) {
    if let lane = lanes.index(forKey: customer) {
      lanes.values[lane].append(element)
    } else {
      var lane = FIFO<Element>()
      lane.append(element)
      lanes[customer] = lane
      turns.append(customer)
    }
  }

  /// Gives the caller the lane whose turn it is, to hold until ``next(of:)`` returns nil, ``release(_:)`` or ``resume(_:with:)``.
  mutating func next() -> Turn? {
    guard let customer = turns.popFirst(), let lane = lanes.index(forKey: customer), let element = lanes.values[lane].popFirst()
    else { return nil }
    return Turn(customer: customer, element: element)
  }

  /// The next element of a lane that the caller holds; nil ends the hold.
  mutating func next(of customer: String) -> Element? {
    guard let lane = lanes.index(forKey: customer) else { return nil }
    if let element = lanes.values[lane].popFirst() { return element }
    lanes.remove(at: lane)
    return nil
  }

  /// Ends a hold; the lane's next turn comes after everyone else's.
  mutating func release(_ customer: String) {
    guard let lane = lanes.index(forKey: customer) else { return }
    if lanes.values[lane].isEmpty {
      lanes.remove(at: lane)
    } else {
      turns.append(customer)
    }
  }

  /// Ends a hold and puts an element back to the front of its lane.
  mutating func resume(_ customer: String, with element: Element) {
    guard let lane = lanes.index(forKey: customer) else { return }
    lanes.values[lane].prepend(element)
    turns.append(customer)
  }
}
