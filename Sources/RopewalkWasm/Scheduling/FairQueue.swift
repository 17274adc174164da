import HeapModule

/// Who waits for a turn, weighed by what each has used: start-time fair queueing (Goyal, Vin and Cheng, 1996).
///
/// Every customer has a virtual time that advances by used time ÷ weight. The next turn goes to the customer that is
/// furthest behind; one that was away joins at the present, so absence earns nothing and nobody waits for ever.
struct FairQueue<Waiter> {
  struct Ticket: Sendable, Hashable {
    let customer: CustomerKey
    fileprivate let number: UInt64
  }

  private struct Account {
    var virtualTime: UInt64
    var waiting: [(number: UInt64, waiter: Waiter)] = []
  }

  private struct Turn: Comparable {
    let virtualTime: UInt64
    let number: UInt64
    let customer: CustomerKey

    static func < (left: Turn, right: Turn) -> Bool { (left.virtualTime, left.number) < (right.virtualTime, right.number) }
  }

  private var accounts: [CustomerKey: Account] = [:]
  private var turns: Heap<Turn> = []
  private var present: UInt64 = 0
  private var lastNumber: UInt64 = 0
  private var pruneAt = Self.minAccountsToPrune

  /// How many waiters there are.
  private(set) var count = 0

  /// Accounts are kept below this number without looking whether they still matter.
  private static var minAccountsToPrune: Int { 1024 }

  /// Customers whose use is remembered.
  var accountCount: Int { accounts.count }

  mutating func enqueue(_ waiter: Waiter, of customer: CustomerKey) -> Ticket {
    pruneIfLarge()
    lastNumber += 1
    count += 1
    var account = accounts.removeValue(forKey: customer) ?? Account(virtualTime: present)
    account.virtualTime = max(account.virtualTime, present)
    if account.waiting.isEmpty {
      turns.insert(Turn(virtualTime: account.virtualTime, number: lastNumber, customer: customer))
    }
    account.waiting.append((lastNumber, waiter))
    accounts[customer] = account
    return Ticket(customer: customer, number: lastNumber)
  }

  /// Takes the waiter whose turn it is; nil when nobody waits.
  mutating func dequeue() -> (ticket: Ticket, waiter: Waiter)? {
    while let turn = turns.popMin() {
      guard let index = accounts.index(forKey: turn.customer), let first = accounts.values[index].waiting.first else { continue }
      let virtualTime = accounts.values[index].virtualTime
      if virtualTime > turn.virtualTime {
        // Charged since it took its place in the heap.
        turns.insert(Turn(virtualTime: virtualTime, number: first.number, customer: turn.customer))
        continue
      }
      accounts.values[index].waiting.removeFirst()
      if let next = accounts.values[index].waiting.first {
        turns.insert(Turn(virtualTime: virtualTime, number: next.number, customer: turn.customer))
      }
      present = max(present, virtualTime)
      count -= 1
      return (Ticket(customer: turn.customer, number: first.number), first.waiter)
    }
    return nil
  }

  /// Books what a customer has used.
  /// - Parameter weight: 1 to 1000; three times the weight makes the same time count a third.
  mutating func charge(_ customer: CustomerKey, nanoseconds: UInt64, weight: Int) {
    let cost = nanoseconds &* 1000 / UInt64(clamping: max(1, weight))
    accounts[customer, default: Account(virtualTime: present)].virtualTime += cost
  }

  /// Takes a waiter out; nil when it has had its turn already.
  mutating func remove(_ ticket: Ticket) -> Waiter? {
    guard let index = accounts.index(forKey: ticket.customer),
      let place = accounts.values[index].waiting.firstIndex(where: { $0.number == ticket.number })
    else { return nil }
    count -= 1
    return accounts.values[index].waiting.remove(at: place).waiter
  }

  /// Forgets what everybody has used. Nobody may be waiting.
  mutating func forget() {
    guard count == 0, !accounts.isEmpty else { return }
    accounts.removeAll(keepingCapacity: accounts.count <= Self.minAccountsToPrune)
    turns = []
    present = 0
    pruneAt = Self.minAccountsToPrune
  }

  /// An account that is not ahead of the present and has no waiter says nothing.
  private mutating func pruneIfLarge() {
    guard accounts.count >= pruneAt else { return }
    let present = present
    accounts = accounts.filter { !$0.value.waiting.isEmpty || $0.value.virtualTime > present }
    pruneAt = max(Self.minAccountsToPrune, accounts.count * 2)
  }
}

/// Whose messages compete for processor time as one.
struct CustomerKey: Sendable, Hashable {
  let tenantID: String
  let customerID: String
}
