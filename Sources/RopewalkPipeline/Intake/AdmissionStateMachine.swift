import RopewalkResources

/// Who may come in: how many messages are accepted and not settled, per customer and in all.
struct AdmissionStateMachine {
  enum Verdict: Equatable {
    case admitted
    case customerFull(retryAfter: Duration)
    case full(retryAfter: Duration)
    /// No message is taken any more.
    case closed
  }

  private struct Customer {
    var open = 0
    var rate: SettleRate
  }

  let limits: PipelineLimits
  private(set) var open = 0
  private(set) var isClosed = false
  private var customers: [String: Customer] = [:]
  private var rate = SettleRate(start: .zero)

  init(limits: PipelineLimits) {
    self.limits = limits
  }

  /// Takes a place for one message of a customer, if there is one.
  mutating func admit(_ customer: String, at now: Duration) -> Verdict {
    guard !isClosed else { return .closed }
    guard open < limits.queue else { return .full(retryAfter: rate.retryAfter(queue: limits.queue, at: now)) }
    if let known = customers[customer], known.open >= limits.queuePerCustomer {
      return .customerFull(retryAfter: known.rate.retryAfter(queue: limits.queuePerCustomer, at: now))
    }
    admitUnasked(customer, at: now)
    return .admitted
  }

  /// Takes a place for a message that was accepted by an earlier run, whatever the bounds.
  mutating func admitUnasked(_ customer: String, at now: Duration) {
    open += 1
    customers[customer, default: Customer(rate: SettleRate(start: now))].open += 1
  }

  /// Gives a place back. Returns true when none is taken and none will be.
  mutating func release(_ customer: String, at now: Duration) -> Bool {
    open -= 1
    rate.record(at: now)
    if let index = customers.index(forKey: customer) {
      customers.values[index].open -= 1
      customers.values[index].rate.record(at: now)
      if customers.values[index].open == 0 { customers.remove(at: index) }
    }
    return isClosed && open == 0
  }

  /// Takes no message from now on. Returns true when no place is taken.
  mutating func close() -> Bool {
    isClosed = true
    return open == 0
  }
}
