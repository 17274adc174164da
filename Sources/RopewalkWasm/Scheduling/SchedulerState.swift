/// Permits to run, and who gets the next one. Invariant: while a permit is free, nobody waits.
struct SchedulerState<Waiter> {
  typealias Ticket = FairQueue<Waiter>.Ticket

  private let permits: Int
  private var free: Int
  private var queue = FairQueue<Waiter>()

  init(permits: Int) {
    self.permits = max(1, permits)
    self.free = max(1, permits)
  }

  var waiting: Int { queue.count }
  var running: Int { permits - free }

  /// Takes a permit when one is free.
  mutating func tryAcquire() -> Bool {
    guard free > 0 else { return false }
    free -= 1
    return true
  }

  enum Admission {
    case granted
    case waits(Ticket)
  }

  /// Takes a permit or a place in the queue.
  mutating func acquire(_ waiter: Waiter, of customer: CustomerKey) -> Admission {
    tryAcquire() ? .granted : .waits(queue.enqueue(waiter, of: customer))
  }

  /// Gives a permit back; the waiter that has it now, to be resumed.
  mutating func release(_ use: Use) -> Waiter? {
    guard queue.count > 0 else {
      free += 1
      if free == permits { queue.forget() }
      return nil
    }
    queue.charge(use.customer, nanoseconds: use.nanoseconds, weight: use.weight)
    return queue.dequeue()?.waiter
  }

  enum Rotation {
    /// It is still the turn of the one that asked.
    case goesOn
    /// The asking one waits; `next` has its permit.
    case waits(Ticket, next: Waiter)
  }

  /// The end of a slice: books it, and gives the permit to whoever is furthest behind.
  mutating func rotate(_ waiter: Waiter, _ use: Use) -> Rotation {
    guard queue.count > 0 else { return .goesOn }
    queue.charge(use.customer, nanoseconds: use.nanoseconds, weight: use.weight)
    let ticket = queue.enqueue(waiter, of: use.customer)
    guard let next = queue.dequeue(), next.ticket != ticket else { return .goesOn }
    return .waits(ticket, next: next.waiter)
  }

  /// Takes a waiter out; nil when it has its permit already.
  mutating func cancel(_ ticket: Ticket) -> Waiter? {
    queue.remove(ticket)
  }
}

/// Processor time that a customer has used under a step's weight.
struct Use: Sendable {
  let customer: CustomerKey
  let weight: Int
  let nanoseconds: UInt64
}
