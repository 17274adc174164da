import NIOCore

/// Who may use which connection to one origin. A *slot* is the right to have one connection open; there are `maxConnections`.
struct HTTPPoolStateMachine<Connection: AnyObject & Sendable, Waiter: Sendable> {
  enum Acquisition {
    case use(Connection)
    /// Open a connection with the slot that now belongs to the caller; then tell ``opened(_:)`` or ``slotGivenBack()``.
    case connect
    case wait
    case refuse
    case shutDown
  }

  enum Action {
    case none
    /// Give the connection to the waiter; when nobody waits there any more, tell ``becameIdle(_:)`` again.
    case hand(Connection, Waiter)
    /// Give the slot to the waiter; when nobody waits there any more, tell ``slotGivenBack()``.
    case grantSlot(Waiter)
    case close(Connection)
  }

  /// Customers that are known to owe connections; beyond them, all are forgiven.
  static var maxDebtors: Int { 1024 }

  let maxConnections: Int
  let maxWaiting: Int
  private var idle: [Connection] = []
  private var open: [ObjectIdentifier: Connection] = [:]
  private var slotsTaken = 0
  private var waiters = CircularBuffer<Waiter>()
  /// Connections that were ended by each customer's exchanges, and that it has not replaced.
  private var owed: [String: Int] = [:]
  private var isShutDown = false

  init(maxConnections: Int, maxWaiting: Int) {
    self.maxConnections = maxConnections
    self.maxWaiting = maxWaiting
  }

  var waiting: Int { waiters.count }
  /// Whether no connection is open and none is being opened.
  var isUnused: Bool { slotsTaken == 0 }

  /// The connection used last is preferred, so that unneeded ones grow idle; among those, one that `isNear`. A customer that
  /// owes a connection opens one, if there is a slot.
  mutating func acquire(_ waiter: @autoclosure () -> Waiter, for customer: String, preferring isNear: (Connection) -> Bool) -> Acquisition {
    if isShutDown { return .shutDown }
    let replaces = slotsTaken < maxConnections && payBack(customer)
    if !idle.isEmpty, !replaces {
      return .use(idle.remove(at: idle.lastIndex(where: isNear) ?? idle.count - 1))
    }
    if slotsTaken < maxConnections {
      slotsTaken += 1
      return .connect
    }
    if waiters.count >= maxWaiting { return .refuse }
    waiters.append(waiter())
    return .wait
  }

  /// A slot became a connection, in use by whoever opened it.
  mutating func opened(_ connection: Connection) -> Action {
    open[ObjectIdentifier(connection)] = connection
    return isShutDown ? .close(connection) : .none
  }

  mutating func becameIdle(_ connection: Connection) -> Action {
    if isShutDown { return .close(connection) }
    if let waiter = waiters.popFirst() { return .hand(connection, waiter) }
    if open[ObjectIdentifier(connection)] != nil { idle.append(connection) }
    return .none
  }

  mutating func closed(_ connection: Connection) -> Action {
    guard open.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return .none }
    idle.removeAll { $0 === connection }
    return slotGivenBack()
  }

  /// A customer's exchange cost a connection.
  mutating func ended(by customer: String) {
    if owed.count >= Self.maxDebtors, owed[customer] == nil { owed = [:] }
    owed[customer] = min(owed[customer, default: 0] + 1, maxConnections)
  }

  private mutating func payBack(_ customer: String) -> Bool {
    guard !owed.isEmpty, let count = owed[customer] else { return false }
    owed[customer] = count > 1 ? count - 1 : nil
    return true
  }

  mutating func slotGivenBack() -> Action {
    if let waiter = waiters.popFirst() { return .grantSlot(waiter) }
    slotsTaken -= 1
    return .none
  }

  /// Ends everything; returns the connections to close and the waiters to turn away.
  mutating func shutDown() -> (connections: [Connection], waiters: [Waiter]) {
    isShutDown = true
    defer {
      idle = []
      waiters = []
    }
    return (Array(open.values), Array(waiters))
  }
}
