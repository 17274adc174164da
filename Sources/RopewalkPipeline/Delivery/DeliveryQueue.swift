import RopewalkResources

/// Deliveries that wait for a slot; customers take turns, whatever each of them has waiting, and a customer's keys do too.
///
/// With an order to keep, a delivery holds its key (or with `strict`, the destination) from ``next()`` until ``ended(_:)``,
/// also while it waits for its next attempt. Nothing is handed out that the circuit breaker does not allow, nor while the
/// connector is away.
///
/// A customer may hold three quarters of the slots that others leave free, so that one whose deliveries take long, or are
/// never answered, leaves some for whoever comes next. (Dynamic thresholds, Choudhury and Hahne 1998.)
struct DeliveryQueue: WorkQueue {
  struct Attempt: Sendable {
    let delivery: Delivery
    /// Whether the destination is tried out with it.
    let isProbe: Bool
    /// Whether nothing else is attempted meanwhile.
    let isAlone: Bool
  }

  private let ordering: Ordering
  private let slots: Int
  var breaker: CircuitBreaker?
  private var customers: [String: CustomerDeliveries] = [:]
  private var turns = FIFO<String>()
  /// Customers who hold their share of the slots and have more waiting.
  private var sated: [String] = []
  /// Attempts that were handed out and have not ended.
  private var running = 0
  /// With `strict`: whose delivery is on its way. That customer has no other turn meanwhile, so that its delivery can have the
  /// first one again.
  private var holder: String?
  /// The connector is away.
  private var isPaused = false
  /// Deliveries during which the connector went away, each of which may be why: they are attempted alone, so that it is seen
  /// which one is, and the others get by.
  private var suspects: Set<ObjectIdentifier> = []
  /// A suspect is on its way.
  private var isAlone = false
  /// A suspect waits until nothing else is on its way.
  private var awaitsQuiet = false

  /// - Parameter slots: attempts at once, of all customers.
  init(ordering: Ordering = .none, breaker: CircuitBreaker? = nil, slots: Int = .max) {
    self.ordering = ordering
    self.slots = slots
    self.breaker = breaker
  }

  var hasWork: Bool {
    !turns.isEmpty && holder == nil && !isPaused && !isAlone && !(awaitsQuiet && running > 0) && breaker?.allowsAttempt ?? true
  }

  /// Hands nothing out until ``resume()``. Returns whether it did so far.
  mutating func pause() -> Bool {
    defer { isPaused = true }
    return !isPaused
  }

  mutating func resume() { isPaused = false }

  /// The connector went away while it had the delivery, which is put back with this.
  mutating func suspect(_ delivery: Delivery) {
    suspects.insert(ObjectIdentifier(delivery))
  }

  /// What was attempted alone has ended. Makes many ready.
  mutating func endAlone() { isAlone = false }

  /// Takes one that waits for its first attempt, or for another one while nothing is to be kept in order.
  mutating func append(_ delivery: Delivery) {
    let customer = delivery.accepted.customer
    customers[customer, default: CustomerDeliveries()].append(delivery, key: key(of: delivery))
    takeTurn(customer)
  }

  /// Takes one back that is to be attempted before all others of its key, and with `strict` before all others.
  mutating func putBack(_ delivery: Delivery) {
    let customer = delivery.accepted.customer
    customers[customer, default: CustomerDeliveries()].putBack(delivery, key: key(of: delivery))
    holder = nil
    takeTurn(customer, first: ordering == .strict)
  }

  /// Takes one back whose attempt did not count, and lets others be attempted before it as far as they may: what fails by itself
  /// must not be what the destination is tried out with again and again.
  mutating func postpone(_ delivery: Delivery) {
    if ordering == .none { append(delivery) } else { putBack(delivery) }
  }

  /// One that ``next()`` handed out has its end; the next one of its key may go.
  mutating func ended(_ delivery: Delivery) {
    guard ordering != .none else { return }
    let customer = delivery.accepted.customer
    holder = nil
    if let key = key(of: delivery) { customers[customer]?.release(key) }
    takeTurn(customer)
    forgetIfEmpty(customer)
  }

  mutating func next() -> Attempt? {
    while hasWork, let customer = turns.popFirst(), let index = customers.index(forKey: customer) {
      guard customers.values[index].running < share(ofOneWith: customers.values[index].running) else {
        sated.append(customer)
        continue
      }
      let delivery = customers.values[index].popFirst()
      var isSuspect = false
      if !suspects.isEmpty, let delivery, suspects.contains(ObjectIdentifier(delivery)) {
        guard running == 0 else {
          customers.values[index].putBack(delivery, key: key(of: delivery))
          turns.prepend(customer)
          awaitsQuiet = true
          return nil
        }
        suspects.remove(ObjectIdentifier(delivery))
        isSuspect = true
      }
      (isAlone, awaitsQuiet) = (isSuspect, false)
      customers.values[index].hasTurn = false
      customers.values[index].running += 1
      running += 1
      if ordering == .strict { holder = customer }
      if customers.values[index].isReady { takeTurn(customer) }
      return delivery.map { Attempt(delivery: $0, isProbe: breaker?.attemptStarted() ?? false, isAlone: isSuspect) }
    }
    return nil
  }

  /// An attempt has ended, however it did.
  mutating func finished(_ attempt: Attempt) {
    let customer = attempt.delivery.accepted.customer
    running -= 1
    if let index = customers.index(forKey: customer) { customers.values[index].running -= 1 }
    forgetIfEmpty(customer)
    guard !sated.isEmpty else { return }
    // Whoever still has its share by then is put back.
    for customer in sated { turns.append(customer) }
    sated.removeAll(keepingCapacity: true)
  }

  /// How many slots a customer may hold who holds so many.
  private func share(ofOneWith count: Int) -> Int {
    let free = slots - (running - count)
    return free - free / 4
  }

  private func key(of delivery: Delivery) -> String? {
    ordering == .key ? delivery.accepted.orderingKey : nil
  }

  private mutating func takeTurn(_ customer: String, first: Bool = false) {
    guard customer != holder, let index = customers.index(forKey: customer), customers.values[index].isReady else { return }
    if !customers.values[index].hasTurn {
      customers.values[index].hasTurn = true
      if first { turns.prepend(customer) } else { turns.append(customer) }
    }
  }

  private mutating func forgetIfEmpty(_ customer: String) {
    if let index = customers.index(forKey: customer), customers.values[index].isEmpty { customers.remove(at: index) }
  }
}

/// One customer's part of a ``DeliveryQueue``.
private struct CustomerDeliveries {
  /// Those without a key.
  private var free = FIFO<Delivery>()
  /// By key; one that is held, or has something waiting, has an entry.
  private var keys: [String: FIFO<Delivery>] = [:]
  /// Keys that are not held and have something waiting.
  private var ready = FIFO<String>()
  var hasTurn = false
  /// Attempts that were handed out and have not ended.
  var running = 0

  var isReady: Bool { !free.isEmpty || !ready.isEmpty }
  var isEmpty: Bool { free.isEmpty && keys.isEmpty && running == 0 }

  mutating func append(_ delivery: Delivery, key: String?) {
    guard let key else { return free.append(delivery) }
    if let index = keys.index(forKey: key) {
      keys.values[index].append(delivery)
    } else {
      keys[key] = FIFO(delivery)
      ready.append(key)
    }
  }

  mutating func putBack(_ delivery: Delivery, key: String?) {
    guard let key else { return free.prepend(delivery) }
    keys[key, default: FIFO()].prepend(delivery)
    ready.append(key)
  }

  mutating func release(_ key: String) {
    guard let index = keys.index(forKey: key) else { return }
    if keys.values[index].isEmpty { keys.remove(at: index) } else { ready.append(key) }
  }

  mutating func popFirst() -> Delivery? {
    if let delivery = free.popFirst() { return delivery }
    guard let key = ready.popFirst(), let index = keys.index(forKey: key) else { return nil }
    return keys.values[index].popFirst()
  }
}
