/// What a node has taken of customers who have their share of its window already, in each one's order and without payloads.
///
/// A customer's messages stand one after another in a stream, so a node would work on nothing but a flood until it is
/// through. Parked, they let the next customer's messages come.
struct ParkedMessages {
  private var queues: [String: [Delivered]] = [:]
  /// Customers who have something parked, in turn.
  private var turns: [String] = []
  /// By their customers, the next messages whose payloads are being fetched, and which are not parked any more.
  private var resuming: [String: [Delivered]] = [:]
  private(set) var count = 0

  /// Whether a message of that customer that comes now would overtake another.
  func hasEarlier(of customer: String) -> Bool { queues[customer] != nil || resuming[customer] != nil }

  mutating func park(_ delivered: Delivered, of customer: String) {
    var delivered = delivered
    delivered.payload = []
    if queues[customer] == nil { turns.append(customer) }
    queues[customer, default: []].append(delivered)
    count += 1
  }

  /// The first messages of the next customer who has room for some; until ``resumed(_:)`` no others of that customer.
  /// - Parameter room: how many messages a customer may have in work now.
  mutating func next(upTo limit: Int, room: (String) -> Int) -> (customer: String, messages: [Delivered])? {
    guard let place = turns.firstIndex(where: { resuming[$0] == nil && room($0) > 0 }) else { return nil }
    let customer = turns.remove(at: place)
    let queue = queues.removeValue(forKey: customer) ?? []
    let messages = Array(queue.prefix(min(limit, room(customer))))
    if messages.count < queue.count {
      queues[customer] = Array(queue.dropFirst(messages.count))
      turns.append(customer)
    }
    count -= messages.count
    resuming[customer] = messages
    return (customer, messages)
  }

  /// What ``next(upTo:room:)`` gave out is in work.
  mutating func resumed(_ customer: String) {
    resuming[customer] = nil
  }

  /// Everything that is parked, for whoever gives it back; what ``next(upTo:room:)`` gave out is given back by who has it.
  mutating func removeAll() -> [Delivered] {
    defer { self = ParkedMessages() }
    return turns.flatMap { queues[$0] ?? [] }
  }

  /// Everything that must not be given to another node.
  var all: [Delivered] { queues.values.flatMap(\.self) + resuming.values.flatMap(\.self) }
}
