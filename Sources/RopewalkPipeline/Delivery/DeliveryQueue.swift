/// Deliveries that wait for a slot; customers take turns, whatever each of them has waiting.
struct DeliveryQueue: WorkQueue {
  private var waiting: [String: FIFO<Delivery>] = [:]
  private var turns = FIFO<String>()

  var hasWork: Bool { !turns.isEmpty }

  mutating func append(_ delivery: Delivery) {
    let customer = delivery.accepted.customer
    if let index = waiting.index(forKey: customer) {
      waiting.values[index].append(delivery)
    } else {
      var queue = FIFO<Delivery>()
      queue.append(delivery)
      waiting[customer] = queue
      turns.append(customer)
    }
  }

  mutating func next() -> Delivery? {
    guard let customer = turns.popFirst(), let index = waiting.index(forKey: customer) else { return nil }
    let delivery = waiting.values[index].popFirst()
    if waiting.values[index].isEmpty {
      waiting.remove(at: index)
    } else {
      turns.append(customer)
    }
    return delivery
  }
}
